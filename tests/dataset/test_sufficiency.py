"""Whether there are enough posts is said of each person."""

from __future__ import annotations

from huggingtweets.dataset.sufficiency import for_each

MANY, FEW = ["the lamp was lit at seven, and the gull sat on the rail"] * 2000, ["a letter for you"] * 33


def test_each_of_several_people_is_judged():
    """One with much does not hide one with little: each has a sentence, with the handle first."""
    much, little = for_each([("ada", MANY), ("bob", FEW)])
    assert much.startswith("@ada: 2,000 posts")
    assert "enough." in much
    assert little.startswith("@bob: 33 posts")
    assert "that a voice needs" in little


def test_one_person_needs_no_name():
    """Of one the sentence is as it was."""
    (sentence,) = for_each([("ada", MANY)])
    assert sentence.startswith("2,000 posts")


def test_one_post_is_said_in_the_singular():
    """One post is left, and two posts are left."""
    assert for_each([("ada", FEW[:1])])[0].startswith("1 post with 16 characters is left to learn from")
    assert for_each([("ada", FEW[:2])])[0].startswith("2 posts with 32 characters are left to learn from")


def test_of_hundreds_it_is_said_how_many_have_little():
    """One sentence is enough for all: nobody reads five hundred."""
    (sentence,) = for_each([(f"person{n}", MANY if n % 2 else FEW) for n in range(100)])
    assert sentence.startswith("101,650 posts of 100 people")
    assert "50 of these have under" in sentence
