"""A person's several places are one person, when the user says so."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest

from huggingtweets import CleaningRules, DataConfig, TrainConfig, inspect, load_recipe, train
from huggingtweets.progress import Silence
from huggingtweets.types import Reason
from huggingtweets.workflows.data import build_dataset, read
from huggingtweets.workflows.forget import find_traces, forget
from tests.helpers.archive_builder import HANDLE, note, tweet, write_zip

WORDS = (
    "kettle",
    "harbour",
    "train",
    "heron",
    "spoon",
    "garden",
    "letter",
    "bench",
    "oven",
    "trombone",
    "library",
)


def places(tmp_path):
    """Write two tables of one person: half of the posts of the second repeat the first, a day later."""
    random = Random(0)
    texts = [f"{' '.join(random.sample(WORDS, 10))} {n}" for n in range(90)]
    first = [(f"2024-01-{1 + n // 3:02}", text) for n, text in enumerate(texts[:60])]
    second = [(f"2024-01-{2 + n // 3:02}", text) for n, text in enumerate(texts[30:], start=30)]
    for handle, posts in (("ada", first), ("ada@example.social", second)):
        user = f"@{handle}"  # as Mastodon writes it; without the sign it would be an e-mail address
        rows = [{"id": n, "user": user, "text": text, "date": day} for n, (day, text) in enumerate(posts)]
        (tmp_path / f"{handle}.json").write_text(json.dumps(rows))
    return tuple(str(tmp_path / f"{handle}.json") for handle in ("ada", "ada@example.social"))


def test_two_places_are_two_people_unless_the_user_says_so(tmp_path):
    """Without the option there are two authors; with it one, whose cross-posts count once."""
    locations = places(tmp_path)
    two = inspect(DataConfig(locations=locations))
    [one] = inspect(DataConfig(locations=locations, same_person=True))
    assert [found.author.account.handle for found in two] == ["ada", "ada@example.social"]
    assert one.author.account.handle == "ada"
    assert (one.author.cleaned.funnel.read, one.author.cleaned.funnel.kept) == (120, 90)


@pytest.mark.parametrize("handle", ["ada", "ada@example.social"])
def test_a_person_is_forgotten_by_any_of_their_handles(handle, tmp_path, home, monkeypatch):
    """Posts, models and what was fetched of both places go, and nothing that is published names the other."""
    monkeypatch.chdir(tmp_path)
    places(tmp_path)
    data = DataConfig(locations=("ada.json", "ada@example.social.json"), same_person=True)
    made = train(
        TrainConfig(data=data, recipe=load_recipe("ngram", []), out=Path("m"), tracker="none", evaluate=False)
    )
    assert not [file.name for file in made.path.iterdir() if b"example.social" in file.read_bytes()]
    (home / "fetched").mkdir()
    for name in ("bluesky-ada", "mastodon-ada@example.social", "mastodon-bob@example.social"):
        (home / "fetched" / f"{name}-{'0' * 16}.sqlite").write_bytes(b"posts")
    forget(find_traces(handle, [tmp_path]))
    assert not made.path.exists()
    left = [path for path in home.rglob("*") if path.is_file() and path.suffix != ".lock"]
    assert [path.name for path in left] == [f"mastodon-bob@example.social-{'0' * 16}.sqlite"]
    assert find_traces(handle, [tmp_path]).local == ()


def test_no_post_is_held_out_and_learnt(tmp_path):
    """All places have one cut-off in time, and no held-out post is in training under another handle."""
    config = DataConfig(locations=places(tmp_path), same_person=True)
    dataset = build_dataset(read(config, Silence()), 0.1)
    train, held_out = ({post.text for post in side} for side in (dataset.train, dataset.held_out))
    assert held_out
    assert train.isdisjoint(held_out)
    assert max(post.created_at for post in dataset.train) <= min(post.created_at for post in dataset.held_out)
    assert {post.author for post in (*dataset.train, *dataset.held_out)} == {"ada"}
    assert len({post.id for post in (*dataset.train, *dataset.held_out)}) == 90


def test_two_tables_of_one_handle_share_no_ids(tmp_path):
    """Tables that count their rows give one id to two posts: none is lost, and no thread joins them."""
    first, second = (Path(place) for place in places(tmp_path))
    second.write_text(second.read_text().replace("@ada@example.social", "@ada"))
    [ada] = read(DataConfig(locations=(str(first), str(second))), Silence())
    dataset = build_dataset([ada], 0.1)
    posts = (*dataset.train, *dataset.held_out)
    assert len({post.id for post in posts}) == len(posts) == 90
    assert max(post.created_at for post in dataset.train) <= min(post.created_at for post in dataset.held_out)


def test_two_spellings_of_a_handle_are_one_author(tmp_path):
    """All posts are by the first spelling, so that a model of several has one token for this person."""
    first, second = (Path(place) for place in places(tmp_path))
    second.write_text(second.read_text().replace("@ada@example.social", "@ADA"))
    [ada] = read(DataConfig(locations=(str(first), str(second))), Silence())
    assert {post.author for post in ada.cleaned.posts} == {"ada"}
    assert ada.cleaned.funnel.kept == 90


def test_a_post_that_is_taken_out_stays_out_in_another_archive(tmp_path):
    """Where one archive has it cut and another whole, its id is the same, and no later one brings it back."""
    whole = "the kettle sings " + " ".join(f"on day {n * n} and" for n in range(90))
    posts = [tweet(n, f"post number {n} of the kettle") for n in range(3)]
    cut = tweet(9, f"{whole[:270]}…")
    moment = "2018-10-10T20:19:24.000Z"  # of each post
    old = write_zip(tmp_path / "old.zip", [*posts, cut])
    new = write_zip(tmp_path / "new.zip", [*posts, cut], notes=[note(moment, whole)])
    for taken in ("9", f"{HANDLE}/9"):
        rules = CleaningRules(exclude=frozenset({taken}))
        [ada] = read(DataConfig(locations=(str(old), str(new)), rules=rules), Silence())
        assert not [post for post in ada.cleaned.posts if post.text.startswith("the kettle sings")]
        assert ada.cleaned.funnel.dropped[Reason.EXCLUDED] == 2
