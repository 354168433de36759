"""The picture of a training: loss and held-out bits per byte by epoch."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, isfinite, log10

from ..results.wording import percent
from ..types import Record
from .picture import draw
from .pretrained import Pretrained

Points = Sequence[tuple[float, float]]
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0, 20.0)  # between two marks of an axis, times a power of ten


def loss_curve(record: Record | Pretrained) -> bytes:
    """A PNG 1600 pixels wide: held-out bits per byte and, if it was measured, training loss by epoch."""
    held_out = [(point.epoch, point.bits_per_byte) for point in record.curve if isfinite(point.bits_per_byte)]
    train = [
        (p.epoch, p.train_loss) for p in record.curve if p.train_loss is not None and isfinite(p.train_loss)
    ]
    start = "base, before training" if isinstance(record, Record) else "before training"
    panels = [_panel("bits per byte of held-out posts", held_out, start)]
    panels += [_panel("nats per token of training posts", train)] if train else []
    return draw("curves", {"title": _title(held_out), "panels": panels}, pixels=4 / 3)


def _title(held_out: Points) -> str:
    if not held_out:
        return "Nothing was measured during training"
    (_, before), *trained = held_out
    if not trained:
        return f"A byte of unseen posts costs {before:.3f} bits"
    best = min(value for _, value in trained)
    if not best < before:
        return f"Training did not help: a byte of unseen posts costs {best:.3f} bits, {before:.3f} before"
    fewer = percent(1 - best / before)
    return f"{fewer} fewer guesses for unseen posts: {best:.3f} bits per byte, {before:.3f} before"


def _panel(label: str, points: Points, start: str = "") -> dict[str, object]:
    """Points and the marks of both axes; `start` names the first point if it is before training."""
    values = [value for _, value in points] or [0.0]
    return {
        "label": label,
        "points": points,
        "x": _labelled(marks(0, max((epoch for epoch, _ in points), default=0.0) or 1.0, most=6)),
        "y": _labelled(marks(min(values), max(values), most=5)),
        "base": f"{start}: {values[0]:.3f}" if start else None,
        "best": f"{min(values):.3f}" if start and min(values) < values[0] else None,
    }


def _labelled(values: Sequence[float]) -> list[tuple[float, str]]:
    decimals = max(len(f"{value:g}".partition(".")[2]) for value in values)
    return [(value, f"{value:.{decimals}f}") for value in values]


def marks(low: float, high: float, *, most: int) -> list[float]:
    """Round numbers at equal distances, from `low` or just below it to `high` or just above it.

    There are at least two and at most `most` + 1.
    """
    span = max(high - low, abs(high) / 10, 0.01)
    power = 10.0 ** floor(log10(span / most))
    step = next(power * s for s in STEPS if ceil(high / (power * s)) - floor(low / (power * s)) <= most)
    first, last = floor(low / step), ceil(high / step)
    return [round(number * step, 10) for number in range(first, max(last, first + 1) + 1)]
