"""The process of a training run: python -m huggingtweets.app.worker FOLDER.

It runs on while pages are closed and servers restarted. SIGINT stops it: training saves its state then, and
another process of the same run continues from there.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

import psutil

from ..errors import HuggingtweetsError
from ..workflows.data import DataConfig
from ..workflows.train import TrainConfig, train
from . import events, training_request
from .training_request import TrainingRequest

NICE = 10  # priority below that of the page
KILL_AFTER = 60.0  # seconds that a run has to save its state when its time is up
TIME_IS_UP = "its time on this page is up"


def main(folder: Path) -> None:
    """Carry out the training request in `folder`, and append how it ended to its events."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    if hasattr(os, "nice"):
        os.nice(NICE)
    process, time_is_up = psutil.Process(), threading.Event()
    events.append(folder, events.Running(pid=process.pid, since=process.create_time()))
    try:
        request = training_request.load(folder).request
        _stop_after(request.seconds, time_is_up)
        train(_train_config(request), events.EventWriter(folder))
    except KeyboardInterrupt:
        events.append(folder, events.Stopped(message=TIME_IS_UP if time_is_up.is_set() else ""))
    except HuggingtweetsError as error:
        events.append(folder, events.Failed(message=str(error)))
    except BaseException as error:
        events.append(
            folder, events.Failed(message=f"an unexpected {type(error).__name__}; the terminal tells more")
        )
        raise
    else:
        events.append(folder, events.Done(model=request.name))


def _train_config(request: TrainingRequest) -> TrainConfig:
    return TrainConfig(
        data=DataConfig(locations=request.locations, options=request.options, rules=request.rules),
        recipe=request.recipe,
        out=Path(request.out),
        overwrite=True,
        tracker=request.tracker,
        checkpoint_seconds=30.0,
    )


def _stop_after(seconds: float | None, time_is_up: threading.Event) -> None:
    """Send this process SIGINT after some time, and SIGTERM `KILL_AFTER` seconds later."""

    def stop(number: signal.Signals) -> None:
        time_is_up.set()
        os.kill(os.getpid(), number)

    if seconds is not None:
        for delay, number in ((seconds, signal.SIGINT), (seconds + KILL_AFTER, signal.SIGTERM)):
            timer = threading.Timer(delay, stop, (number,))
            timer.daemon = True
            timer.start()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
