"""Which of two models' figures differ by more than their intervals?"""

from __future__ import annotations

import numpy as np
from msgspec import Struct

from ..results import Evaluation, Figure, Row
from . import intervals
from .questions.prediction import Prediction
from .questions.variety import Variety

PREDICTION, VARIETY = "prediction", "variety"


class Difference(Struct, frozen=True, kw_only=True):
    """The first model's figure less the second's."""

    by: Figure
    sure: bool  # not by chance, with regard to how many differences there are
    better: int  # 0 or 1, the model that is nearer to what it should be; -1 if that is not sure


def differences(first: Evaluation, second: Evaluation, *, seed: int = 0) -> dict[str, Difference]:
    """The difference of every row that both models have a figure for, by the path of the row.

    Bits per byte are compared post by post if both were measured on the same held-out posts. All else is
    compared by the two intervals, which is careful, since both are measured beside the same posts. Of many
    differences some leave their intervals by chance; `intervals.sure` corrects for their number. Distinct-n
    among other numbers of words are not compared: it falls with them.
    """
    mine, theirs, paired = first.rows(), second.rows(), _paired(first, second, seed)
    unlike = _of_other_sizes(first, second)
    by = {
        path: paired.get(path) or intervals.difference(row.model, other.model)
        for path, row in mine.items()
        if path not in unlike and (other := theirs.get(path)) and row.model and other.model
    }
    return {
        path: Difference(
            by=by[path], sure=sure, better=_better(mine[path], theirs[path], by[path]) if sure else -1
        )
        for path, sure in zip(by, intervals.sure(list(by.values())), strict=True)
    }


def _paired(first: Evaluation, second: Evaluation, seed: int) -> dict[str, Figure]:
    """The differences that are known post by post."""
    mine, theirs = first.answers.get(PREDICTION), second.answers.get(PREDICTION)
    if not isinstance(mine, Prediction) or not isinstance(theirs, Prediction):
        return {}
    if mine.lengths != theirs.lengths or not (mine.bits_per_byte.model and theirs.bits_per_byte.model):
        return {}
    leaked = {*first.counts.leaked, *second.counts.leaked}
    at = [i for i in range(len(mine.lengths)) if i not in leaked]
    bits, other_bits, lengths = (np.array(each)[at] for each in (mine.bits, theirs.bits, mine.lengths))
    days = np.array(mine.days)[at] if mine.days else ()
    difference = intervals.paired_difference(bits, other_bits, lengths, days, seed=seed)
    return {f"{PREDICTION}.bits_per_byte": difference}


def _of_other_sizes(first: Evaluation, second: Evaluation) -> set[str]:
    """The paths of distinct-n that both models were measured at different numbers of words."""
    mine, theirs = first.answers.get(VARIETY), second.answers.get(VARIETY)
    if not isinstance(mine, Variety) or not isinstance(theirs, Variety):
        return set()
    return {f"{VARIETY}.distinct.{n}" for n, size in mine.sizes.items() if theirs.sizes.get(n) != size}


def _better(row: Row, other: Row, by: Figure) -> int:
    """Which of the two is nearer to what it should be; -1 where that is not sure."""
    if row.best == "ceiling":
        if row.ceiling is None or row.model is None or other.model is None:
            return -1
        above = _sum_above(row.model, other.model, row.ceiling)
        return -1 if above.low <= 0 <= above.high else int((by.value > 0) == (above.value > 0))
    return int((by.value > 0) == (row.best == "low"))


def _sum_above(first: Figure, second: Figure, ceiling: Figure) -> Figure:
    """How far both together are above the ceiling; at 0 both are as near to it, on two sides."""
    c = ceiling
    twice = Figure(value=2 * c.value, low=2 * c.low, high=2 * c.high, count=c.count)
    return intervals.difference(first, intervals.difference(twice, second))
