"""The events of a training run, one JSON object a line in its folder: the run appends, the page reads.

The page computes everything it shows of a run from these lines. A reload of the page and a restart of the
server therefore lose nothing. Version 1.0 wrote the same file: a class that was renamed since keeps its tag.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from io import FileIO
from pathlib import Path

import msgspec
import psutil
from msgspec import Struct, field

from ..types import CurvePoint
from ..types import Stage as StageName

FILE = "events.jsonl"
SECONDS_BETWEEN_STEPS = 0.5  # between two lines about steps


class Event(Struct, frozen=True, kw_only=True, tag=True):
    """Something that happened, at a time in seconds since 1970."""

    at: float = field(default_factory=time.time)


class Queued(Event, frozen=True, kw_only=True, tag="Waiting"):
    """The run was added to the queue, for the first time or to be resumed."""


class Running(Event, frozen=True, kw_only=True):
    """The process of the run began."""

    pid: int
    since: float  # creation time of the process, because the system reuses process ids


class Stage(Event, frozen=True, kw_only=True):
    """A stage of the run, or a part of one, began."""

    name: str
    detail: str = ""


class Read(Event, frozen=True, kw_only=True):
    """So many posts have been read, of so many where the source says."""

    posts: int
    expected: int | None = None


class Stepped(Event, frozen=True, kw_only=True):
    """An optimizer step is done; `loss` is in nats a token."""

    step: int
    steps: int
    loss: float


class Evaluated(Event, frozen=True, kw_only=True):
    """The held-out posts were measured: a point of the learning curve."""

    point: CurvePoint


class Sampled(Event, frozen=True, kw_only=True, tag="Heard"):
    """Posts that the model wrote in the middle of its training."""

    samples: tuple[str, ...]


class Noted(Event, frozen=True, kw_only=True, tag="Said"):
    """A warning, or a choice that was made."""

    message: str


class Stopped(Event, frozen=True, kw_only=True):
    """The run was stopped, and can be resumed."""

    message: str = ""


class Done(Event, frozen=True, kw_only=True):
    """The run is done; `model` is the name of its model in the library."""

    model: str


class Failed(Event, frozen=True, kw_only=True):
    """The run failed; `message` is what the visitor reads."""

    message: str


AnyEvent = Queued | Running | Stage | Read | Stepped | Evaluated | Sampled | Noted | Stopped | Done | Failed
State = Queued | Running | Stopped | Done | Failed
_DECODER: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)


def append(folder: Path, event: Event) -> None:
    """Append an event, in one write: lines of two processes do not mix."""
    line = msgspec.json.encode(event) + b"\n"
    with (folder / FILE).open("a+b", buffering=0) as file:
        file.write(line if _ends_a_line(file) else b"\n" + line)


def _ends_a_line(file: FileIO) -> bool:
    """Whether a file is empty or ends with a line break; of a full disk half a line is left."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(size - 1, 0))
    return file.read(1) in {b"", b"\n"}


def stop_file(folder: Path) -> Path:
    """The file that asks the process of a run to stop. Unlike a signal it exists on every system."""
    return folder / "stop"


def ask_to_stop(folder: Path) -> None:
    """Let the process of a run save its state and end."""
    stop_file(folder).touch()


def load(folder: Path) -> list[AnyEvent]:
    """All events so far; a line that breaks off is left out, and a last one that is still being written."""
    try:
        lines = (folder / FILE).read_bytes().split(b"\n")
    except OSError:
        return []
    return list(_decoded(lines[:-1]))


def _decoded(lines: Iterable[bytes]) -> Iterator[AnyEvent]:
    for line in lines:
        with suppress(ValueError):  # as of one that breaks off
            yield _DECODER.decode(line)


def state(events: Sequence[AnyEvent]) -> State:
    """The state that the events lead to; a run whose process ended without an event was stopped."""
    last = next((event for event in reversed(events) if isinstance(event, State)), Stopped())
    if isinstance(last, Running) and not alive(last):
        return Stopped(at=events[-1].at, message="it was interrupted")
    return last


def alive(running: Running) -> bool:
    """Whether the process is there; another process with the same id does not count."""
    try:
        process = psutil.Process(running.pid)
        return bool(process.create_time() == running.since and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


class EventWriter:
    """A watcher (see `progress.Watcher`) that appends what happens to the events of a run."""

    def __init__(self, folder: Path) -> None:
        """Write into the folder of a run."""
        self._folder = folder
        self._next_step = 0.0  # monotonic seconds before which no step is written

    def stage(self, name: str, detail: str = "") -> None:
        """Write a stage; the detail of reading is a location, perhaps a path of the server, and left out."""
        append(self._folder, Stage(name=name, detail="" if name == StageName.READ else detail))

    def read(self, posts: int, expected: int | None) -> None:
        """Write how many posts were read."""
        append(self._folder, Read(posts=posts, expected=expected))

    def fetched(self, done: int, total: int) -> None:
        """Write nothing: the page shows the stage alone."""

    def written(self, done: int, total: int) -> None:
        """Write nothing: the page shows the stage alone."""

    def advanced(self, done: int, total: int, unit: str) -> None:
        """Write nothing: the page shows the stage alone."""

    def stepped(self, step: int, steps: int, loss: float, tokens_per_second: float) -> None:
        """Write a step, at most one every `SECONDS_BETWEEN_STEPS`, and the last."""
        del tokens_per_second
        if time.monotonic() >= self._next_step or step == steps:
            self._next_step = time.monotonic() + SECONDS_BETWEEN_STEPS
            append(self._folder, Stepped(step=step, steps=steps, loss=loss))

    def evaluated(self, point: CurvePoint) -> None:
        """Write a point of the curve."""
        append(self._folder, Evaluated(point=point))

    def sampled(self, samples: Sequence[str]) -> None:
        """Write the first five samples."""
        append(self._folder, Sampled(samples=tuple(samples[:5])))

    def note(self, message: str) -> None:
        """Write a note."""
        append(self._folder, Noted(message=message))
