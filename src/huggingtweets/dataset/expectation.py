"""What can be expected from so many posts, by learning curves that were measured on real timelines."""

from __future__ import annotations

import math
from collections.abc import Sequence

from msgspec import Struct

from ..results import Figure


class LearningCurvePoint(Struct, frozen=True, kw_only=True):
    """One point of a learning curve: a model trained on `posts` posts.

    `gain` is how many of the base's bits per byte on held-out posts it saves, as a share of them, with the
    interval over timelines and held-out posts.
    """

    posts: int
    gain: float
    low: float
    high: float


# By number of posts: two timelines, two seeds each, starter base; benchmarks/learning_curve.py, docs/log.md.
MEASURED: tuple[LearningCurvePoint, ...] = (
    LearningCurvePoint(posts=100, gain=0.136, low=0.058, high=0.225),
    LearningCurvePoint(posts=200, gain=0.178, low=0.087, high=0.281),
    LearningCurvePoint(posts=400, gain=0.214, low=0.123, high=0.317),
    LearningCurvePoint(posts=800, gain=0.247, low=0.155, high=0.350),
    LearningCurvePoint(posts=1600, gain=0.272, low=0.181, high=0.376),
    LearningCurvePoint(posts=2516, gain=0.283, low=0.185, high=0.391),
)


def expected_gain(posts: int, curve: Sequence[LearningCurvePoint] = MEASURED) -> Figure | None:
    """The share of the base's bits per byte that training on so many posts saves.

    Between measured points it is read off a straight line over the logarithm of the posts; outside of them
    it is that of the nearest point, since nothing is known there.

    Args:
        posts: training posts, at least one.
        curve: measured points by number of posts.

    Returns:
        The gain, `count` being the posts asked for; None where nothing was measured.
    """
    if not curve:
        return None
    after = next((i for i, point in enumerate(curve) if point.posts >= posts), len(curve) - 1)
    left, right = curve[max(0, after - 1)], curve[after]
    share = _share(posts, left.posts, right.posts)
    gain, low, high = (
        a + share * (b - a)
        for a, b in ((left.gain, right.gain), (left.low, right.low), (left.high, right.high))
    )
    return Figure(value=gain, low=low, high=high, count=posts)


def _share(posts: int, left: int, right: int) -> float:
    """How far `posts` is on the way from `left` to `right`, 0 to 1, by logarithms."""
    if left == right:
        return 1.0
    return min(1.0, max(0.0, math.log(posts / left) / math.log(right / left)))
