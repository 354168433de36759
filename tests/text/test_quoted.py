"""Other people's posts inside a text are cut, the author's own words stay."""

from __future__ import annotations

import pytest

from huggingtweets.cleaning import clean
from huggingtweets.text.quoted import is_repost, without_quoted_posts
from huggingtweets.types import Reason
from tests.conftest import post


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("so very true RT @bob: their words", "so very true"),
        ("so very true RT: @bob: their words", "so very true"),
        ("so very true rt @bob their words", "so very true"),
        ("so very true MT @bob: their words", "so very true"),
        ("so very true \u267b\ufe0f @bob: their words", "so very true"),
        ("so very true {RT @bob: their words", "so very true"),
        ("so very true (RT @bob: their words)", "so very true"),
        ("so very true {RT @bob: their words} and more", "so very true and more"),
        ("one [RT @bob: x] two [RT @eve: y] three", "one two three"),
        ("so very true \u201c@bob: their words\u201d", "so very true"),
        ('so very true "@bob: their words"', "so very true"),
        ("so very true \u201e@bob: their words\u201c", "so very true"),
        ("so very true \u00ab @bob : their words \u00bb", "so very true"),
        ("so very true \u00ab\u00a0@bob\u00a0: their words\u00a0\u00bb", "so very true"),
        ("so very true \u00ab\u202f@bob\u202f: their words\u202f\u00bb", "so very true"),
        ("so very true \u2014 RT @bob: their words", "so very true"),
        ("so very true >> RT @bob: a RT @eve: b", "so very true >>"),
        ("so very true\nRT @bob: their words\nand theirs", "so very true"),
        ("so sad :( RT @bob: their words", "so sad :("),
        ("{RT @bob: their words", ""),
        ("so very true QT @bob: their words", "so very true"),
        ("so very true \uff32\uff34 \uff20bob\uff1atheir words", "so very true"),
        ("so very trueRT @bob: their words", "so very true"),
        ("so very trueMT @bob: their words", "so very true"),
        ("release RT @bob their words", "release"),
        ("so pls RT @bob: they lost their dog", "so pls"),
        ("本当にそう思いますRT @bob: their words", "本当にそう思います"),
        ("정말 그렇게 생각한다RT @bob: their words", "정말 그렇게 생각한다"),
    ],
)
def test_what_others_wrote_behind_the_authors_words_is_cut(text, own):
    """However people and apps marked it; what stands behind its brackets is the author's own again."""
    assert without_quoted_posts(text) == own


@pytest.mark.parametrize(
    "text",
    [
        "a short @bob is no repost",
        "my art @museum opens today",
        "mail me at START@bob",
        "please RT this",
        "RT if you like it, @bob",
        'she said "@bob is late"',
        "she said \u201e@bob is late\u201c",
        "she said \u00ab @bob is late \u00bb",
        "I said to @bob: come home",
        "the ART @bob made",
        "no handle RT",
        "Rt if @bob is right",
        "smart @bob knows",
        "Live from Missoula, MT @npr and a lot more to say",
        "We go LIVE at 5 CT / 4 MT @bob with the game",
        "I saw the QT @bob made",
        "please RT @bob needs our help today",
        "PLS RT @bob and all",
        "thanks for the RT @bob and all the rest",
        "an RT @bob would help",
    ],
)
def test_the_authors_own_words_stay(text):
    """A mention, a word that ends in the sign, or a call for reposts marks nothing."""
    assert without_quoted_posts(text) == text


def test_a_dataset_holds_the_comment_and_not_what_it_comments_on():
    """A comment of three words is kept without the quoted post; a shorter one is dropped."""
    cleaned = clean([post("so very true RT @bob: their words", 0), post("yes RT @bob: their words", 1)])
    assert [kept.text for kept in cleaned.posts] == ["so very true"]
    assert cleaned.funnel.dropped == {Reason.SHORT: 1}


@pytest.mark.parametrize("text", [" " * 500_000 + "@bob", "{RT @b: x}" * 50_000, "{RT @b: x" * 50_000])
def test_long_texts_take_no_time(text):
    """The search is linear, in runs of spaces and in many quoted posts: it ends."""
    assert len(without_quoted_posts(text)) <= len(text)


@pytest.mark.parametrize(
    "text",
    [
        "\u200fRT @bob: their words",
        "\u2067RT @bob: their words\u2069",
        "\u061cRT @bob their words",
        "RT \uff20bob\uff1a their words",
        "Rt @bob: their words",
        "QT @bob: their words",
        "\u201e@bob: their words\u201c",
        "\u00ab @bob : their words \u00bb",
        "Repost @bob \u30fb\u30fb\u30fb their words",
        "Repost from @bob.tea using @app \u2022\u2022\u2022 their words",
        "#Repost @bob with @get_repost \u30fb\u30fb\u30fb their words",
        "#RepostBy @bob: their words",
        "Retweeted Bob Tests (@bob): their words",
        "Posted @withregram \u2022 @bob.tea their words",
        "Posted @withrepost \u00b7 @bob their words",
    ],
)
def test_a_post_that_begins_so_repeats_anothers(text):
    """Behind marks of direction, with wide signs, and in the words of the apps of Instagram."""
    assert is_repost(text)


@pytest.mark.parametrize(
    "text",
    [
        "repost this, says @bob",
        "QT is a toolkit",
        "Rt @bob is here",
        "Posted with @bob \u2022 tea",
        "Retweeted for visibility: we need six people",
        "retweeted by accident: sorry",
    ],
)
def test_a_post_that_begins_alike_is_ones_own(text):
    """The words alone mark nothing."""
    assert not is_repost(text)


@pytest.mark.parametrize("word", ["Repost", "RT", "#repost", "via", "Posted @withrepost", "Repost @"])
@pytest.mark.parametrize("filling", [" ", "\n", "a."])
def test_a_long_beginning_takes_no_time(word, filling):
    """Whether a post repeats another's is found in one pass over its beginning."""
    assert not is_repost(f"{word}{filling * 200_000}x")
