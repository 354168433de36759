"""What others wrote and a person only passed on counts as a repost, however a table says so."""

from __future__ import annotations

import json

import pytest

from huggingtweets import sources
from huggingtweets.sources import ReadOptions
from huggingtweets.types import PostKind


def kinds(tmp_path, records):
    path = tmp_path / "posts.json"
    path.write_text(json.dumps(records), encoding="utf-8")
    return [post.kind for post in sources.read(str(path), ReadOptions(name="Ada", handle="ada")).posts]


@pytest.mark.parametrize(
    ("field", "own", "passed_on"),
    [
        ("retweeted_by", None, "ada"),
        ("retweet_of", "", "9"),
        ("rt", "no", "yes"),
        ("RetweetedUser", None, "bob"),
        ("retweeted_screen_name", None, "bob"),
        ("referenced_tweets.retweeted.id", "", "9"),
        ("referenced_tweets.0.type", "replied_to", "retweeted"),
        ("post_kind", "post", "reshare"),
        ("action", "tweet", "retweet"),
        ("reason", None, {"$type": "app.bsky.feed.defs#reasonRepost"}),
        ("是否转发", "否", "是"),
        ("是否原创", "是", "否"),
        ("isOriginal", "true", "false"),
        ("original_author", "ada", "bob"),
        ("crosspost_parent", None, "t3_x"),
        ("retweeted_status.text", "", "their words"),
    ],
)
def test_a_field_that_says_whose_a_post_was_makes_a_repost(tmp_path, field, own, passed_on):
    """By the words of its name, in any spelling; the same field of an own post makes none."""
    records = [{"text": "my kettle sings", field: own}, {"text": "their words", field: passed_on}]
    first, second = kinds(tmp_path, records)
    assert first is not PostKind.REPOST
    assert second is PostKind.REPOST


@pytest.mark.parametrize("field", ["retweet_count", "retweeted", "repost_time", "is_original_art"])
def test_other_fields_about_reposts_make_none(tmp_path, field):
    """How often others passed a post on, and whether they did, does not make it theirs."""
    records = [{"text": "my kettle sings", field: 7}, {"text": "my spoon sings", field: 12}]
    assert kinds(tmp_path, records) == [PostKind.ORIGINAL] * 2


@pytest.mark.parametrize(
    "text", ["#RT @bob their words", ".RT @bob: their words", "🔄 Bob reposted: their words"]
)
def test_a_repost_is_known_by_its_beginning(tmp_path, text):
    """Signs before RT, and the words that apps put above a post, begin a repost."""
    assert kinds(tmp_path, [{"text": text}, {"text": "my kettle sings"}]) == [
        PostKind.REPOST,
        PostKind.ORIGINAL,
    ]


WEIBO = {"bid": "Nx1", "attitudes_count": 3, "screen_name": "ada"}
REPEATED = {"bid": "Qx2", "screen_name": "bob", "text": "xyzzy their words"}


@pytest.mark.parametrize("field", ["retweet", "retweeted_status"])
@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("my own words", ["my own words"]),
        ("my own words//@eve:xyzzy other words", ["my own words"]),
        ("转发微博", []),
        ("Repost", []),
        ("//@eve:xyzzy other words", []),
        ("xyzzy their words", []),
        ("", []),
    ],
)
def test_own_words_before_a_repost_of_weibo_are_read(tmp_path, field, text, own):
    """What is behind them, what it writes where there are none, and the text that is repeated are not."""
    path = tmp_path / "posts.json"
    posts = [{"id": 1, **WEIBO, "text": "so it is"}, {"id": 2, **WEIBO, "text": text, field: REPEATED}]
    path.write_text(json.dumps({"weibo": posts}), encoding="utf-8")
    read = [post for post in sources.read(str(path)).posts if post.kind is not PostKind.REPOST]
    assert [post.text for post in read] == ["so it is", *own]


def test_the_text_of_a_repost_of_another_place_is_the_repeated_one(tmp_path):
    """It may be cut or written in another way, so it is not compared."""
    path = tmp_path / "posts.json"
    record = {"author": "ada", "text": "xyzzy, their w…", "retweet": REPEATED}
    path.write_text(json.dumps([record, {"author": "ada", "text": "so it is"}]), encoding="utf-8")
    kinds = [post.kind for post in sources.read(str(path)).posts]
    assert kinds == [PostKind.REPOST, PostKind.ORIGINAL]
