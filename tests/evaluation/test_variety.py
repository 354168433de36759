"""Variety, against second implementations and cases worked out by hand."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon

from huggingtweets.evaluation.habits import distance
from huggingtweets.evaluation.profiles import PROFILES
from huggingtweets.evaluation.questions import variety
from huggingtweets.evaluation.questions.variety import Variety
from huggingtweets.evaluation.self_bleu import self_bleu
from huggingtweets.results import MODEL, OWN, common
from huggingtweets.results.drawings import ReportContext
from huggingtweets.text import signs, words
from tests.helpers.measuring import material
from tests.helpers.people import sample, shuffled

HISTOGRAM = st.lists(st.integers(0, 50), min_size=5, max_size=5).filter(any)


def classes(name, text):
    profile = next(profile for profile in PROFILES if profile.name == name)
    return {
        label: count
        for label, count in zip(profile.labels, profile.table([text])[0].tolist(), strict=True)
        if count
    }


@given(HISTOGRAM, HISTOGRAM)
def test_the_distance_is_that_of_a_second_implementation(a, b):
    """Jensen-Shannon distance in base 2, symmetric, 0 to 1."""
    value = distance(np.array(a), np.array(b))
    assert value == pytest.approx(jensenshannon(a, b, base=2), abs=1e-7)
    assert 0 <= value <= 1 + 1e-9


def test_self_bleu_worked_out_by_hand():
    """Equal posts have 1, a post that shares nothing what smoothing leaves, a cut post its brevity."""
    scores = self_bleu([list("abcd"), list("abcd"), list("efgh"), list("abc")])
    assert scores[:2] == pytest.approx([1, 1])
    assert scores[2] == pytest.approx((0.1**4 / (4 * 3 * 2 * 1)) ** (1 / 4))
    assert scores[3] == pytest.approx(np.exp(1 - 4 / 3))  # all its words match, but the nearest has four


def test_self_bleu_counts_no_word_more_often_than_one_other_post_has_it():
    """Counts are clipped by the highest count in one other post, as in BLEU."""
    scores = self_bleu([list("aa"), list("ab"), list("ba")])
    assert scores[0] == pytest.approx(np.sqrt((1 / 2) * 0.1 / 1))


def test_distinct_worked_out_by_hand():
    """Ten different words in ten posts of two: half of what is looked at is what it should be."""
    posts = ["one two", "three four", "five six", "seven eight", "nine ten"] * 4
    answer = variety.measure(material(posts, {MODEL: posts, OWN: [f"w{i} v{i}" for i in range(20)]}), seed=0)
    assert answer.sizes == {1: 20, 2: 0, 3: 0}  # too few pairs of words to look at any
    assert answer.distinct[1].ceiling.value == 1
    assert answer.distinct[1].model.value < 0.5 + 0.1
    assert "too few runs of 2 words" in answer.distinct[2].unknown


def test_how_much_is_looked_at_changes_no_order():
    """More posts of the same kind are not less varied, as plain distinct-n would say."""
    train, _ = sample()
    answer = variety.measure(material(train, {MODEL: train[:500], OWN: train[:100]}), seed=0)
    for n in (1, 2):
        model, own = answer.distinct[n].model, answer.distinct[n].ceiling
        assert model.value == pytest.approx(own.value, abs=0.06)


def test_small_floors_do_not_blur_the_model():
    """What is looked at is what all have, but a floor with less than half as much is left out."""
    assert common({MODEL: 400, OWN: 100, "others": 20}) == 100
    assert common({MODEL: 400, OWN: 100, "others": 60}) == 60
    assert common({"base": 30, "others": 20}) == 20
    assert common({}) == 0
    train, held_out = sample()
    answer = variety.measure(
        material(train, {MODEL: train[:200], OWN: held_out, "others": train[:20]}), seed=0
    )
    assert "others" not in answer.distributions["length"].distance.floors
    assert answer.distributions["length"].distance.ceiling


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("length", "x" * 20, {"up to 20": 1}),
        ("length", "x" * 281, {"longer": 1}),
        ("emoji", "👍🏽 yes 👨‍👩‍👧 🇫🇷", {"3 or more": 1}),
        ("emoji", "a → b ©", {"0": 1}),
        ("hashtags", "#one #two a#b", {"2": 1}),
        ("mentions", "@a hello b@c.de", {"1": 1}),
        ("punctuation", "Well... “no”, no!", {"…": 1, '"': 2, ",": 1, "!": 1}),
        ("punctuation", "none at all", {"none": 1}),
        ("capitals", "lower", {"up to 0%": 1}),
        ("capitals", "ALL CAPS", {"up to 100%": 1}),
        ("capitals", "😀 123", {"no letter that has capitals": 1}),
        ("capitals", "今日はいい天気", {"no letter that has capitals": 1}),
        ("punctuation", "今日は、いい天気。「散歩」しよう！", {",": 1, ".": 1, '"': 2, "!": 1}),  # noqa: RUF001
        ("punctuation", "هل أنت هنا؟ نعم، أنا هنا.", {"?": 1, ",": 1, ".": 1}),
        ("punctuation", "आज अच्छा दिन है।", {".": 1}),
    ],
)
def test_what_is_counted_in_a_post(name, text, expected):
    """Classes are what a reader would say they are."""
    assert classes(name, text) == expected


def test_words_hashtags_mentions_and_emoji_are_told_apart():
    """A hashtag is not the word, a joined emoji is one sign."""
    assert signs("Don\u2019t #vote, @Ana_1 vote 👨‍👩‍👧👍🏽") == [
        "don't",
        "#vote",
        "@ana_1",
        "vote",
        "👨‍👩‍👧",
        "👍🏽",
    ]
    assert words("Don\u2019t #vote, 今日 é2") == ["don't", "vote", "今", "日", "é2"]


def test_shuffled_words_look_as_varied():
    """What the file says it is blind to: order. The same marks, and no fewer different pairs of words."""
    train, held_out = sample()
    answer = variety.measure(material(train, {MODEL: shuffled(train[:300]), OWN: held_out}), seed=0)
    assert answer.distinct[2].model.value > answer.distinct[2].ceiling.value - 0.03
    assert answer.distributions["length"].distance.model.value < 0.35


@pytest.mark.parametrize("posts", [["😀"] * 20, [""] * 20, ["one"] * 20, ["same post here"] * 20])
def test_odd_posts_are_measured_or_said_to_be_too_little(posts):
    """Emoji alone, empty posts, single words, one post repeated: figures or reasons, never an error."""
    answer = variety.measure(material(sample()[0][:50], {MODEL: posts, OWN: posts}), seed=0)
    for row in (*answer.distinct.values(), answer.self_bleu, answer.repeated):
        assert row.model or row.unknown
    assert answer.distributions["length"].distance.model.value > 0.5


def test_one_post_repeated_is_the_least_varied():
    """Self-BLEU is 1, distinct-1 nearly 0."""
    train, held_out = sample()
    answer = variety.measure(material(train, {MODEL: [train[0]] * 100, OWN: held_out}), seed=0)
    assert answer.self_bleu.model.value == pytest.approx(1)
    assert answer.distinct[1].model.high < answer.distinct[1].ceiling.low / 2


def test_posts_that_repeat_themselves_are_told():
    """Of the five pairs of "a b a b a b" three stood there before; the other measures look across posts."""
    train, held_out = sample()
    repeating = [f"{one} {other} " * 3 for one, other in zip(letters(40), letters(80)[40:], strict=True)]
    answer = variety.measure(material(train, {MODEL: repeating, OWN: held_out}), seed=0)
    assert answer.repeated.model.value == pytest.approx(0.6)
    assert answer.repeated.ceiling.value < 0.05
    headline = answer.headline(ReportContext(who="@ada"))
    assert headline.answer == "No"
    assert "60 in 100 pairs of words in its posts stood in the same post before" in headline.sentence


def test_the_answer_is_that_of_its_sentence():
    """A model of one word repeats itself, though there is no pair of words to count."""
    train, _ = sample()
    answer = variety.measure(material(train, {MODEL: ["hm"] * 40, OWN: letters(40)}), seed=0)
    assert answer.distinct[2].model is None
    headline = answer.headline(ReportContext(who="@ada"))
    assert (headline.answer, headline.grade) == ("No", "bad")
    assert headline.sentence.endswith(": it repeats itself more.")


def letters(count):
    """Words that stand in one post only."""
    return [f"word{chr(97 + number // 26)}{chr(97 + number % 26)}" for number in range(count)]


def test_a_report_of_an_earlier_version_says_that_it_did_not_look():
    """It is read as before, and the new row has a reason in place of a figure."""
    train, held_out = sample()
    answer = variety.measure(material(train, {MODEL: train[:30], OWN: held_out}), seed=0)
    earlier = {name: value for name, value in msgspec.to_builtins(answer).items() if name != "repeated"}
    read = msgspec.convert(earlier, Variety)
    assert read.repeated.unknown == "an earlier version did not look"
    assert read.self_bleu == answer.self_bleu
