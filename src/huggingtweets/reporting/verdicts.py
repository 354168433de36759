"""The three answers at the top of a report. They follow from intervals alone."""

from __future__ import annotations

from typing import NamedTuple

from ..results import OTHERS, Evaluation, Figure, Row, Variety
from . import sentences
from .sentences import above

PAIRS = 2  # words; single words are too few to differ, and almost all longer runs do


class Verdict(NamedTuple):
    """A short answer, its kind ("good", "fair", "bad" or "unknown"), and the sentence it rests on."""

    question: str
    answer: str
    kind: str
    sentence: str


def verdicts(evaluation: Evaluation, who: str) -> list[Verdict]:
    """Does it sound like the person, does it copy more than the person does, is it as varied?"""
    voice, copying, variety = evaluation.authorship.whole, evaluation.copying, evaluation.variety
    return [
        Verdict(
            f"Does it sound like {who}?",
            *_sounds(voice.closeness, voice.earlier),
            sentences.closeness(voice.closeness, who, voice.earlier),
        ),
        Verdict(
            f"Does it copy more than {who} does?",
            *_copies(copying.copied),
            sentences.copied(copying.copied, copying.run, who),
        ),
        Verdict(f"Is it as varied as {who}?", *_varies(variety), _variety(variety, who)),
    ]


def _sounds(row: Row, earlier: Figure | None) -> tuple[str, str]:
    if row.model is None or row.ceiling is None:
        return "Unknown", "unknown"
    if OTHERS in row.floors and not above(row.model, row.floors[OTHERS]):
        return "Not for sure", "bad"
    if above(row.model, row.ceiling):
        typical = earlier is not None and not above(row.model, earlier)
        return ("Yes", "good") if typical else ("Yes, too much", "fair")
    return ("Partly", "fair") if above(row.ceiling, row.model) else ("Yes", "good")


def _copies(row: Row) -> tuple[str, str]:
    if row.model is None or row.ceiling is None:
        return "Unknown", "unknown"
    return ("Yes", "bad") if above(row.model, row.ceiling) else ("No", "good")


def _varies(variety: Variety) -> tuple[str, str]:
    row = variety.distinct[PAIRS]
    if row.model is None or row.ceiling is None:
        return "Unknown", "unknown"
    if above(row.ceiling, row.model) or _repeats(variety.self_bleu):
        return "No", "bad"
    return "Yes", "good"


def _variety(variety: Variety, who: str) -> str:
    """What the answer rests on: different pairs of words, or how much posts repeat one another."""
    if _repeats(variety.self_bleu):
        return sentences.self_bleu(variety.self_bleu, who)
    return sentences.distinct(variety.distinct[PAIRS], "pairs of words", who)


def _repeats(row: Row) -> bool:
    return row.model is not None and row.ceiling is not None and above(row.model, row.ceiling)
