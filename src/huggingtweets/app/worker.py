"""The process of a run: python -m huggingtweets.app.worker FOLDER.

It is no child of a request: it goes on while pages are closed and servers restarted. SIGINT stops it;
training keeps itself then, and the same lesson goes on from there.
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

NICE = 10  # the page and whoever plays with a model come first
HARD = 60.0  # seconds that a run has to put itself away when its time is up
TIME_IS_UP = "its time on this page is up"


def main(folder: Path) -> None:
    """Do the lesson in `folder`, and write down how it ended."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    if hasattr(os, "nice"):
        os.nice(NICE)
    process, time_is_up = psutil.Process(), threading.Event()
    events.append(folder, events.Running(pid=process.pid, since=process.create_time()))
    try:
        given = training_request.load(folder).request
        _end_after(given.seconds, time_is_up)
        config = TrainConfig(
            data=DataConfig(locations=given.locations, options=given.options, rules=given.rules),
            recipe=given.recipe,
            out=Path(given.out),
            overwrite=True,
            tracker=given.tracker,
            checkpoint_seconds=30.0,
        )
        train(config, events.Log(folder))
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
        events.append(folder, events.Done(model=given.name))


def _end_after(seconds: float | None, time_is_up: threading.Event) -> None:
    """Stop this process as a user would after some time, and without asking a while later."""

    def end(sent: signal.Signals) -> None:
        time_is_up.set()
        os.kill(os.getpid(), sent)

    if seconds is not None:
        for after, sent in ((seconds, signal.SIGINT), (seconds + HARD, signal.SIGTERM)):
            timer = threading.Timer(after, end, (sent,))
            timer.daemon = True
            timer.start()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
