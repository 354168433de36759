"""Intervals hold what they say, and agree with second implementations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from huggingtweets.evaluation import intervals
from huggingtweets.results import Figure


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_a_share_has_wilsons_interval(counts):
    """The interval of a share is that of a second implementation, also where none or all hit."""
    hits, count = counts
    expected = binomtest(hits, count).proportion_ci(method="wilson")
    figure = intervals.share(hits, count)
    assert (figure.low, figure.high) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert figure.low <= figure.value <= figure.high


def test_the_bootstrap_agrees_with_the_standard_error_of_a_mean():
    """For a mean, theory says how wide the interval is."""
    values = np.random.default_rng(0).normal(3, 2, 400)
    figure = intervals.mean(values, seed=1)
    assert figure.value == pytest.approx(values.mean())
    assert figure.high - figure.low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.1)
    assert figure.count == 400


def test_the_bootstrap_covers_the_truth_about_as_often_as_it_says():
    """Of many samples, about 95 % have the true mean inside their interval."""
    rng = np.random.default_rng(0)
    figures = [intervals.mean(rng.exponential(1, 100), seed=i) for i in range(300)]
    assert 0.9 <= np.mean([f.low <= 1 <= f.high for f in figures]) <= 0.98


def test_the_same_seed_gives_the_same_interval():
    """A report can be made again; another seed draws anew."""
    values = np.arange(50.0)
    assert intervals.mean(values, seed=1) == intervals.mean(values, seed=1)
    assert intervals.mean(values, seed=1) != intervals.mean(values, seed=2)


def test_a_ratio_is_sum_over_sum():
    """Long posts weigh more: bits per byte are no mean of means."""
    figure = intervals.ratio([2.0, 30.0], [1.0, 30.0], seed=0)
    assert figure.value == pytest.approx(32 / 31)
    assert (figure.low, figure.high) == pytest.approx((1, 2))


def test_posts_that_count_nothing_take_no_interval_away():
    """Of few posts with words in them, the share of invented words is as unsure as these few make it."""
    figure = intervals.ratio([0, 5, 10] + [0] * 13, [10, 10, 10] + [0] * 13, seed=0)
    assert figure.value == pytest.approx(0.5)
    assert (figure.low, figure.high) == pytest.approx((0, 1))
    assert figure.count == 16


def test_none_of_few_is_no_proof_that_there_are_none():
    """No repeated pair in 16 posts says little of a model with 5 in 64, and enough of one with 1 in 10."""
    none = intervals.pooled_share([0] * 16, [10] * 16, seed=0)
    assert (none.value, none.low, none.count) == (0, 0, 16)
    assert not intervals.pooled_share([1] * 5 + [0] * 59, [10] * 64, seed=0).above(none)
    assert intervals.pooled_share([1] * 64, [10] * 64, seed=0).above(none)
    assert intervals.pooled_share([1] + [0] * 15, [10] * 16, seed=0).high >= none.high
    every = intervals.pooled_share([10] * 16, [10] * 16, seed=0)
    assert (every.low, every.high) == pytest.approx((1 - none.high, 1))


def test_words_of_one_post_count_as_fewer():
    """Of none among as many words, few long posts say less than many short ones, and never nothing."""
    lengths = [[1] * 640, [10] * 64, [40] * 16, [640]]
    highs = [intervals.pooled_share(np.zeros(len(each)), each, seed=0).high for each in lengths]
    assert highs == sorted(highs)
    assert highs[0] == pytest.approx(intervals.share(0, 640).high)
    assert highs[-1] < intervals.share(0, 5).high


def test_the_interval_of_a_rare_word_covers_the_truth():
    """Of samples in which one word of 250 hits, as many in one post as in another, 95 % cover that share."""
    rng = np.random.default_rng(0)
    figures = [intervals.pooled_share(rng.binomial(10, 0.004, 16), [10] * 16, seed=i) for i in range(200)]
    assert np.mean([f.low <= 0.004 <= f.high for f in figures]) >= 0.95


def test_pairs_see_what_separate_intervals_cannot():
    """Where every post is a little harder for one model, only the paired difference is sure of it."""
    rng = np.random.default_rng(0)
    a, lengths = rng.gamma(2, 100, 200), np.full(200, 100.0)
    b = a + rng.normal(3, 2, 200)
    separate = intervals.difference(intervals.ratio(b, lengths, seed=0), intervals.ratio(a, lengths, seed=0))
    paired = intervals.paired_difference(b, a, lengths, seed=0)
    assert separate.low < 0 < paired.low
    assert paired.value == pytest.approx(separate.value)


def test_the_difference_of_two_shares_is_newcombes():
    """Newcombe's worked example: 56/70 less 48/80 lies between 0.0524 and 0.3339."""
    figure = intervals.difference(intervals.share(56, 70), intervals.share(48, 80))
    assert (figure.value, figure.low, figure.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)


def test_subsets_of_half_are_as_wide_as_sampling_makes_them():
    """For a mean, half-samples give the interval that theory gives."""
    values = np.random.default_rng(0).normal(0, 1, 400)
    figure = intervals.at_size(lambda at: float(values[at].mean()), 400, 200, seed=0)
    assert figure.high - figure.low == pytest.approx(2 * 1.96 / 20, rel=0.2)


def test_equal_values_have_an_interval_of_no_width():
    """A model that always gives the same is certain, not undefined."""
    assert intervals.mean([0.5] * 20, seed=0) == Figure(value=0.5, low=0.5, high=0.5, count=20)


def test_of_many_differences_none_is_sure_by_chance():
    """Twenty differences that are none: in about one of twenty evaluations one of them is called sure."""
    rng, evaluations = np.random.default_rng(0), 400

    def difference():
        value = rng.normal()
        return Figure(value=value, low=value - 1.96, high=value + 1.96, count=100)

    wrong = sum(any(intervals.sure([difference() for _ in range(20)])) for _ in range(evaluations))
    assert wrong <= 0.08 * evaluations


@pytest.mark.parametrize(
    ("value", "low", "expected"), [(0.3, 0.01, True), (0.3, -0.01, False), (0.0, -1.0, False)]
)
def test_a_single_difference_is_sure_where_its_interval_leaves_zero(value, low, expected):
    """Nothing is corrected for one; a large difference is sure among many."""
    difference = Figure(value=value, low=low, high=2 * value - low, count=9)
    assert intervals.sure([difference]) == [expected]
    large = Figure(value=-9.0, low=-10.0, high=-8.0, count=9)
    assert intervals.sure([difference] * 9 + [large])[-1]


def test_posts_of_a_day_are_drawn_together():
    """Where a day's posts are alike, there is less to know from them than from as many of different days."""
    days = np.repeat(np.arange(30), 10)
    bits = np.repeat(np.random.default_rng(0).normal(100, 20, 30), 10)
    alone, together = (intervals.ratio(bits, np.full(300, 50), each, seed=0) for each in ((), days))
    assert together.value == pytest.approx(alone.value)
    assert together.high - together.low > 2 * (alone.high - alone.low)
    assert together.count == alone.count == 300
    few = intervals.ratio(bits, np.full(300, 50), days % 3, seed=0)
    assert few == alone  # three days say nothing about days
