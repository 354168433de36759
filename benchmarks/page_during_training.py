"""How fast the page answers while a model is trained: to the first byte and to the first generated word.

    python benchmarks/page_during_training.py

Serves the page from a folder of its own, trains a model of the sample account with the starter recipe in
another process, as the page does, and sends requests: without training, while a model is trained at the
priority that the page gives it, and while one is trained at the page's own priority. Prints the median and
the slowest of each.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from visitor import BOXES, Visitor

REQUESTS = 10  # of the page
GENERATIONS = 4  # of five posts
PORT = 7931
WORD = re.compile(
    r"</b>\s*\w[^<]*<span class=.{1,2}ht-caret|<footer>"
)  # after the beginning, in a post that grows


def main() -> None:
    """Measure, and print a table."""
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    with tempfile.TemporaryDirectory() as place:
        os.environ["HUGGINGTWEETS_HOME"] = str(Path(place) / "home")
        os.chdir(place)
        from huggingtweets import DataConfig, TrainConfig, load_recipe, train
        from huggingtweets.app import training_request
        from huggingtweets.app.limits import Limits
        from huggingtweets.app.page import running
        from huggingtweets.app.sessions import Sessions
        from huggingtweets.workflows.data import sample_archive

        quick = load_recipe("starter", ["epochs=1", "evaluations=1"])
        train(
            TrainConfig(
                data=DataConfig(locations=(sample_archive(),)),
                recipe=quick,
                tracker="none",
                evaluate=False,
            )
        )
        with running(Limits(), port=PORT) as url:
            session = Sessions(Limits()).of(None)
            visitor = Visitor(url)
            _write(visitor)  # loads the model
            print("| | first byte, median (slowest) | first word | five posts |")
            print("|---|---|---|---|")
            _row("no training", visitor)
            with _training(_begin(visitor, session.runs), training_request.load) as process:
                _row(f"a model is trained (nice {process.nice()})", visitor)
                if os.geteuid() == 0:
                    for thread in process.threads():
                        os.setpriority(os.PRIO_PROCESS, thread.id, 0)
                    _row("a model is trained (nice 0)", visitor)


def _row(what: str, visitor: Visitor) -> None:
    first = [_timed(visitor.open) for _ in range(REQUESTS)]
    written = [_write(visitor) for _ in range(GENERATIONS)]
    cells = [first, [times[0] for times in written], [times[-1] for times in written]]
    spreads = " | ".join(f"{statistics.median(times):.2f} s ({max(times):.2f} s)" for times in cells)
    print(f"| {what} | {spreads} |", flush=True)


def _timed(what: Callable[[], object]) -> float:
    started = time.perf_counter()
    what()
    return time.perf_counter() - started


@contextmanager
def _training(folder: Path, load: Callable[[Path], object]) -> Iterator[psutil.Process]:
    """The process of a run, once it takes steps; it is stopped at the end."""
    from huggingtweets.app import events

    while not any(isinstance(event, events.Stepped) for event in events.load(folder)):
        time.sleep(0.5)
    state = events.state(events.load(folder))
    if not isinstance(state, events.Running):
        sys.exit(f"the run ended too early: {load(folder)}")
    yield psutil.Process(state.pid)
    psutil.Process(state.pid).send_signal(2)


def _write(visitor: Visitor) -> list[float]:
    """Generate five posts; return the seconds to the first word of one, and until all are there."""
    data: list[object] = ["", "dithering_lift", None, "My dream is", 1.0, 60, "mastodon.social"]
    started = time.perf_counter()
    word = 0.0
    for answer in visitor.call("write", data):
        if not word and WORD.search(answer):
            word = time.perf_counter() - started
    return [word, time.perf_counter() - started]


def _begin(visitor: Visitor, runs: Path) -> Path:
    """Begin a training run of the sample account; return its folder."""
    list(visitor.call("try-sample", ["", *BOXES]))
    list(visitor.call("begin", ["", "starter"]))
    return max(runs.iterdir())


if __name__ == "__main__":
    main()
