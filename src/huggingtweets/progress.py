"""What a long job tells whoever watches it. The watcher shows it; the job never prints."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from .types import CurvePoint


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

    def said(self, message: str) -> None:
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

    def said(self, message: str) -> None:
        """Show nothing."""


@dataclass
class Clock:
    """Seconds that each stage of a job took."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def measure(self, stage: str) -> Iterator[None]:
        """Note how long the block took."""
        started = time.perf_counter()
        yield
        self.seconds[stage] = round(time.perf_counter() - started, 3)
