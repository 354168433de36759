"""What happens in training, seen by whoever watches and written into the tracker's run."""

from __future__ import annotations

from collections.abc import Sequence

from ..progress import Silence, Watcher, memory
from ..types import CurvePoint, Sample
from ._interface import Run


class RecordedWatcher(Silence):
    """A watcher that also writes the figures into the tracker's run."""

    def __init__(self, watcher: Watcher, run: Run) -> None:
        self._watcher, self._run = watcher, run
        self._samples: Sequence[str] = ()

    def stepped(self, step: int, steps: int, loss: float, tokens_per_second: float) -> None:
        """Record a training step."""
        self._watcher.stepped(step, steps, loss, tokens_per_second)
        figures = {"train/loss": loss, "train/tokens_per_second": tokens_per_second}
        self._run.log(figures | {"train/memory_gb": memory()}, step=step)

    def evaluated(self, point: CurvePoint) -> None:
        """Record a measurement, and what was written at it."""
        self._watcher.evaluated(point)
        figures = {
            "train/epoch": point.epoch,
            "held_out/bits_per_byte": point.bits_per_byte,
            "samples/copied": point.copied,
        }
        known = {name: value for name, value in figures.items() if value is not None}
        self._run.log(known, step=point.step)
        if self._samples:
            written = [Sample(prompt="", text=text) for text in self._samples]
            self._run.log_samples(written, step=point.step)
            self._samples = ()

    def sampled(self, samples: Sequence[str]) -> None:
        """Pass on what the model wrote; it is recorded at the step of the measurement that follows."""
        self._watcher.sampled(samples)
        self._samples = samples

    def note(self, message: str) -> None:
        """Pass on a remark."""
        self._watcher.note(message)
