"""Does the page answer while a model learns? Time to the first byte and to the first generated post.

    python benchmarks/page_during_training.py

Serves the page from a folder of its own, teaches the sample account with the starter recipe in a process of
its own as the page does, and asks the page again and again: while nothing learns, while a model learns at the
priority that the page gives it, and while one learns at the page's own priority. Prints the median and the
slowest of each.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil

ASKED = 10  # times the page is asked
WRITTEN = 4  # times five posts are written
PORT = 7931


def main() -> None:
    """Measure, and print a table."""
    with tempfile.TemporaryDirectory() as place:
        os.environ["HUGGINGTWEETS_HOME"] = str(Path(place) / "home")
        os.chdir(place)
        from huggingtweets import Job, load_recipe, reading, train
        from huggingtweets.app import lesson
        from huggingtweets.app.limits import Limits
        from huggingtweets.app.page import running
        from huggingtweets.app.rooms import Rooms

        quick = load_recipe("starter", ["epochs=1", "evaluations=1"])
        train(Job(locations=(reading.sample_archive(),), recipe=quick, tracker="none", judge=False))
        with running(Limits(), port=PORT) as url:
            room = Rooms(Limits()).of(None)
            page = _Page(url)
            page.write()  # loads the model
            print("| | first byte, median (slowest) | first post | fifth post |")
            print("|---|---|---|---|")
            _row("nothing learns", page)
            page.look_at_sample()
            run = page.begin()
            with _learning(room.runs / run, lesson.load) as process:
                _row(f"a model learns (nice {process.nice()})", page)
                if os.geteuid() == 0:
                    process.nice(0)
                    _row("a model learns (nice 0)", page)


def _row(what: str, page: _Page) -> None:
    first = [_timed(page.open) for _ in range(ASKED)]
    written = [page.write() for _ in range(WRITTEN)]
    cells = [first, [times[0] for times in written], [times[-1] for times in written]]
    told = " | ".join(f"{statistics.median(times):.2f} s ({max(times):.2f} s)" for times in cells)
    print(f"| {what} | {told} |", flush=True)


def _timed(what: Callable[[], object]) -> float:
    started = time.perf_counter()
    what()
    return time.perf_counter() - started


@contextmanager
def _learning(folder: Path, load: Callable[[Path], object]) -> Iterator[psutil.Process]:
    """The process of a run, once it takes steps; it is stopped at the end."""
    from huggingtweets.app import events

    while not any(isinstance(event, events.Stepped) for event in events.events(folder)):
        time.sleep(0.5)
    going = events.state(events.events(folder))
    if not isinstance(going, events.Running):
        sys.exit(f"the run ended too early: {load(folder)}")
    yield psutil.Process(going.pid)
    psutil.Process(going.pid).send_signal(2)


class _Page:
    """A visitor who asks without a browser, so that only the server is measured."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=300)
        self._config = self._http.get("config").json()
        self._answers = 0

    def open(self) -> None:
        """Ask for the page, up to the first byte."""
        with self._http.stream("GET", "/") as answer:
            next(answer.iter_bytes())

    def write(self) -> list[float]:
        """Let five posts be written; return the seconds after which each was there."""
        data = ["", "dithering_lift", None, "My dream is", 1.0, 60, "mastodon.social"]
        shown: list[float] = []
        started = time.perf_counter()
        for posts in self._call("write", data):
            while len(shown) < posts:
                shown.append(time.perf_counter() - started)
        return shown

    def look_at_sample(self) -> None:
        """Choose the sample account."""
        list(self._call("try-sample", [""]))

    def begin(self) -> str:
        """Begin to teach; return the run's name."""
        list(self._call("begin", ["", "starter"]))
        return max(path.name for path in (Path(os.environ["HUGGINGTWEETS_HOME"]) / "app" / "runs").iterdir())

    def _call(self, button: str, data: list[object]) -> Iterator[int]:
        """Press a button; yield how many posts the answer holds each time that something comes."""
        import json

        ids = [part["id"] for part in self._config["components"] if part["props"].get("elem_id") == button]
        function = next(f["id"] for f in self._config["dependencies"] if [ids[0], "click"] in f["targets"])
        self._answers += 1
        session = f"measured-{os.getpid()}-{self._answers}"
        body = {"data": data, "fn_index": function, "session_hash": session, "trigger_id": ids[0]}
        self._http.post("gradio_api/queue/join", json=body).raise_for_status()
        posts = 0
        with self._http.stream("GET", "gradio_api/queue/data", params={"session_hash": session}) as lines:
            for line in lines.iter_lines():
                said = json.loads(line[6:]) if line.startswith("data: ") else {}
                posts += line.count("ht-post-text")
                if said.get("msg") in {"process_generating", "process_completed"}:
                    yield min(posts, 5)
                if said.get("msg") == "process_completed":
                    if not said["success"]:
                        sys.exit(f"{button}: {said['output']}")
                    return


if __name__ == "__main__":
    main()
