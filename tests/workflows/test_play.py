"""Real or bot: played in a terminal, counted in the report, and nothing of the posts is left behind."""

from __future__ import annotations

import itertools
import json
import shutil
import signal

import pytest
from msgspec.structs import replace

from huggingtweets import evaluate
from huggingtweets.dataset import load_stored
from huggingtweets.errors import ModelError, OutputExists, UserError
from huggingtweets.generation.text_generator import TextGenerator
from huggingtweets.model_folder import ModelFolder
from huggingtweets.types import Sampling
from huggingtweets.workflows import play as play_module
from huggingtweets.workflows.play import deal, play
from tests.helpers.commands import begin


@pytest.fixture
def own(ngram_model, tmp_path):
    """A copy of a model that a game may change."""
    return shutil.copytree(ngram_model, tmp_path / "own")


@pytest.fixture
def start(own):
    """Begins a game of so many rounds in a process of its own, as a user does."""

    def started(*arguments, rounds=6):
        seed = ("--seed", "1")  # without one no game is like another
        return begin("play", own, "--rounds", rounds, *seed, *arguments)

    return started


def test_a_game_from_piped_answers(start, own):
    """Answers can be piped; the score and its interval are shown, and stand in the report."""
    process = start(rounds=12)
    shown, complaints = process.communicate("1\n2\nperhaps\n1\n1\n2\n1\n" + "2\n" * 6)
    assert process.returncode == 0, complaints
    assert "12 of 12: which one is real?" in shown
    assert complaints.count("press 1 or 2") == 1
    game = json.loads((own / "report.json").read_bytes())["game"]
    assert game["found"]["count"] == 12
    assert f"found in {game['found']['value']:.0%} of 12 pairs" in shown
    page = (own / "report.html").read_text("utf-8")
    assert page.count("Somebody was shown 12 pairs") == 1
    assert "Nobody was asked" not in page


def test_a_pair_or_two_are_no_evidence(start, own):
    """Under ten pairs neither the terminal nor the report gives a share; the pairs count in later games."""
    process = start(rounds=1)
    shown, complaints = process.communicate("1\n")
    assert process.returncode == 0, complaints
    assert "1 pair answered so far, which says nothing yet: 9 more are needed." in shown
    assert "%" not in shown.partition("answered so far")[2]
    page = (own / "report.html").read_text("utf-8")
    assert "Somebody was shown 1 pair, which says nothing yet; from 10 pairs on" in page
    table = deal(own, rounds=9)
    assert play(table, ["left"] * 9).found.count == 10
    page = (own / "report.html").read_text("utf-8")
    assert "Somebody was shown 10 pairs, a real post" in page
    assert "says nothing yet" not in page


def test_real_posts_are_shown_and_never_written(start, own):
    """Held-out posts appear on the terminal only; no file of the folder gains one."""
    posts = [post.text for post in load_stored(ModelFolder(own).record.dataset_digest).held_out]
    shown, complaints = start("--json").communicate("1\n" * 6)
    assert json.loads(shown)["found"]["count"] == 6
    assert sum(text in complaints for text in posts) == 6
    for path in own.iterdir():
        assert not [text for text in posts if text.encode() in path.read_bytes()], path.name


def test_ctrl_c_keeps_what_was_played(start, own):
    """Whoever stops after two rounds has a score of two rounds."""
    process = start()
    process.stdin.write("1\n1\n")
    process.stdin.flush()
    for line in process.stdout:
        if line.startswith("3 of "):
            break
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate()
    assert process.returncode == 0
    assert "2 pairs answered so far" in rest
    assert json.loads((own / "report.json").read_bytes())["game"]["found"]["count"] == 2


def test_a_game_that_nobody_plays_is_a_mistake(start, own):
    """Without an answer nothing is counted, and the report stays as it was."""
    before = (own / "report.json").read_bytes()
    process = start()
    _, complaints = process.communicate("")
    assert process.returncode == 2
    assert "nothing was answered" in complaints
    assert (own / "report.json").read_bytes() == before


def test_the_same_seed_deals_the_same_game(own):
    """A game can be repeated; every pair has one real post."""
    table = deal(own, rounds=5, seed=1)
    assert table == deal(own, rounds=5, seed=1)
    assert table.pairs != deal(own, rounds=5, seed=2).pairs
    real = {post.text for post in load_stored(ModelFolder(own).record.dataset_digest).held_out}
    assert all({pair.left in real, pair.right in real} == {True, False} for pair in table.pairs)


def test_a_new_evaluation_keeps_the_game(own):
    """What people found is not undone by measuring again, and stands in the new page."""
    table = deal(own, rounds=5)
    played = play(table, ["left"] * 5)
    assert evaluate(own, count=20).evaluation.game == played
    assert "Somebody was shown 5 pairs" in (own / "report.html").read_text("utf-8")


def test_only_an_evaluated_model_can_be_played_with(own):
    """Without a report there is no place for the result, and the error says how to get one."""
    (own / "report.json").unlink()
    with pytest.raises(ModelError, match="run huggingtweets evaluate"):
        deal(own)
    with pytest.raises(ModelError, match="holds no model"):
        deal(own / "run.json")


def test_answers_that_do_not_fit_are_refused(own):
    """No answers, or more than pairs, change nothing."""
    with pytest.raises(UserError, match="answers for"):
        play(deal(own, rounds=2), [])


def test_a_game_deals_other_posts_each_time(own):
    """Without a seed each game is another, and a held-out post that was answered is not dealt again."""
    first = deal(own, rounds=4)
    assert first.pairs != deal(own, rounds=4).pairs
    play(first, ["left"] * 3)
    rest = deal(own, rounds=500)
    assert set(rest.positions).isdisjoint(first.positions[:3])
    game = play(rest, ["left"] * len(rest.pairs))
    assert game.found.count == 3 + len(rest.pairs)


def test_a_game_has_all_its_rounds_though_the_model_repeats_itself(own):
    """A post that the model writes twice is replaced by another; with seed 4 it writes one twice."""
    assert [len(deal(own, rounds=12, seed=seed).pairs) for seed in (3, 4, 5)] == [12, 12, 12]


def test_a_game_ends_when_all_posts_were_shown(own):
    """There is nothing to guess about posts that are known, and the error says so."""
    while len((dealt := deal(own, rounds=500)).pairs):
        play(dealt, ["left"] * len(dealt.pairs))
        if len(dealt.pairs) == len(load_stored(ModelFolder(own).record.dataset_digest).held_out):
            break
    with pytest.raises(UserError, match="each counts once"):
        deal(own)


def test_both_sides_pass_the_same_filters(own, monkeypatch):
    """A real post that shows a stranger's handle would give itself away, since the model may show none."""
    data = load_stored(ModelFolder(own).record.dataset_digest)
    posts = [
        replace(post, text=f"see you at {n} @somebody_else") if n % 2 else post
        for n, post in enumerate(data.held_out)
    ]
    monkeypatch.setattr(play_module, "posts_of", lambda _: replace(data, held_out=tuple(posts)))
    dealt = deal(own, rounds=500)
    assert dealt.pairs
    assert not [pair for pair in dealt.pairs if "@" in pair.left + pair.right]


class OftenSilent(TextGenerator):
    """A model every second post of which is empty."""

    sampling = Sampling()

    def sampler(self, _request):
        """See `TextGenerator`."""
        numbers = itertools.count()

        def sample(count):
            drawn = itertools.islice(numbers, count)
            yield [f"a lamp of {number} candles" if number % 2 else "" for number in drawn], True

        return sample


def test_no_empty_post_is_dealt(own, monkeypatch):
    """It would give the bot away, and nobody would post it."""
    monkeypatch.setattr(play_module.models, "load_generator", lambda _: OftenSilent())
    dealt = deal(own, rounds=6)
    assert len(dealt.pairs) == 6
    assert all(pair.left and pair.right for pair in dealt.pairs)


@pytest.mark.parametrize("work", [deal, evaluate])
def test_a_folder_that_cannot_be_written_is_said_before_the_work(work, own, monkeypatch):
    """The answers of a game and the figures of an evaluation would be lost at its end."""
    monkeypatch.setattr("os.access", lambda *_: False)  # to root everything is open
    with pytest.raises(OutputExists, match=r"nothing can be written in .*own"):
        work(own)
