"""The end of a report: every figure with its interval, and what could not be concluded."""

from __future__ import annotations

from typing import NamedTuple

from ..results import BASE, ENOUGH, MODEL, NGRAM, OTHERS, OWN, Evaluation, Figure, Row
from .measures import interval, measure, written
from .sentences import above

BESIDE = (OWN, NGRAM, BASE, OTHERS)  # the columns beside the model's
BETTER = {"high": "higher", "low": "lower", "ceiling": "nearer to the person"}


class Cell(NamedTuple):
    """A figure; `unclear` where its interval meets the model's, so that the difference may be chance."""

    value: str
    interval: str
    unclear: bool


class Line(NamedTuple):
    """A row of the table."""

    label: str
    model: Cell | None
    counted: int
    beside: list[Cell | None]  # in the order of `BESIDE`
    better: str
    unknown: str


def whole(evaluation: Evaluation) -> dict[str, list[Line]]:
    """Every row, by the question that it answers."""
    found: dict[str, list[Line]] = {}
    for path, row in evaluation.rows().items():
        found.setdefault(measure(path).question, []).append(_line(path, row))
    return found


def unknown(evaluation: Evaluation) -> dict[str, list[str]]:
    """The measures from which nothing can be concluded, by the reason why."""
    found: dict[str, list[str]] = {}
    for path, row in evaluation.rows().items():
        if row.model is None:
            found.setdefault(row.unknown, []).append(measure(path).label)
    return found


def absent(evaluation: Evaluation, who: str, *, based: bool = True) -> list[str]:
    """Whose posts are too few to be compared with; `based` says whether the model has a base."""
    by = {
        MODEL: "by the model",
        OWN: f"by {who} that it never saw",
        NGRAM: "by an n-gram model",
        BASE: "by the base",
        OTHERS: "by other people",
    }
    missing = {name: said for name, said in by.items() if name not in evaluation.counts.groups}
    said = [] if based else [f"How it does beside a base: it has none, and knows nothing but posts by {who}."]
    return said + [
        f"There are fewer than {ENOUGH} posts {said}, so their place in every chart is empty."
        for name, said in missing.items()
        if based or name != BASE
    ]


def _line(path: str, row: Row) -> Line:
    shown, figures = measure(path), {**row.floors, OWN: row.ceiling}
    return Line(
        label=shown.label,
        model=_cell(row.model, None, shown.scale),
        counted=row.model.count if row.model else 0,
        beside=[_cell(figures.get(name), row.model, shown.scale) for name in BESIDE],
        better=BETTER[row.best],
        unknown=row.unknown,
    )


def _cell(figure: Figure | None, model: Figure | None, scale: str) -> Cell | None:
    if figure is None:
        return None
    unclear = model is not None and not above(figure, model) and not above(model, figure)
    return Cell(written(figure, scale), interval(figure, scale), unclear)
