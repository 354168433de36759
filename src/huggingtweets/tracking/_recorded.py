"""What happens in training, seen by whoever watches and written into the tracker's run."""

from __future__ import annotations

from collections.abc import Sequence

from ..progress import Silence, Watcher, memory
from ..types import CurvePoint
from ._interface import Run


class Recorded(Silence):
    """A watcher that also writes the figures into the tracker's run."""

    def __init__(self, watcher: Watcher, run: Run) -> None:
        self._watcher, self._run = watcher, run

    def stepped(self, step: int, steps: int, loss: float, tokens_per_second: float) -> None:
        """Record a training step."""
        self._watcher.stepped(step, steps, loss, tokens_per_second)
        figures = {"train/loss": loss, "train/tokens_per_second": tokens_per_second}
        self._run.log(figures | {"train/memory_gb": memory()}, step=step)

    def evaluated(self, point: CurvePoint) -> None:
        """Record a measurement."""
        self._watcher.evaluated(point)
        copied = {"samples/copied": point.copied} if point.copied is not None else {}
        self._run.log({"held_out/bits_per_byte": point.bits_per_byte, **copied}, step=point.step)

    def heard(self, samples: Sequence[str]) -> None:
        """Pass on what the model wrote."""
        self._watcher.heard(samples)

    def said(self, message: str) -> None:
        """Pass on a remark."""
        self._watcher.said(message)
