"""Is it varied, and in the way the person is?

Distinct-n (Li et al. 2016) falls with the number of words looked at (Liu et al. 2022), so all groups are
looked at in subsets of one size. Self-BLEU (Zhu et al. 2018) says how much each post repeats the others; it
looks at nothing but the samples (Alihosseini et al. 2019), so nonsense counts as varied. Distributions of
length and marks are set beside those of the person's training posts by the Jensen-Shannon distance (Lin 1991;
Endres and Schindelin 2003), also in subsets of one size, since small samples are always some way apart.

Blind to: copying, and the order of words; shuffled words even look more varied.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import chain, islice

import numpy as np
from numpy.typing import NDArray

from ...results import ENOUGH, Distribution, Figure, Groups, Row, Variety, common, row
from ...text import signs
from .. import intervals
from ..profiles import PROFILES, Profile

Counts = NDArray[np.int64]

SIZES = (1, 2, 3)  # of n-grams
BLEU_SIZES = (1, 2, 3, 4)
MOST = 300  # posts of a group, for self-BLEU
LATEST = 5000  # training posts that show the person's habits
UNSEEN = 0.1  # what counts for no match, so that one size without any does not make a post's BLEU 0


def measure(train: Sequence[str], groups: Groups, *, seed: int) -> Variety:
    """Variety of each group's posts, beside the person's."""
    tokens = {name: [signs(text) for text in texts] for name, texts in groups.items()}
    distinct = {n: _distinct(tokens, n, seed) for n in SIZES}
    return Variety(
        distinct={n: found for n, (found, _) in distinct.items()},
        sizes={n: size for n, (_, size) in distinct.items()},
        self_bleu=_self_bleu(tokens, seed),
        distributions={
            profile.name: _distribution(profile, train[-LATEST:], groups, seed) for profile in PROFILES
        },
    )


def self_bleu(posts: Sequence[Sequence[str]]) -> list[float]:
    """For each post, its BLEU-4 with all others as references (Papineni et al. 2002; Zhu et al. 2018).

    Sizes without a match count as 0.1 matches (Chen and Cherry 2014, method 1); posts of fewer than four
    words are judged by the sizes that they have.

    Args:
        posts: the words of each, at least one; two posts at least.
    """
    lengths = np.array([len(post) for post in posts])
    logs = np.zeros((len(posts), len(BLEU_SIZES)))
    for place, n in enumerate(BLEU_SIZES):
        found = [Counter(_ngrams(post, n)) for post in posts]
        highest = _two_highest(found)
        for i, counts in enumerate(found):
            hits = sum(min(count, _among_others(highest[gram], i)) for gram, count in counts.items())
            logs[i, place] = math.log(max(hits, UNSEEN) / counts.total()) if counts else 0.0
    sizes = np.minimum(lengths, len(BLEU_SIZES))
    brevity = [min(0.0, 1 - _closest(lengths, i) / lengths[i]) for i in range(len(posts))]
    return [float(bleu) for bleu in np.exp(logs.sum(axis=1) / sizes + brevity)]


def distance(a: Counts, b: Counts) -> float:
    """Jensen-Shannon distance between two histograms, base 2: 0 is equal, 1 shares nothing."""
    p, q = a / a.sum(), b / b.sum()
    m = (p + q) / 2
    return math.sqrt(max(0.0, (_divergence(p, m) + _divergence(q, m)) / 2))


def _distinct(tokens: dict[str, list[list[str]]], n: int, seed: int) -> tuple[Row, int]:
    """Distinct n-grams among equally many n-grams of each group, half of what all can give."""
    grams = {name: [_ngrams(post, n) for post in posts] for name, posts in tokens.items()}
    totals = {name: sum(map(len, posts)) for name, posts in grams.items()}
    totals = {name: total for name, total in totals.items() if total >= 2 * ENOUGH}
    least = common(totals)
    size = least // 2

    def share(name: str) -> Figure:
        posts = grams[name]

        def distinct(order: Counts) -> float:
            return len(set(islice(chain.from_iterable(posts[i] for i in order), size))) / size

        return intervals.at_size(distinct, len(posts), len(posts), seed=seed)

    missing = f"too few runs of {n} words in the generated posts"
    found = {name: share(name) for name, total in totals.items() if total >= least}
    return row(found, "ceiling", missing=missing), size


def _self_bleu(tokens: dict[str, list[list[str]]], seed: int) -> Row:
    """The mean of equally many posts of each group."""
    spoken = {name: [post for post in posts if post] for name, posts in tokens.items()}
    spoken = {name: posts for name, posts in spoken.items() if len(posts) >= ENOUGH}
    size = min(MOST, common({name: len(posts) for name, posts in spoken.items()}))
    rng = np.random.default_rng(seed)
    drawn = {
        name: [posts[i] for i in rng.permutation(len(posts))[:size]]
        for name, posts in spoken.items()
        if len(posts) >= size
    }
    found = {name: intervals.mean(self_bleu(posts), seed=seed) for name, posts in drawn.items()}
    return row(found, "ceiling", missing="too few generated posts with words")


def _distribution(profile: Profile, train: Sequence[str], groups: Groups, seed: int) -> Distribution:
    """Each group beside the training posts, in subsets of half of what all can give."""
    usual = profile.table(train).sum(axis=0)
    tables = {name: profile.table(texts) for name, texts in groups.items()}
    least = common({name: len(table) for name, table in tables.items()})
    distances = {
        name: _subset_distance(table, usual, least // 2, seed)
        for name, table in tables.items()
        if len(table) >= least
    }
    shares = {"train": usual, **{name: table.sum(axis=0) for name, table in tables.items()}}
    return Distribution(
        labels=profile.labels,
        shares={name: tuple((counts / counts.sum()).tolist()) for name, counts in shares.items()},
        distance=row(distances, "low"),
    )


def _subset_distance(table: Counts, usual: Counts, size: int, seed: int) -> Figure:
    return intervals.at_size(lambda at: distance(table[at].sum(axis=0), usual), len(table), size, seed=seed)


def _ngrams(post: Sequence[str], n: int) -> list[tuple[str, ...]]:
    return list(zip(*(post[i:] for i in range(n)), strict=False))


def _two_highest(found: Sequence[Counter[tuple[str, ...]]]) -> dict[tuple[str, ...], list[tuple[int, int]]]:
    """For each n-gram, its highest counts in two posts, and which posts."""
    highest: dict[tuple[str, ...], list[tuple[int, int]]] = {}
    for i, counts in enumerate(found):
        for gram, count in counts.items():
            highest[gram] = sorted([*highest.get(gram, ()), (count, i)], reverse=True)[:2]
    return highest


def _among_others(highest: Sequence[tuple[int, int]], post: int) -> int:
    """The highest count of an n-gram in any other post."""
    return next((count for count, i in highest if i != post), 0)


def _closest(lengths: Counts, post: int) -> int:
    """The length nearest to the post's among the others; the shorter of two."""
    gap = 2 * np.abs(lengths - lengths[post]) + (lengths > lengths[post])
    gap[post] = gap.max() + 1
    return int(lengths[gap.argmin()])


def _divergence(p: NDArray[np.float64], q: NDArray[np.float64]) -> float:
    """Kullback-Leibler divergence in bits; where p is 0 nothing is added."""
    some = p > 0
    return float((p[some] * np.log2(p[some] / q[some])).sum())
