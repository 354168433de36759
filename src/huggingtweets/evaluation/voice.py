"""How much posts sound like the person, to one classifier: closeness, and comparisons of episodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from ..results import OTHERS, OWN, Figure, Groups, Row
from . import intervals
from .character_ngrams import counts
from .classifier import Classifier, Scores, auc_figure
from .episodes import episode_auc

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

PART = 4  # one training post of so many, drawn at random, tells how close training posts are


class Voice(Struct, frozen=True, kw_only=True):
    """How much posts sound like the person, to one classifier."""

    auc: Row  # of episodes against other people's episodes: 1 is told apart always, 0.5 never
    auc_own: Row  # of episodes against the person's own: 0.5 equals, below fainter, above exaggerated
    closeness: Row  # mean log-odds on a scale where other people are 0 and the person is 1
    earlier: Figure | None = None  # the closeness of training posts: people change, so it need not be 1


class Sides(Struct, frozen=True, kw_only=True):
    """What a classifier learns to tell apart."""

    mine: Sequence[str]  # training posts of the person
    refused: Sequence[str]  # posts of others, and imitations of the person
    held_back: NDArray[np.bool_]  # which of `mine` tell how close training posts are
    refused_by_rest: Sequence[str]  # posts of others, and imitations of what is not held back


def unmeasured(reason: str) -> Voice:
    """A voice that could not be measured."""
    row = Row.inconclusive(reason)
    return Voice(auc=row, auc_own=row, closeness=row)


def voice(sides: Sides, groups: Groups, seed: int) -> Voice:
    """How much each group sounds like the person.

    Args:
        sides: what the classifier learns from.
        groups: the posts to measure, among them the person's own and others'.
        seed: of every draw.
    """
    own_counts, group_counts = counts(sides.mine), {name: counts(posts) for name, posts in groups.items()}
    classifier = Classifier.fit(own_counts, counts(sides.refused))
    scores = {name: classifier.scores(each) for name, each in group_counts.items()}
    own, floor = scores[OWN], scores[OTHERS]
    if auc_figure(own, floor, seed=seed).low <= 0.5:  # noqa: PLR2004 -- a coin's
        return unmeasured("the person's own later posts cannot be told from other people's")
    against_others = {n: episode_auc(s, floor, seed=seed) for n, s in scores.items() if n != OTHERS}
    against_own = {n: episode_auc(s, own, seed=seed) for n, s in scores.items() if n != OWN}
    against_own[OWN] = Figure(value=0.5, low=0.5, high=0.5, count=len(own))  # equal to itself, by definition
    closeness = {n: intervals.bootstrap(_closeness, s, own, floor, seed=seed) for n, s in scores.items()}
    return Voice(
        auc=Row.of(against_others, "high"),
        auc_own=Row.of(against_own, "ceiling"),
        closeness=Row.of(closeness, "ceiling"),
        earlier=_earlier(own_counts, sides, group_counts, seed),
    )


def held_back(count: int, seed: int) -> NDArray[np.bool_]:
    """Which of so many training posts a classifier does not learn from, to tell how close they are.

    They are drawn: where several people take turns, every fourth post may be of the same one.
    """
    return np.random.default_rng(seed).permutation(count).argsort() < count / PART


def _earlier(mine: csr_matrix, sides: Sides, groups: Mapping[str, csr_matrix], seed: int) -> Figure:
    """Closeness of the training posts that are held back, to a classifier that has learnt from the rest.

    Imitations of what is held back would have its runs of letters, which the classifier would then refuse.
    """
    classifier = Classifier.fit(mine[~sides.held_back], counts(sides.refused_by_rest))
    scores = (classifier.scores(posts) for posts in (mine[sides.held_back], groups[OWN], groups[OTHERS]))
    return intervals.bootstrap(_closeness, *scores, seed=seed)


def _closeness(scores: Scores, own: Scores, others: Scores) -> Scores:
    """Where the mean score lies between other people's, 0, and the person's own, 1."""
    floor = others.mean(axis=1)
    place: Scores = (scores.mean(axis=1) - floor) / (own.mean(axis=1) - floor)
    return place
