"""What can be expected from so many posts, by learning curves that were measured on real timelines."""

from __future__ import annotations

import math
from collections.abc import Sequence

from msgspec import Struct

from ..figures import Figure


class Measured(Struct, frozen=True, kw_only=True):
    """One point of a learning curve: a model trained on `posts` posts.

    `gain` is how many of the base's bits per byte on held-out posts it saves, as a share of them, with the
    interval over timelines and held-out posts.
    """

    posts: int
    gain: float
    low: float
    high: float


MEASURED: tuple[Measured, ...] = ()  # by number of posts; filled from benchmarks/learning_curve.py


def expected_gain(posts: int, curve: Sequence[Measured] = MEASURED) -> Figure | None:
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
