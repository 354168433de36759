"""The blind game, and what can be expected of so many posts."""

from __future__ import annotations

import random

import pytest
from msgspec.structs import replace

from huggingtweets.dataset import sufficiency as sufficiency_module
from huggingtweets.dataset.expectation import MEASURED, LearningCurvePoint, expected_gain
from huggingtweets.dataset.sufficiency import LITTLE, TOO_LITTLE, Level, require_enough, sufficiency
from huggingtweets.errors import NotEnoughPosts, UserError
from huggingtweets.evaluation import intervals
from huggingtweets.evaluation.game import pairs, score

REAL = [f"real {i}" for i in range(60)]
BOT = [f"bot {i}" for i in range(80)]
CURVE = (
    LearningCurvePoint(posts=100, gain=0.1, low=0.05, high=0.15),
    LearningCurvePoint(posts=400, gain=0.2, low=0.18, high=0.22),
    LearningCurvePoint(posts=1600, gain=0.3, low=0.28, high=0.32),
)


def test_pairs_are_drawn_fairly():
    """Each pair has one of each, no post comes twice, and the real one is left about half of the time."""
    drawn = pairs(REAL, BOT, count=50, seed=3)
    assert len({pair.left for pair in drawn} | {pair.right for pair in drawn}) == 100
    assert all((pair.left if pair.real == "left" else pair.right) in REAL for pair in drawn)
    assert 10 < sum(pair.real == "left" for pair in drawn) < 40


def test_the_same_seed_draws_the_same_game():
    """A game can be repeated, whatever order the posts come in."""
    assert pairs(REAL, BOT, seed=1) == pairs(REAL[::-1], BOT[::-1], seed=1)
    assert pairs(REAL, BOT, seed=1) != pairs(REAL, BOT, seed=2)


def test_posts_on_both_sides_are_in_no_pair():
    """A copy of the held-out post itself can be told by nobody."""
    assert {pair.left for pair in pairs([*REAL, "both"], [*BOT, "both"], count=200)}.isdisjoint({"both"})


def test_a_perfect_player_and_a_guessing_one():
    """Always right is told apart; a coin is not."""
    drawn = pairs(REAL, BOT, count=40)
    assert score(drawn, [pair.real for pair in drawn], range(40)).told_apart
    rng = random.Random(0)
    guessed = score(drawn, [rng.choice(("left", "right")) for _ in drawn], range(40))
    assert not guessed.told_apart
    assert guessed.found.low < 0.5 < guessed.found.high


def test_a_few_right_answers_prove_nothing():
    """Three of three is no proof; the interval says so. A game may end early."""
    drawn = pairs(REAL, BOT, count=20)
    early = score(drawn, [pair.real for pair in drawn[:3]], range(20))
    assert early.found.value == 1
    assert not early.told_apart
    assert early.missing == 7


def test_under_ten_pairs_nothing_is_told_apart():
    """Nine of nine are more than chance by their interval, but too few to be a result."""
    drawn = pairs(REAL, BOT, count=20)
    nine, ten = (score(drawn, [pair.real for pair in drawn[:count]], range(20)) for count in (9, 10))
    assert (nine.told_apart, nine.missing) == (False, 1)
    assert (ten.told_apart, ten.missing) == (True, 0)


def test_games_add_up():
    """Answers of an earlier game with other posts count; what an earlier version counted is replaced."""
    drawn = pairs(REAL, BOT, count=20)
    first = score(drawn[:5], [pair.real for pair in drawn[:5]], range(5))
    both = score(drawn[5:], [pair.real for pair in drawn[5:]], range(5, 20), first)
    assert both == score(drawn, [pair.real for pair in drawn], range(20))
    assert both.seen == tuple(range(20))
    old = replace(first, seen=())
    assert score(drawn[5:], [pair.real for pair in drawn[5:]], range(5, 20), old).found.count == 15


def test_whoever_stops_when_ahead_is_not_told_apart_by_chance():
    """However long somebody guesses, and whenever they stop: at most one in twenty seems to see."""
    rng, games = random.Random(0), 400

    def seems_to_see():
        right = 0
        for count in range(1, 201):
            right += rng.random() < 0.5
            if intervals.share_at_any_time(right, count).low > 0.5:
                return True
        return False

    assert sum(seems_to_see() for _ in range(games)) <= 0.05 * games


@pytest.mark.parametrize(("hits", "count"), [(0, 1), (1, 1), (0, 20), (20, 20), (13, 20), (500, 1000)])
def test_an_interval_for_any_time_holds_the_share(hits, count):
    """It is wider than the one for a fixed number, and holds what was found."""
    at_any_time, fixed = intervals.share_at_any_time(hits, count), intervals.share(hits, count)
    assert 0 <= at_any_time.low <= fixed.low <= hits / count <= fixed.high <= at_any_time.high <= 1


@pytest.mark.parametrize(("real", "bot"), [([], BOT), (REAL, []), (["same"], ["same"])])
def test_a_game_needs_both_kinds(real, bot):
    """Nothing to draw from is one clear error."""
    with pytest.raises(UserError, match="a game needs"):
        pairs(real, bot)


@pytest.mark.parametrize("answers", [[], ["left"] * 9])
def test_answers_fit_the_pairs(answers):
    """None, or more than were shown, are refused."""
    with pytest.raises(UserError, match="answers for"):
        score(pairs(REAL, BOT, count=5), answers, range(5))


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


@pytest.mark.parametrize(
    ("characters", "level"),
    [
        (TOO_LITTLE - 1, Level.TOO_LITTLE),
        (TOO_LITTLE, Level.LITTLE),
        (LITTLE - 1, Level.LITTLE),
        (LITTLE, Level.ENOUGH),
    ],
)
def test_the_verdict_has_the_borders_of_2020(characters, level):
    """Under 6,000 characters is refused, under 40,000 warned of."""
    texts = ["x" * 100] * (characters // 100) + ["x" * (characters % 100)]
    assert sufficiency(texts).level is level
    assert sufficiency(texts).characters == characters
    if level is Level.TOO_LITTLE:
        with pytest.raises(NotEnoughPosts, match="What helps"):
            require_enough(texts)
    else:
        assert require_enough(texts) == sufficiency(texts)


def test_the_verdict_says_what_to_expect_where_it_was_measured(monkeypatch):
    """With measured curves the sentence names the gain and its interval; without, it claims nothing."""
    texts = ["x" * 100] * 400
    monkeypatch.setattr(
        sufficiency_module, "expected_gain", lambda posts, _curve: expected_gain(posts, CURVE)
    )
    assert "20% fewer bits per byte" in sufficiency(texts).text
    assert "18% to 22%" in sufficiency(texts).text
    monkeypatch.setattr(sufficiency_module, "expected_gain", lambda posts, _curve: expected_gain(posts, ()))
    assert "bits" not in sufficiency(texts).text
    assert sufficiency(texts).expected is None
    monkeypatch.undo()
    assert sufficiency(texts, "somebody/unheard-of").expected is None
