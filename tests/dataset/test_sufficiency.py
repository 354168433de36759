"""Whether there are enough posts, and what can be expected of them, is said of each person."""

from __future__ import annotations

import pytest

from huggingtweets.dataset import sufficiency as sufficiency_module
from huggingtweets.dataset.expectation import LearningCurvePoint
from huggingtweets.dataset.sufficiency import (
    LITTLE,
    TOO_LITTLE,
    Level,
    describe_sufficiency,
    require_enough,
    sufficiency,
)
from huggingtweets.errors import NotEnoughPosts

MANY, FEW = ["the lamp was lit at seven, and the gull sat on the rail"] * 2000, ["a letter for you"] * 33


def test_each_of_several_people_is_judged():
    """One with much does not hide one with little: each has a sentence, with the handle first."""
    much, little = describe_sufficiency([("ada", MANY), ("bob", FEW)])
    assert much.startswith("@ada: 2,000 posts")
    assert "enough." in much
    assert little.startswith("@bob: 33 posts")
    assert "that a voice needs" in little


def test_one_person_needs_no_name():
    """Of one the sentence is as it was."""
    (sentence,) = describe_sufficiency([("ada", MANY)])
    assert sentence.startswith("2,000 posts")


def test_one_post_is_said_in_the_singular():
    """One post is left, and two posts are left."""
    assert describe_sufficiency([("ada", FEW[:1])])[0].startswith(
        "1 post with 16 bytes of text is left to learn from"
    )
    assert describe_sufficiency([("ada", FEW[:2])])[0].startswith(
        "2 posts with 32 bytes of text are left to learn from"
    )


def test_of_hundreds_it_is_said_how_many_have_little():
    """One sentence is enough for all: nobody reads five hundred."""
    (sentence,) = describe_sufficiency([(f"person{n}", MANY if n % 2 else FEW) for n in range(100)])
    assert sentence.startswith("101,650 posts of 100 people")
    assert "50 of these have under" in sentence


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
    point = LearningCurvePoint(posts=400, gain=0.2, low=0.18, high=0.22)
    monkeypatch.setattr(sufficiency_module, "MEASURED", {"a-base": [point]})
    assert "20% fewer bits per byte" in sufficiency(texts, "a-base").text
    assert "18% to 22%" in sufficiency(texts, "a-base").text
    assert "bits" not in sufficiency(texts, "somebody/unheard-of").text
    assert sufficiency(texts, "somebody/unheard-of").expected is None


def test_too_little_is_said_in_the_unit_of_the_limit():
    """Three bytes are one character of Japanese: characters say nothing of how far it is to the limit."""
    few = r"50 posts with 1,500 bytes of text are left to learn from, under the 6,000 bytes"
    with pytest.raises(NotEnoughPosts, match=few):
        require_enough(["かもめが鳴いた朝だね"] * 50)
