"""Estimates the gain of training on a number of posts, from learning curves measured on real timelines."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from msgspec import Struct

from ..results import Figure


class LearningCurvePoint(Struct, frozen=True, kw_only=True):
    """One point of a learning curve: a model trained on `posts` posts.

    `gain` is the reduction of bits per byte on held-out posts against the base, as a share of the base's;
    `low` and `high` are its interval over timelines and held-out posts.
    """

    posts: int
    gain: float
    low: float
    high: float


# Of the starter: two timelines, two seeds each; measured by benchmarks/learning_curve.py, see docs/log.md.
STARTER = (
    LearningCurvePoint(posts=100, gain=0.136, low=0.058, high=0.225),
    LearningCurvePoint(posts=200, gain=0.178, low=0.087, high=0.281),
    LearningCurvePoint(posts=400, gain=0.214, low=0.123, high=0.317),
    LearningCurvePoint(posts=800, gain=0.247, low=0.155, high=0.350),
    LearningCurvePoint(posts=1600, gain=0.272, low=0.181, high=0.376),
    LearningCurvePoint(posts=2516, gain=0.283, low=0.185, high=0.391),
)


# Of SmolLM2-135M: three timelines, one seed; measured by benchmarks/settings.py, see docs/log.md. Their range
# stands for the interval. The base has met posts of one of them, which gains the most.
SMOLLM2_135M = (
    LearningCurvePoint(posts=100, gain=0.218, low=0.158, high=0.335),
    LearningCurvePoint(posts=200, gain=0.241, low=0.177, high=0.368),
    LearningCurvePoint(posts=400, gain=0.258, low=0.190, high=0.392),
    LearningCurvePoint(posts=800, gain=0.265, low=0.196, high=0.399),
    LearningCurvePoint(posts=1600, gain=0.283, low=0.210, high=0.421),
)
MEASURED: Mapping[str, tuple[LearningCurvePoint, ...]] = {  # by base
    "starter": STARTER,
    "smollm2-135m": SMOLLM2_135M,
}


def expected_gain(posts: int, curve: Sequence[LearningCurvePoint]) -> Figure | None:
    """Estimate the gain of training on so many posts.

    Between two measured points the gain is interpolated linearly over the logarithm of the posts. Outside of
    the measured range it is that of the nearest point.

    Args:
        posts: number of training posts, at least one.
        curve: measured points in order of their posts.

    Returns:
        The gain with its interval, and `posts` as its count; None if the curve is empty.
    """
    if not curve:
        return None
    after = next((i for i, point in enumerate(curve) if point.posts >= posts), len(curve) - 1)
    below, above = curve[max(0, after - 1)], curve[after]
    weight = _weight(posts, below.posts, above.posts)
    gain, low, high = (
        a + weight * (b - a)
        for a, b in ((below.gain, above.gain), (below.low, above.low), (below.high, above.high))
    )
    return Figure(value=gain, low=low, high=high, count=posts)


def _weight(posts: int, below: int, above: int) -> float:
    """Return where `posts` is between `below` (0) and `above` (1), on a logarithmic scale."""
    if below == above:
        return 1.0
    return min(1.0, max(0.0, math.log(posts / below) / math.log(above / below)))
