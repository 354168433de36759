"""Where the marks of a report's charts stand, in per cent of the chart's width and height.

Not in the units of a view box: so a chart grows with its page, and its text does not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from ..results import BASE, MODEL, NGRAM, OTHERS, OWN, Row, drawings
from ..results.wording import percent
from .curves import Points, marks
from .formats import format_interval, format_value

ORDER = (OWN, MODEL, NGRAM, BASE, OTHERS)


class Tick(NamedTuple):
    """A place on an axis, and what stands there."""

    at: float
    text: str


class Dot(NamedTuple):
    """A figure on a scale, with its interval."""

    group: str
    at: float
    low: float
    high: float
    value: str
    interval: str


class Scale(NamedTuple):
    """Figures of several groups on one axis."""

    ticks: list[Tick]
    dots: list[Dot]


class Bar(NamedTuple):
    """A bar of a column chart, from the base line up."""

    group: str
    x: float
    width: float
    height: float
    title: str


class Columns(NamedTuple):
    """Bars of one or more groups for each label."""

    groups: list[str]
    labels: list[Tick]
    ticks: list[Tick]  # from the base line up
    bars: list[Bar]
    cut: float = 0  # where a line divides them, 0 for none


class Length(NamedTuple):
    """A bar of a table, and the share that it stands for."""

    group: str
    width: float
    share: str


class Entry(NamedTuple):
    """A row of a table with bars."""

    label: str
    bars: list[Length]


class Entries(NamedTuple):
    """A table with bars."""

    groups: list[str]
    rows: list[Entry]


class Line(NamedTuple):
    """A measure over time: the points, y from the top down."""

    points: list[tuple[float, float]]
    x: list[Tick]
    y: list[Tick]
    level: Tick | None = None  # a line across
    mark: tuple[float, float, str] | None = None  # a point with words


def scale(row: Row, kind: drawings.Scale, *, holding: Sequence[float] = ()) -> Scale | None:
    """The row's figures on an axis that reaches over all intervals and `holding`; None without a model's.

    Args:
        row: what to draw.
        kind: how its figures are written.
        holding: values that the axis must hold.
    """
    if row.model is None:
        return None
    figures = {MODEL: row.model, **row.floors, **({OWN: row.ceiling} if row.ceiling else {})}
    ends = [*holding, *(f.low for f in figures.values()), *(f.high for f in figures.values())]
    axis = marks(min(ends), max(ends), most=5)
    at = _place(axis)
    return Scale(
        ticks=_ticks(axis, kind, at),
        dots=[
            Dot(name, at(f.value), at(f.low), at(f.high), format_value(f, kind), format_interval(f, kind))
            for name, f in sorted(figures.items(), key=lambda item: _order(item[0]))
        ],
    )


def columns(labels: Sequence[str], shares: Mapping[str, Sequence[float]], *, cut: int = 0) -> Columns:
    """Bars side by side, one for each label and group.

    Args:
        labels: what stands below.
        shares: of each group, one for each label.
        cut: number of the label before which a line stands, 0 for none.
    """
    axis = marks(0, max([0.0, *(value for values in shares.values() for value in values)]), most=4)
    at, slot = _place(axis), 100 / len(labels)
    width = 0.76 * slot / len(shares)
    return Columns(
        groups=list(shares),
        labels=[Tick(round((number + 0.5) * slot, 2), label) for number, label in enumerate(labels)],
        ticks=_ticks(axis, "share", at),
        bars=[
            Bar(
                group,
                round(number * slot + 0.12 * slot + place * width, 2),
                round(width, 2),
                at(value),
                f"{label}: {100 * value:.1f} %",
            )
            for place, (group, values) in enumerate(shares.items())
            for number, (label, value) in enumerate(zip(labels, values, strict=True))
        ],
        cut=round(cut * slot, 2),
    )


def entries(rows: Sequence[tuple[str, Mapping[str, float]]]) -> Entries | None:
    """Labels with their shares by group, the largest share with the whole width; None without labels."""
    if not rows:
        return None
    most = max(share for _, shares in rows for share in shares.values()) or 1
    return Entries(
        groups=list(rows[0][1]),
        rows=[
            Entry(
                label,
                [
                    Length(group, round(100 * share / most, 2), percent(share))
                    for group, share in shares.items()
                ],
            )
            for label, shares in rows
        ],
    )


def line(
    points: Points,
    kind: drawings.Scale,
    *,
    level: tuple[float, str] | None = None,
    mark: tuple[float, str] | None = None,
) -> Line:
    """A measure by epoch.

    Args:
        points: epoch and value, at least one.
        kind: how the values are written.
        level: a value to compare with, and what to say of it.
        mark: the epoch of a point that stands out, and what to say of it.
    """
    values = [value for _, value in points] + ([level[0]] if level else [])
    across, up = (
        marks(0, max(1.0, *(epoch for epoch, _ in points)), most=6),
        marks(min(values), max(values), most=4),
    )
    x, y = _place(across), _down(_place(up))
    places = {epoch: (x(epoch), y(value)) for epoch, value in points}
    return Line(
        points=list(places.values()),
        x=_ticks(across, "number", x),
        y=_ticks(up, kind, y),
        level=Tick(y(level[0]), level[1]) if level else None,
        mark=(*places[mark[0]], mark[1]) if mark else None,
    )


def _ticks(axis: Sequence[float], kind: drawings.Scale, at: Callable[[float], float]) -> list[Tick]:
    if kind == "share":
        return [Tick(at(value), f"{round(100 * value, 6):g} %") for value in axis]
    decimals = max(len(f"{value:g}".partition(".")[2]) for value in axis)
    return [Tick(at(value), f"{value:.{decimals}f}") for value in axis]


def _place(axis: Sequence[float]) -> Callable[[float], float]:
    """Says where a value stands between the axis' ends, 0 to 100."""
    return lambda value: round(100 * (value - axis[0]) / (axis[-1] - axis[0]), 2)


def _down(place: Callable[[float], float]) -> Callable[[float], float]:
    """The same from the top down, as the y of a picture is counted."""
    return lambda value: round(100 - place(value), 2)


def _order(group: str) -> int:
    return ORDER.index(group) if group in ORDER else len(ORDER)
