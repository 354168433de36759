"""Figures in plain words, for the sentences of the report.

Figures count as different only if their 95 % intervals do not meet. This is careful: of such differences far
fewer than 5 in 100 are chance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from . import BASE, NGRAM, OTHERS, Row

WHOSE = {BASE: "the base", NGRAM: "the n-gram model", OTHERS: "other people"}


def percent(share: float) -> str:
    """A share without decimals, "48 %"."""
    count = round(100 * share)
    return "<1 %" if count == 0 < share else f"{count} %"


def in_100(share: float) -> str:
    """A share as a count that can be pictured, "12 in 100"."""
    count = round(100 * share)
    if count == 0 < share:
        return "fewer than 1 in 100"
    if share < 1 and count == 100:  # noqa: PLR2004 -- all of a hundred
        return "more than 99 in 100"
    return f"{count} in 100"


def of_100(share: float) -> str:
    """A share as a count of a hundred cases that the sentence names, "12"."""
    return in_100(share).removesuffix(" in 100")


def capitalized(sentence: str) -> str:
    """A sentence with its first letter as a capital; all others stay."""
    return sentence[:1].upper() + sentence[1:]


def listed(words: Iterable[str]) -> str:
    """Words as a sentence lists them, "a, b and c"; "" for none."""
    *others, last = list(words) or [""]
    return f"{', '.join(others)} and {last}" if others else last


def floors(names: Iterable[str]) -> str:
    """Floors as a sentence lists them, "the base and other people"; "" for none."""
    return listed(WHOSE.get(name, name) for name in names)


def inconclusive(row: Row) -> str:
    """That nothing can be concluded, and why."""
    return f"Nothing can be concluded: {row.unknown}."


def beside_own(row: Row, *, higher: str, lower: str, same: str) -> str:
    """The words for where the model's figure is beside the person's own.

    Args:
        row: a figure and its ceiling.
        higher: if the model's is clearly higher.
        lower: if it is clearly lower.
        same: if the intervals meet, or a figure is missing.
    """
    if row.model and row.ceiling and row.model.above(row.ceiling):
        return higher
    if row.model and row.ceiling and row.ceiling.above(row.model):
        return lower
    return same


def end_with_own(row: Row, who: str, own: Callable[[float], str], **words: str) -> str:
    """The end of a sentence on a figure of the model: the person's own, and whether that is a difference.

    Args:
        row: the figure and its ceiling; without one, the end says so.
        who: the person.
        own: the words for the person's figure.
        words: what follows, as `beside_own` takes it.
    """
    if row.ceiling is None:
        return f"; there are too few unseen posts of {who} to compare with"
    return own(row.ceiling.value) + beside_own(row, **words)
