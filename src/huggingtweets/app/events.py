"""What happens in a run, as lines of JSON in its folder: written by its process, read by the page.

Everything that the page shows of a run is folded from these lines, so nothing is lost where the page is
reloaded, or the server started anew.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
import psutil
from msgspec import Struct, field

from ..types import CurvePoint

FILE = "events.jsonl"
STEP_EVERY = 0.5  # seconds between two lines about steps


class Event(Struct, frozen=True, kw_only=True, tag=True):
    """Something that happened, at a time in seconds since 1970."""

    at: float = field(default_factory=time.time)


class Waiting(Event, frozen=True, kw_only=True):
    """Somebody wants it to be run, or to go on."""


class Running(Event, frozen=True, kw_only=True):
    """A process has begun, or gone on."""

    pid: int
    since: float  # when the process was created: numbers of processes are used again


class Stage(Event, frozen=True, kw_only=True):
    """A new part of the job."""

    name: str
    detail: str = ""


class Read(Event, frozen=True, kw_only=True):
    """So many posts were read."""

    posts: int
    expected: int | None = None


class Stepped(Event, frozen=True, kw_only=True):
    """A step of training."""

    step: int
    steps: int
    loss: float


class Evaluated(Event, frozen=True, kw_only=True):
    """A point of the curve."""

    point: CurvePoint


class Sampled(Event, frozen=True, kw_only=True):
    """What the model writes by now."""

    samples: tuple[str, ...]


class Said(Event, frozen=True, kw_only=True):
    """A remark."""

    message: str


class Stopped(Event, frozen=True, kw_only=True):
    """It was stopped, and can go on."""

    message: str = ""


class Done(Event, frozen=True, kw_only=True):
    """There is a model, of this name in the library."""

    model: str


class Failed(Event, frozen=True, kw_only=True):
    """It cannot go on."""

    message: str


AnyEvent = Waiting | Running | Stage | Read | Stepped | Evaluated | Sampled | Said | Stopped | Done | Failed
States = (Waiting, Running, Stopped, Done, Failed)
_DECODER: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)


def append(folder: Path, event: Event) -> None:
    """Add a line; one write, so that two writers do not mix theirs."""
    with (folder / FILE).open("ab", buffering=0) as file:
        file.write(msgspec.json.encode(event) + b"\n")


def events(folder: Path) -> list[AnyEvent]:
    """All lines that are whole."""
    try:
        lines = (folder / FILE).read_bytes().split(b"\n")
    except OSError:
        return []
    return [_DECODER.decode(line) for line in lines[:-1] if line]


def state(found: Sequence[AnyEvent]) -> Waiting | Running | Stopped | Done | Failed:
    """Where a run stands. One whose process is gone without a word was stopped."""
    last = next((event for event in reversed(found) if isinstance(event, States)), Stopped())
    if isinstance(last, Running) and not alive(last):
        return Stopped(at=found[-1].at, message="it was interrupted")
    return last


def alive(running: Running) -> bool:
    """Whether the process is still there, and no other under its number."""
    try:
        process = psutil.Process(running.pid)
        return bool(process.create_time() == running.since and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


class Log:
    """A watcher that writes down what it is told."""

    def __init__(self, folder: Path) -> None:
        """Write into the folder of a run."""
        self._folder = folder
        self._next_step = 0.0

    def stage(self, name: str, detail: str = "") -> None:
        """Note a new part of the job; locations stay unsaid, they may be paths of a server."""
        append(self._folder, Stage(name=name, detail="" if name == "read" else detail))

    def read(self, posts: int, expected: int | None) -> None:
        """Note how many posts were read."""
        append(self._folder, Read(posts=posts, expected=expected))

    def stepped(self, step: int, steps: int, loss: float, tokens_per_second: float) -> None:
        """Note a step, now and then."""
        del tokens_per_second
        if time.monotonic() >= self._next_step or step == steps:
            self._next_step = time.monotonic() + STEP_EVERY
            append(self._folder, Stepped(step=step, steps=steps, loss=loss))

    def evaluated(self, point: CurvePoint) -> None:
        """Note a point of the curve."""
        append(self._folder, Evaluated(point=point))

    def sampled(self, samples: Sequence[str]) -> None:
        """Note the first few samples."""
        append(self._folder, Sampled(samples=tuple(samples[:5])))

    def note(self, message: str) -> None:
        """Note a remark."""
        append(self._folder, Said(message=message))
