"""How often people use marks and capitals, and how long they write: distributions, and their distance.

Groups are compared with the person's training posts by the Jensen-Shannon distance (Lin 1991; Endres and
Schindelin 2003), in subsets of one size, since small samples are always some way apart.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from ..results import MODEL, TRAIN, Figure, Groups, Row, common
from ..results.wording import inconclusive, percent
from . import intervals
from .profiles import Profile

NOTABLE = 0.02  # of posts: a gap that is worth a word

Counts = NDArray[np.int64]


class Distribution(Struct, frozen=True, kw_only=True):
    """How often each value of something occurs, beside the person's training posts."""

    labels: tuple[str, ...]
    shares: dict[str, tuple[float, ...]]  # group -> share of each label; "train" is the person's
    distance: Row  # Jensen-Shannon distance to the training posts, 0 to 1


def distribution(profile: Profile, train: Sequence[str], groups: Groups, *, seed: int) -> Distribution:
    """Compare each group with the training posts, in subsets of half of what all groups have.

    Args:
        profile: what is counted.
        train: the person's training posts.
        groups: the posts to compare.
        seed: of the subsets.
    """
    usual = profile.table(train).sum(axis=0)
    tables = {name: profile.table(posts) for name, posts in groups.items()}
    least = common({name: len(table) for name, table in tables.items()})
    distances = {
        name: _subset_distance(table, usual, least // 2, seed)
        for name, table in tables.items()
        if len(table) >= least
    }
    counts = {TRAIN: usual, **{name: table.sum(axis=0) for name, table in tables.items()}}
    return Distribution(
        labels=profile.labels,
        shares={name: tuple((each / each.sum()).tolist()) for name, each in counts.items()},
        distance=Row.of(distances, "low"),
    )


def distance(a: Counts, b: Counts) -> float:
    """Jensen-Shannon distance between two histograms, base 2: 0 is equal, 1 shares nothing."""
    p, q = a / a.sum(), b / b.sum()
    m = (p + q) / 2
    return math.sqrt(max(0.0, (_divergence(p, m) + _divergence(q, m)) / 2))


def sentence(habit: Distribution, who: str) -> str:
    """Whether the model has a habit of the person, and where they differ most."""
    row, model, usual = habit.distance, habit.shares.get(MODEL), habit.shares.get(TRAIN)
    if row.model is None or model is None or usual is None:
        return inconclusive(row)
    gap, label, a, b = max(
        (abs(a - b), label, a, b) for label, a, b in zip(habit.labels, model, usual, strict=True)
    )
    most = f" Furthest apart at “{label}”: {percent(a)} of the model's, {percent(b)} of {who}'s."
    end = most if gap >= NOTABLE else ""
    if row.ceiling is None:
        return f"Beside what it learnt from.{end}"
    if row.model.above(row.ceiling):
        return f"Clearly further from {who}'s habit than {who}'s own later posts.{end}"
    return f"As near to {who}'s habit as {who}'s own later posts.{end}"


def _subset_distance(table: Counts, usual: Counts, size: int, seed: int) -> Figure:
    return intervals.at_size(lambda at: distance(table[at].sum(axis=0), usual), len(table), size, seed=seed)


def _divergence(p: NDArray[np.float64], q: NDArray[np.float64]) -> float:
    """Kullback-Leibler divergence in bits; where p is 0 nothing is added."""
    some = p > 0
    return float((p[some] * np.log2(p[some] / q[some])).sum())
