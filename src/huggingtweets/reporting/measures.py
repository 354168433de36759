"""What each row of an evaluation is called, and how its figures are written."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import NamedTuple

from ..results import BASE, NGRAM, OTHERS, Evaluation, Figure, Row
from .picture import plain

FLOORS = {BASE: "base", NGRAM: "n-gram model", OTHERS: "other people"}

PREDICTS = "Does it predict the person's next posts?"
SOUNDS = "Does it sound like the person?"
COPIES = "Does it only repeat the person?"
VARIED = "Is it varied?"
HABITS = "Does it have the person's habits?"
WORDS = "Does it use the person's words?"
TOLD = "Can a machine tell it from the person?"


class Measure(NamedTuple):
    """How a row is shown. `scale` is "share" where 1 is written 100 %, and "number" where it is not."""

    question: str
    label: str
    scale: str = "share"


# By the path of a row; the first pattern that fits is meant, and {} is what its star stands for.
MEASURES = {
    "prediction.bits_per_byte": Measure(PREDICTS, "bits per byte", "number"),
    "authorship.whole.closeness": Measure(SOUNDS, "closeness, all words"),
    "authorship.whole.auc": Measure(SOUNDS, "AUC against other people, all words"),
    "authorship.whole.auc_own": Measure(SOUNDS, "AUC against the person, all words"),
    "authorship.style.closeness": Measure(SOUNDS, "closeness, topic hidden"),
    "authorship.style.auc": Measure(SOUNDS, "AUC against other people, topic hidden"),
    "authorship.style.auc_own": Measure(SOUNDS, "AUC against the person, topic hidden"),
    "copying.copied": Measure(COPIES, "posts with a copied run"),
    "copying.near": Measure(COPIES, "posts that nearly are a training post"),
    "variety.distinct.1": Measure(VARIED, "different words"),
    "variety.distinct.2": Measure(VARIED, "different pairs of words"),
    "variety.distinct.*": Measure(VARIED, "different runs of {} words"),
    "variety.self_bleu": Measure(VARIED, "self-BLEU", "number"),
    "variety.distributions.*.distance": Measure(HABITS, "distance in {}", "number"),
    "giveaways.used": Measure(WORDS, "posts with a word that gives the person away"),
    "detection": Measure(TOLD, "AUC against training posts"),
}


def measure(path: str) -> Measure:
    """How the row of that path is shown. A row that nobody described goes by its path."""
    for pattern, found in MEASURES.items():
        if fnmatchcase(path, pattern):
            before, _, after = pattern.partition("*")
            part = path.removeprefix(before).removesuffix(after)
            return found._replace(label=found.label.format(part))
    return Measure("What else was measured?", path, "number")


def written(figure: Figure, scale: str) -> str:
    """A figure's value, "48.2 %" or "0.482"."""
    return _written(figure.value, scale)


def interval(figure: Figure, scale: str) -> str:
    """A figure's 95 % interval, "39.1 to 57.0 %"."""
    return f"{_written(figure.low, scale).removesuffix(' %')} to {_written(figure.high, scale)}"


def percent(share: float) -> str:
    """A share without decimals, "48 %"."""
    return "<1 %" if 0 < share < 0.005 else f"{round(100 * share)} %"  # noqa: PLR2004 -- what rounds to 0


def evaluation_rows(evaluation: Evaluation) -> list[tuple[str, str, str, str]]:
    """Every row in words for a table: question, the model's figure, its floors, its ceiling.

    The text is on one line and has no markup, but a parser's marks are not escaped.
    """
    return [_in_words(measure(path), row) for path, row in evaluation.rows().items()]


def _in_words(shown: Measure, row: Row) -> tuple[str, str, str, str]:
    model, scale = row.model, shown.scale
    figure = f"{written(model, scale)} ({interval(model, scale)})" if model else f"unknown: {row.unknown}"
    floors = ", ".join(f"{FLOORS.get(name, name)} {written(f, scale)}" for name, f in row.floors.items())
    ceiling = written(row.ceiling, scale) if row.ceiling else ""
    return plain(f"{shown.question} ({shown.label})"), plain(figure), plain(floors), ceiling


def _written(value: float, scale: str) -> str:
    return f"{100 * value:.1f} %" if scale == "share" else f"{value:.3f}"
