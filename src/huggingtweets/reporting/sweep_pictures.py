"""Pictures of a sweep: each trial as a line, and how much each setting matters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, floor, log10
from typing import NamedTuple

from ..results.wording import percent
from .curves import marks
from .picture import draw, plain

ROUND = (1, 2, 5)  # times a power of ten: the marks of a logarithmic axis
MOST = 5  # marks on an axis, about


class Axis(NamedTuple):
    """A setting, and the range in which it was searched."""

    name: str
    low: float
    high: float
    log: bool = False

    def place(self, value: float) -> float:
        """Where a value stands between both ends, 0 to 1."""
        if self.log:
            return (log10(value) - log10(self.low)) / (log10(self.high) - log10(self.low))
        return (value - self.low) / (self.high - self.low)


class Line(NamedTuple):
    """A trial: its settings in the order of the axes, and its figure, None where it was given up."""

    settings: Sequence[float]
    value: float | None


def trials_picture(axes: Sequence[Axis], lines: Sequence[Line], handles: Sequence[str]) -> bytes:
    """A PNG 1600 pixels wide: parallel coordinates, the last of them held-out bits per byte.

    Args:
        axes: the settings.
        lines: the trials, at least one of them with a figure.
        handles: whose posts were learnt from.
    """
    values = sorted(line.value for line in lines if line.value is not None)
    ends = marks(values[0], values[-1], most=MOST)
    figure = Axis("bits per byte", ends[0], ends[-1])
    given_up = len(lines) - len(values)
    data = {
        "title": f"The best of {len(lines)} trials needs {values[0]:.3f} bits per byte",
        "about": f"{_people(handles)}; held-out posts, {len(values)} trials to their end"
        + (f", {given_up} given up early (dotted)" if given_up else ""),
        "axes": [{"label": _words(axis.name), "ticks": _ticks(axis)} for axis in (*axes, figure)],
        "lines": [_line(line, axes, figure, values) for line in sorted(lines, key=_worst_first)],
    }
    return draw("trials", data, pixels=4 / 3)


def importance_picture(shares: Mapping[str, float], trials: int, handles: Sequence[str]) -> bytes:
    """A PNG 1600 pixels wide: how much of the differences between trials each setting explains.

    Args:
        shares: of each setting, the largest first; at least one.
        trials: how many came to their end.
        handles: whose posts were learnt from.
    """
    most = max(shares.values()) or 1
    data = {
        "title": f"What mattered most: {_words(next(iter(shares)))}",
        "about": f"{_people(handles)}; share of the differences between {trials} trials that each explains",
        "bars": [
            {"label": _words(name), "share": share / most, "shown": percent(share)}
            for name, share in shares.items()
        ],
    }
    return draw("importance", data, pixels=4 / 3)


def _line(line: Line, axes: Sequence[Axis], figure: Axis, values: Sequence[float]) -> dict[str, object]:
    """Places on the axes, and how good the trial is: 1 is the best, 0 the worst."""
    places = [axis.place(value) for axis, value in zip(axes, line.settings, strict=True)]
    if line.value is None:
        return {"places": places, "good": None}
    good = 1 - values.index(line.value) / max(1, len(values) - 1)
    return {"places": [*places, figure.place(line.value)], "good": good}


def _worst_first(line: Line) -> tuple[bool, float]:
    """Those given up, then the worst, so that the best lies on top."""
    return line.value is not None, -(line.value or 0)


def _ticks(axis: Axis) -> list[tuple[float, str]]:
    if axis.log:
        powers = range(floor(log10(axis.low)), ceil(log10(axis.high)) + 1)
        values = [number * 10.0**power for power in powers for number in ROUND]
    else:
        values = marks(axis.low, axis.high, most=MOST)
    slack = 1e-9 * (axis.high - axis.low)
    inside = [value for value in values if axis.low - slack <= value <= axis.high + slack]
    return [(axis.place(value), f"{value:,.10g}") for value in inside]


def _people(handles: Sequence[str]) -> str:
    return ", ".join(f"@{plain(handle)}" for handle in handles)


def _words(name: str) -> str:
    return name.replace("_", " ")
