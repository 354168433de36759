"""Self-BLEU: how much each post repeats the others (Zhu et al. 2018)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

BLEU_SIZES = (1, 2, 3, 4)  # of n-grams
UNSEEN = 0.1  # what counts for no match, so that one size without any does not make a post's BLEU 0

Ngram = tuple[str, ...]


def ngrams(post: Sequence[str], n: int) -> list[Ngram]:
    """All runs of `n` words, in order."""
    return list(zip(*(post[i:] for i in range(n)), strict=False))


def self_bleu(posts: Sequence[Sequence[str]]) -> list[float]:
    """For each post, its BLEU-4 with all others as references (Papineni et al. 2002; Zhu et al. 2018).

    Sizes without a match count as 0.1 matches (Chen and Cherry 2014, method 1); for posts of fewer than four
    words only the sizes that they have count.

    Args:
        posts: the words of each, at least one; two posts at least.
    """
    lengths = np.array([len(post) for post in posts])
    logs = np.zeros((len(posts), len(BLEU_SIZES)))
    for place, n in enumerate(BLEU_SIZES):
        counts = [Counter(ngrams(post, n)) for post in posts]
        highest = _two_highest(counts)
        for i, own in enumerate(counts):
            hits = sum(min(count, _among_others(highest[ngram], i)) for ngram, count in own.items())
            logs[i, place] = math.log(max(hits, UNSEEN) / own.total()) if own else 0.0
    sizes = np.minimum(lengths, len(BLEU_SIZES))
    brevity = [min(0.0, 1 - _closest(lengths, i) / lengths[i]) for i in range(len(posts))]
    return [float(bleu) for bleu in np.exp(logs.sum(axis=1) / sizes + brevity)]


def _two_highest(counts: Sequence[Counter[Ngram]]) -> dict[Ngram, list[tuple[int, int]]]:
    """For each n-gram, its highest counts in two posts, and which posts."""
    highest: dict[Ngram, list[tuple[int, int]]] = {}
    for i, post in enumerate(counts):
        for ngram, count in post.items():
            highest[ngram] = sorted([*highest.get(ngram, ()), (count, i)], reverse=True)[:2]
    return highest


def _among_others(highest: Sequence[tuple[int, int]], post: int) -> int:
    """The highest count of an n-gram in any other post."""
    return next((count for count, i in highest if i != post), 0)


def _closest(lengths: NDArray[np.int64], post: int) -> int:
    """The length nearest to the post's among the others; the shorter of two."""
    gap = 2 * np.abs(lengths - lengths[post]) + (lengths > lengths[post])
    gap[post] = gap.max() + 1
    return int(lengths[gap.argmin()])
