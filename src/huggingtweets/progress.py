"""What a long job tells whoever watches it. The watcher shows it; the job never prints."""

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
    """Samples that a model wrote in the middle of its training, and how much of them it copied."""

    samples: tuple[str, ...]
    copied: float  # share of the samples that copy a training post
    memorizes: str = ""  # why that is more than the person does; "" where it is not


class Watcher(Protocol):
    """Receives what happens, in order. Every call returns at once."""

    def stage(self, name: str, detail: str = "") -> None:
        """A new part of the job begins."""

    def read(self, posts: int, expected: int | None) -> None:
        """So many posts have been read, of so many where the place says."""

    def stepped(self, step: int, steps: int, loss: float, tokens_per_second: float) -> None:
        """An optimizer step is done; `loss` is in nats a token."""

    def evaluated(self, point: CurvePoint) -> None:
        """The held-out posts were measured."""

    def sampled(self, samples: Sequence[str]) -> None:
        """The model wrote these in the middle of its training."""

    def note(self, message: str) -> None:
        """Something a person should know: a warning, a choice made."""


class Silence:
    """A watcher that shows nothing."""

    def stage(self, name: str, detail: str = "") -> None:
        """Show nothing."""

    def read(self, posts: int, expected: int | None) -> None:
        """Show nothing."""

    def stepped(self, step: int, steps: int, loss: float, tokens_per_second: float) -> None:
        """Show nothing."""

    def evaluated(self, point: CurvePoint) -> None:
        """Show nothing."""

    def sampled(self, samples: Sequence[str]) -> None:
        """Show nothing."""

    def note(self, message: str) -> None:
        """Show nothing."""


_WATCHING: ContextVar[Watcher | None] = ContextVar("who watches what is done now", default=None)


@contextmanager
def watched_by(watcher: Watcher) -> Iterator[None]:
    """In a `with` of this, `tell` reaches the watcher from wherever it is called."""
    token = _WATCHING.set(watcher)
    try:
        yield
    finally:
        _WATCHING.reset(token)


def tell(message: str) -> None:
    """Say to whoever watches what they should know, for example about a long wait; log it if nobody does."""
    watcher = _WATCHING.get()
    if watcher:
        watcher.note(message)
    else:
        _LOG.warning(message)


_process = cache(psutil.Process)  # this one


def memory() -> float:
    """Gigabytes that this process holds."""
    return float(_process().memory_info().rss) / 1e9


@dataclass
class Clock:
    """Seconds that each stage of a job took."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def measure(self, stage: str) -> Iterator[None]:
        """Add how long the block took."""
        started = time.perf_counter()
        yield
        elapsed = time.perf_counter() - started
        self.seconds[stage] = round(self.seconds.get(stage, 0.0) + elapsed, 3)


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """Inside the block transformers shows neither bars nor warnings; what fails is raised all the same."""
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
