"""The blind game."""

from __future__ import annotations

import random

import pytest
from msgspec.structs import replace

from huggingtweets.errors import UserError
from huggingtweets.evaluation import intervals
from huggingtweets.evaluation.game import pairs, score
from huggingtweets.reporting.game import sentence

REAL = [f"real {i}" for i in range(60)]
BOT = [f"bot {i}" for i in range(80)]


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


def test_a_player_who_is_always_wrong_was_fooled():
    """Who takes the bot's posts for the real ones did not guess, and did not tell them apart either."""
    drawn = pairs(REAL, BOT, count=20)
    wrong = score(drawn, ["left" if pair.real == "right" else "right" for pair in drawn], range(20))
    assert (wrong.fooled, wrong.told_apart) == (True, False)
    assert "were taken for the real ones" in sentence(wrong)
    few = score(drawn, ["left" if pair.real == "right" else "right" for pair in drawn[:9]], range(20))
    assert not few.fooled


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


@pytest.mark.slow
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
