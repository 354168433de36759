"""Progress of long jobs. A job reports to a `Watcher`, which shows it; the job itself never prints."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from typing import Protocol

import psutil

from .types import CurvePoint

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class MemorizationProbe:
    """Samples that are generated during training, and how many of them copy a training post."""

    samples: tuple[str, ...]
    copied: float | None  # share of posts that copy a training post, 0 to 1; None: not counted
    counted: int = 0  # posts behind that share, which may be more than `samples`; 0: not known
    memorizes: str = ""  # why this counts as memorization; "" where it does not


class Watcher(Protocol):
    """Receives the events of a job in order. Every method returns at once."""

    def stage(self, name: str, detail: str = "") -> None:
        """A stage of the job begins."""

    def read(self, posts: int, expected: int | None) -> None:
        """`posts` posts have been read so far, of `expected`; None where the source does not say how many."""

    def fetched(self, done: int, total: int) -> None:
        """`done` of `total` bytes of a base have been fetched."""

    def written(self, done: int, total: int) -> None:
        """`done` of `total` posts have been written, to be measured."""

    def advanced(self, done: int, total: int, unit: str) -> None:
        """`done` of `total` parts of a job are done, from 0 on; `unit` names them, like "tensors"."""

    def stepped(self, step: int, steps: int, loss: float, tokens_per_second: float) -> None:
        """Optimizer step `step` of `steps` is done; `loss` is in nats per token."""

    def evaluated(self, point: CurvePoint) -> None:
        """The loss on the held-out posts has been measured during training."""

    def sampled(self, samples: Sequence[str]) -> None:
        """Samples have been generated during training."""

    def note(self, message: str) -> None:
        """The user should know this, for example a warning or a choice that was made for them."""


class Silence:
    """A watcher that shows nothing, and the base class of watchers that show only some events."""

    def stage(self, name: str, detail: str = "") -> None:
        """Show nothing."""

    def read(self, posts: int, expected: int | None) -> None:
        """Show nothing."""

    def fetched(self, done: int, total: int) -> None:
        """Show nothing."""

    def written(self, done: int, total: int) -> None:
        """Show nothing."""

    def advanced(self, done: int, total: int, unit: str) -> None:
        """Show nothing."""

    def stepped(self, step: int, steps: int, loss: float, tokens_per_second: float) -> None:
        """Show nothing."""

    def evaluated(self, point: CurvePoint) -> None:
        """Show nothing."""

    def sampled(self, samples: Sequence[str]) -> None:
        """Show nothing."""

    def note(self, message: str) -> None:
        """Show nothing."""


_WATCHER: ContextVar[Watcher | None] = ContextVar("the watcher that tell() reports to", default=None)


@contextmanager
def watched_by(watcher: Watcher) -> Iterator[None]:
    """Make `tell` report to `watcher` inside the block, so that functions need not pass the watcher on."""
    token = _WATCHER.set(watcher)
    try:
        yield
    finally:
        _WATCHER.reset(token)


def tell(message: str) -> None:
    """Report a message to the watcher of `watched_by`, or log it; for example a warning of a long wait."""
    watcher = _WATCHER.get()
    if watcher:
        watcher.note(message)
    else:
        _LOG.warning(message)


_this_process = cache(psutil.Process)


def memory() -> float:
    """Resident memory of this process in gigabytes (1e9 bytes)."""
    return float(_this_process().memory_info().rss) / 1e9


@dataclass
class Clock:
    """Measures how many seconds each stage of a job takes."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def measure(self, stage: str) -> Iterator[None]:
        """Add the duration of the block to the seconds of `stage`; a block that raises is not counted."""
        started = time.perf_counter()
        yield
        elapsed = time.perf_counter() - started
        self.seconds[stage] = round(self.seconds.get(stage, 0.0) + elapsed, 3)


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """Hide the progress bars and warnings of transformers inside the block; errors are still raised."""
    from transformers.utils import logging  # noqa: PLC0415 -- heavy, and needed only where models are loaded

    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()


def duration(seconds: float) -> str:
    """A time as people say it, like "40 s", "4 min" or "2 h 5 min"."""
    if seconds < 100:  # noqa: PLR2004 -- two digits
        return f"{max(1, round(seconds))} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
