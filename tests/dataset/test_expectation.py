"""What can be expected of so many posts."""

from __future__ import annotations

import pytest

from huggingtweets.dataset.expectation import MEASURED, LearningCurvePoint, expected_gain

CURVE = (
    LearningCurvePoint(posts=100, gain=0.1, low=0.05, high=0.15),
    LearningCurvePoint(posts=400, gain=0.2, low=0.18, high=0.22),
    LearningCurvePoint(posts=1600, gain=0.3, low=0.28, high=0.32),
)


@pytest.mark.parametrize(("posts", "gain"), [(100, 0.1), (200, 0.15), (400, 0.2), (800, 0.25), (1600, 0.3)])
def test_expectation_lies_on_the_measured_curve(posts, gain):
    """Measured points are met, and between them half of a doubling is half of the way."""
    assert expected_gain(posts, CURVE).value == pytest.approx(gain)


def test_nothing_is_expected_beyond_what_was_measured():
    """Fewer or more posts than were ever tried get the nearest measured point, not a guess."""
    assert expected_gain(1, CURVE).value == pytest.approx(0.1)
    assert expected_gain(10**6, CURVE).value == pytest.approx(0.3)
    assert expected_gain(50, CURVE[:1]).low == pytest.approx(0.05)
    assert expected_gain(500, ()) is None


def test_the_shipped_curve_is_in_order():
    """Whatever was measured of a base stands by rising number of posts, each gain inside its interval."""
    assert "starter" in MEASURED
    for curve in MEASURED.values():
        assert [point.posts for point in curve] == sorted({point.posts for point in curve})
        assert all(point.low <= point.gain <= point.high for point in curve)
