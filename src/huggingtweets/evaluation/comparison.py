"""Which of two models' figures differ by more than their intervals?"""

from __future__ import annotations

import numpy as np
from msgspec import Struct

from ..results import Evaluation, Figure, Row
from . import intervals

PREDICTION = "prediction.bits_per_byte"


class Difference(Struct, frozen=True, kw_only=True):
    """The first model's figure less the second's."""

    by: Figure
    sure: bool  # 0 is outside of the interval
    better: int  # 0 or 1, the model that is nearer to what is wanted; -1 where that is not sure


def differences(first: Evaluation, second: Evaluation, *, seed: int = 0) -> dict[str, Difference]:
    """The difference of every row that both models have a figure for, by the row's path.

    Bits per byte are compared post by post where both were measured on the same held-out posts; all else
    by the two intervals, which is careful, since both stand beside the same posts of the person.
    """
    mine, theirs = first.rows(), second.rows()
    found = {}
    for path, row in mine.items():
        other = theirs.get(path)
        if other is None or row.model is None or other.model is None:
            continue
        by = intervals.difference(row.model, other.model)
        if path == PREDICTION and first.prediction.lengths == second.prediction.lengths:
            by = _paired(first, second, seed)
        sure = by.low > 0 or by.high < 0
        found[path] = Difference(by=by, sure=sure, better=_better(row, other, by) if sure else -1)
    return found


def _paired(first: Evaluation, second: Evaluation, seed: int) -> Figure:
    leaked = {*first.counts.leaked, *second.counts.leaked}
    at = [i for i in range(len(first.prediction.lengths)) if i not in leaked]
    a, b = np.array(first.prediction.bits)[at], np.array(second.prediction.bits)[at]
    return intervals.paired_difference(a, b, np.array(first.prediction.lengths)[at], seed=seed)


def _better(row: Row, other: Row, by: Figure) -> int:
    """Which of the two is nearer to what is wanted."""
    if row.best == "ceiling":
        if row.ceiling is None or other.ceiling is None or row.model is None or other.model is None:
            return -1
        return int(_gap(row.model, row.ceiling) > _gap(other.model, other.ceiling))
    return int((by.value > 0) == (row.best == "low"))


def _gap(model: Figure, ceiling: Figure) -> float:
    return abs(model.value - ceiling.value)
