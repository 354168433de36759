"""The process of a training run: python -m huggingtweets.app.worker FOLDER.

It runs on while pages are closed and servers restarted. A file in its folder stops it (`events.ask_to_stop`),
as SIGINT, SIGTERM and SIGHUP do: training saves its state then, and another process of the same run continues
from there.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

import psutil

from ..errors import HuggingtweetsError
from ..signals import STOPPING, interrupt_main, raise_interrupts
from ..workflows.data import DataConfig
from ..workflows.train import TrainConfig, train
from . import events, training_request
from .sessions import Session
from .training_request import TrainingRequest

NICE = 10  # priority below that of the page
POLL_EVERY = 0.2  # seconds between two looks for the file that stops it
KILL_AFTER = 60.0  # seconds that a run has to save its state when its time is up
TIME_IS_UP = "its time on this page is up"


def main(folder: Path) -> None:
    """Carry out the training request in `folder`, and append how it ended to its events."""
    # a shell's background jobs ignore some of them
    raise_interrupts(STOPPING)
    if hasattr(os, "nice"):
        os.nice(NICE)
    process, time_is_up = psutil.Process(), threading.Event()
    try:
        events.append(folder, events.Running(pid=process.pid, since=process.create_time()))
        request = _request(folder)
        _watch(folder, request.seconds, time_is_up)
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


def _request(folder: Path) -> TrainingRequest:
    """The training request, whose model takes no other's place: one may have come while the run waited."""
    run = training_request.load(folder)
    session = Session(folder.parent.parent, Path(run.request.out).parent, None)
    return training_request.with_own_name(run, session).request


def _train_config(request: TrainingRequest) -> TrainConfig:
    return TrainConfig(
        data=DataConfig(locations=request.locations, options=request.options, rules=request.rules),
        recipe=request.recipe,
        out=Path(request.out),
        tracker=request.tracker,
        checkpoint_seconds=30.0,
    )


def _watch(folder: Path, seconds: float | None, time_is_up: threading.Event) -> None:
    """Interrupt training when it is asked to stop, or when its time is up; end a process that hangs then."""

    def watch() -> None:
        started = time.monotonic()
        while not events.stop_file(folder).exists():
            if seconds is not None and time.monotonic() - started > seconds:
                time_is_up.set()
                break
            time.sleep(POLL_EVERY)
        interrupt_main()
        if time_is_up.is_set():
            time.sleep(KILL_AFTER)
            psutil.Process().kill()

    threading.Thread(target=watch, daemon=True).start()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
    exec("")  # noqa: S102 -- nothing is run; why, huggingtweets/__main__.py says
