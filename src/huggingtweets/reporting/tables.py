"""Every figure with its interval, as rows of the report and of the card, and what could not be concluded."""

from __future__ import annotations

from typing import NamedTuple

from ..results import BASE, ENOUGH, MODEL, NGRAM, OTHERS, OWN, SHUFFLED, Evaluation, Figure, Row
from ..results.drawings import Label, Scale
from .formats import format_interval, format_value
from .picture import plain

BESIDE = (OWN, NGRAM, BASE, OTHERS, SHUFFLED)  # the columns beside the model's
BETTER = {"high": "higher", "low": "lower", "ceiling": "nearer to the person"}
FLOORS = {BASE: "base", NGRAM: "n-gram model", OTHERS: "other people", SHUFFLED: "shuffled words"}


class Cell(NamedTuple):
    """A figure; `unclear` if its interval meets the model's, so that the difference may be chance."""

    value: str
    interval: str
    unclear: bool


class Line(NamedTuple):
    """A row of the report's table."""

    label: str
    model: Cell | None
    counted: int
    beside: list[Cell | None]  # in the order of `BESIDE`
    better: str
    unknown: str


def every_line(evaluation: Evaluation) -> dict[str, list[Line]]:
    """Every row of an evaluation, by the question that it answers."""
    lines: dict[str, list[Line]] = {}
    labels = evaluation.labels()
    for path, row in evaluation.rows().items():
        lines.setdefault(labels[path].heading, []).append(_line(labels[path], row))
    return lines


def card_rows(evaluation: Evaluation) -> list[tuple[str, str, str, str]]:
    """Every row in words for the table of the card: question, the model's figure, its floors, its ceiling.

    The text is on one line and has no markup, but what a parser can take for markup is not escaped.
    """
    labels = evaluation.labels()
    return [_in_words(labels[path], row) for path, row in evaluation.rows().items()]


def unknown(evaluation: Evaluation) -> dict[str, list[str]]:
    """The labels of the rows from which nothing can be concluded, by the reason why."""
    reasons: dict[str, list[str]] = {}
    labels = evaluation.labels()
    for path, row in evaluation.rows().items():
        if row.model is None:
            reasons.setdefault(row.unknown, []).append(labels[path].text)
    return reasons


def absent(evaluation: Evaluation, who: str, *, based: bool = True) -> list[str]:
    """Sentences on the groups that have too few posts; `based` says whether the model has a base."""
    by = {
        MODEL: "by the model",
        OWN: f"by {who} that it never saw",
        NGRAM: "by an n-gram model",
        BASE: "by the base",
        OTHERS: "by other people",
    }
    missing = [words for name, words in by.items() if name not in evaluation.counts.groups]
    if not based:
        missing = [words for words in missing if words != by[BASE]]
    baseless = f"How it does beside a base: it has none, and knows nothing but posts by {who}."
    return [baseless] * (not based) + [
        f"There are fewer than {ENOUGH} posts {words}, so their place in every chart is empty."
        for words in missing
    ]


def _line(label: Label, row: Row) -> Line:
    figures = {**row.floors, OWN: row.ceiling}
    return Line(
        label=label.text,
        model=_cell(row.model, None, label.scale),
        counted=row.model.count if row.model else 0,
        beside=[_cell(figures.get(name), row.model, label.scale) for name in BESIDE],
        better=BETTER[row.best],
        unknown=row.unknown,
    )


def _cell(figure: Figure | None, model: Figure | None, scale: Scale) -> Cell | None:
    if figure is None:
        return None
    unclear = model is not None and not figure.above(model) and not model.above(figure)
    return Cell(format_value(figure, scale), format_interval(figure, scale), unclear)


def _in_words(label: Label, row: Row) -> tuple[str, str, str, str]:
    model, scale, figure = row.model, label.scale, f"unknown: {row.unknown}"
    if model:
        figure = f"{format_value(model, scale)} ({format_interval(model, scale)})"
    floors = ", ".join(f"{FLOORS.get(name, name)} {format_value(f, scale)}" for name, f in row.floors.items())
    ceiling = format_value(row.ceiling, scale) if row.ceiling else ""
    return plain(f"{label.heading} ({label.text})"), plain(figure), plain(floors), ceiling
