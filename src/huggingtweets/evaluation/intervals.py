"""95 % intervals for means, shares, differences and other statistics."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from statistics import NormalDist

import numpy as np
from msgspec.structs import replace
from numpy.typing import ArrayLike, NDArray

from ..results import ENOUGH, Figure

LEVEL = 0.95
RESAMPLES = 1000
SUBSETS = 200
BISECTIONS = 50  # that find the border of an interval
VALUES_AT_ONCE = 1_000_000  # drawn together, to bound the memory
ALIKE = 0.1  # correlation of the words of a post; of repeated pairs and unknown words 0.00 to 0.06 was seen

Array = NDArray[np.float64]


def share(hits: int, count: int) -> Figure:
    """A share with Wilson's score interval, which also holds near 0 and 1 (Wilson 1927; Brown et al. 2001).

    Args:
        hits: how many of them.
        count: of how many, at least one.
    """
    z = NormalDist().inv_cdf((1 + LEVEL) / 2)
    value = hits / count
    middle = (value + z * z / (2 * count)) / (1 + z * z / count)
    half = z * math.sqrt(value * (1 - value) / count + z * z / (4 * count**2)) / (1 + z * z / count)
    return Figure(
        value=value,
        low=max(0.0, min(value, middle - half)),
        high=min(1.0, max(value, middle + half)),
        count=count,
    )


def share_at_any_time(hits: int, count: int) -> Figure:
    """A share with a confidence sequence: it holds at every count at once, so that one may stop at any time.

    It holds the shares that a uniform mixture of all shares does not make 20 times as unlikely (Robbins 1970,
    "Statistical methods related to the law of the iterated logarithm"; Ville's inequality).

    Args:
        hits: how many of them.
        count: of how many, at least one.
    """
    value, misses = hits / count, count - hits
    mixture = math.lgamma(hits + 1) + math.lgamma(misses + 1) - math.lgamma(count + 2)
    least = mixture + math.log(1 - LEVEL)

    def border(outside: float) -> float:
        """The share nearest to `outside` that is still likely enough, by bisection from the value."""
        inside = value
        for _ in range(BISECTIONS):
            middle = (inside + outside) / 2
            if _log_likelihood(middle, hits, misses) > least:
                inside = middle
            else:
                outside = middle
        return inside

    return Figure(
        value=value,
        low=border(0.0) if hits else 0.0,
        high=border(1.0) if misses else 1.0,
        count=count,
    )


def _log_likelihood(share: float, hits: int, misses: int) -> float:
    """The log-likelihood of a share by so many hits and misses; minus infinity where they rule it out."""
    sides = ((hits, share), (misses, 1 - share))
    return sum(n * (math.log(p) if p else -math.inf) for n, p in sides if n)


def bootstrap(statistic: Callable[..., Array], *samples: ArrayLike, seed: int) -> Figure:
    """A statistic with its percentile bootstrap interval (Efron 1979).

    Use `at_size` for a statistic that depends on how many different things there are: a resample has doubles.

    Args:
        statistic: takes one array for each sample, (resamples, posts, ...); returns one value per resample.
        samples: arrays whose first axis is the posts; each is resampled on its own, with replacement.
        seed: the same seed gives the same interval.
    """
    arrays = [np.asarray(sample) for sample in samples]
    rng = np.random.default_rng(seed)
    at_once = max(1, min(RESAMPLES, VALUES_AT_ONCE // max(map(len, arrays))))
    values: list[float] = []
    while len(values) < RESAMPLES:
        resamples = (array[rng.integers(len(array), size=(at_once, len(array)))] for array in arrays)
        values += statistic(*resamples).tolist()
    value = statistic(*(array[None] for array in arrays))[0]
    return of_draws(float(value), values[:RESAMPLES], len(arrays[0]))


def mean(values: ArrayLike, *, seed: int) -> Figure:
    """The mean of values, one for each post."""
    return bootstrap(lambda resamples: resamples.mean(axis=1), values, seed=seed)


def ratio(tops: ArrayLike, bottoms: ArrayLike, clusters: ArrayLike = (), *, seed: int) -> Figure:
    """Sum over sum, for example bits a byte; both sides of a post are drawn together.

    Posts of one day are alike, so that whole days are drawn where there are at least `ENOUGH` (Davison and
    Hinkley 1997, "Bootstrap methods and their application", section 3.8); else each post by itself.

    Args:
        tops: of each post.
        bottoms: of each post.
        clusters: the day of each post, as a number; empty where days are not known.
        seed: the same seed gives the same interval.
    """
    pairs, days = np.stack([tops, bottoms], axis=1), np.asarray(clusters, np.int64)
    counted = pairs[:, 1] > 0  # the others add nothing, and a resample of them alone has no ratio
    pairs, days = pairs[counted], days[counted] if len(days) else days
    days, of_post = np.unique(days, return_inverse=True)
    if len(days) >= ENOUGH:
        pairs = np.stack([np.bincount(of_post, column) for column in pairs.T], axis=1)
    figure = bootstrap(lambda each: each[..., 0].sum(axis=1) / each[..., 1].sum(axis=1), pairs, seed=seed)
    return replace(figure, count=len(np.asarray(tops)))


def pooled_share(hits: ArrayLike, counts: ArrayLike, *, seed: int) -> Figure:
    """The share of all words of posts that hit, or of pairs of words, as `ratio`; none has an interval, too.

    Where no word hits, or all do, so does every resample. So the upper end is at least that of `share(0, n)`,
    and the lower end at most that of `share(n, n)`. Words of one post are not independent, so n is less than
    their number, by the design effect of posts whose words correlate by `ALIKE` (Kish 1965, "Survey
    sampling", section 5.4).

    Args:
        hits: how many words of each post hit.
        counts: how many words each post has; at least one post has one.
        seed: the same seed gives the same interval.
    """
    figure, each = ratio(hits, counts, seed=seed), np.asarray(counts)
    companions = (each * each).sum() / each.sum() - 1  # other words in the post of a word, on average
    independent = max(1, int(each.sum() / (1 + ALIKE * companions)))
    none, all_hit = share(0, independent), share(independent, independent)
    return replace(figure, low=min(figure.low, all_hit.low), high=max(figure.high, none.high))


def paired_difference(
    a: ArrayLike, b: ArrayLike, bottoms: ArrayLike, clusters: ArrayLike = (), *, seed: int
) -> Figure:
    """How much more `a` has than `b` for each unit of `bottoms`, on the same posts.

    A post is hard or easy for both, so the interval is far narrower than that of `difference`.

    Args:
        a: one model's value for each post, for example bits.
        b: the other's, in the same order.
        bottoms: what they are counted by, for example bytes.
        clusters: as for `ratio`.
        seed: the same seed gives the same interval.
    """
    return ratio(np.asarray(a) - np.asarray(b), bottoms, clusters, seed=seed)


def difference(a: Figure, b: Figure) -> Figure:
    """`a` less `b` for figures of two independent samples, from their intervals alone.

    Zou and Donner (2008), "Construction of confidence limits about effect measures"; with two shares it is
    Newcombe's (1998) method 10. The difference is larger than chance if 0 is outside of the interval.
    """
    value = a.value - b.value
    return Figure(
        value=value,
        low=value - math.hypot(a.value - a.low, b.high - b.value),
        high=value + math.hypot(a.high - a.value, b.value - b.low),
        count=min(a.count, b.count),
    )


def chance(difference: Figure) -> float:
    """The two-sided p-value that a difference is 0, from its interval as if it were a normal one."""
    value = difference.value
    toward_zero = value - difference.low if value > 0 else difference.high - value
    if not toward_zero:
        return float(value == 0)
    z = abs(value) / toward_zero * NormalDist().inv_cdf((1 + LEVEL) / 2)
    return 2 * NormalDist().cdf(-z)


def sure(differences: Sequence[Figure]) -> list[bool]:
    """Which differences are not 0: all of them together are wrong about one in at most 5 % of the cases.

    Holm (1979), "A simple sequentially rejective multiple test procedure". A single difference is sure if 0
    is outside of its interval.
    """
    chances = [chance(difference) for difference in differences]
    ascending = sorted(range(len(chances)), key=chances.__getitem__)
    result = [False] * len(chances)
    for rank, number in enumerate(ascending):
        if chances[number] > (1 - LEVEL) / (len(chances) - rank):
            break
        result[number] = True
    return result


def at_size(statistic: Callable[[NDArray[np.int64]], float], count: int, size: int, *, seed: int) -> Figure:
    """A statistic on subsets of one size: where it depends on the size, groups can still be compared.

    The value is the mean over subsets drawn without replacement, the interval holds 95 % of them. With
    half of the posts in a subset it is as wide as sampling makes it, with fewer wider (Politis, Romano and
    Wolf 1999, "Subsampling"; Shao and Wu 1989 on half-samples).

    Args:
        statistic: of positions, in random order.
        count: how many there are to draw from.
        size: how many to draw, at most `count`.
        seed: the same seed gives the same subsets.
    """
    rng = np.random.default_rng(seed)
    values = [statistic(rng.permutation(count)[:size]) for _ in range(SUBSETS)]
    return of_draws(float(np.mean(values)), values, count)


def of_draws(value: float, draws: Sequence[float], count: int) -> Figure:
    """A value with the interval that holds 95 % of the draws."""
    low, high = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Figure(value=value, low=min(value, float(low)), high=max(value, float(high)), count=count)
