"""What the page says of a game of real or bot when it is counted."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

pytest.importorskip("gradio", reason="gradio is not installed")

from huggingtweets.app.games import Games
from huggingtweets.app.language import speaking
from huggingtweets.app.tabs import game_view
from huggingtweets.evaluation.intervals import share_at_any_time
from huggingtweets.results import Game


@pytest.mark.parametrize("count", [1, 9])
def test_too_few_pairs_get_no_share(count):
    """A person with few held-out posts is told what the report says: that so few pairs say nothing yet."""
    game = Game(found=share_at_any_time(count, count), told_apart=False)
    shown = game_view.result(game)
    assert "So few pairs say nothing yet." in shown
    assert f"In all, {count} pair{'s were' if count > 1 else ' was'} answered. From 10 pairs on" in shown
    assert "%" not in shown
    assert "It stands in the report now" not in shown
    with speaking("de"):
        assert "sagen noch nichts" in game_view.result(game)


def test_enough_pairs_get_one():
    """From ten on the share is shown, which the report has, too."""
    game = Game(found=share_at_any_time(10, 10), told_apart=True)
    assert "100%" in game_view.result(game)


def test_two_folders_of_the_same_weights_have_games_of_their_own(tmp_path):
    """The answers of a game are written into the folder that it was dealt from."""
    session = SimpleNamespace(root=tmp_path)
    record = SimpleNamespace(model_digest="0123")
    one, copy = (SimpleNamespace(path=tmp_path / name, record=record) for name in ("one", "copy"))
    games = Games()
    games.put(session, one, "the game of one")
    assert games.get(session, one) == "the game of one"
    assert games.get(session, copy) is None
