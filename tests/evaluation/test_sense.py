"""Sense: invented words are seen, real ones are not, and what cannot be known is said."""

from __future__ import annotations

import pytest

from huggingtweets.evaluation import reference
from huggingtweets.evaluation.questions import sense
from huggingtweets.evaluation.reference import known_words, posts_of_many
from huggingtweets.models import ngram_floor
from huggingtweets.results import MODEL, NGRAM, OTHERS, OWN
from huggingtweets.results.drawings import ReportContext
from huggingtweets.text import words
from tests.helpers import fewer_others
from tests.helpers.measuring import material
from tests.helpers.people import sample, shuffled

CONTEXT = ReportContext(who="@ada")


class Longwinded:
    """A larger model to which each word costs its letters, and each repeated word less: order is nothing."""

    name = "a larger model"

    def bits(self, texts):
        """Bits of each text."""
        return [8.0 * len(text) if "lift" not in text else 4.0 * len(text) for text in texts]


@pytest.fixture(scope="module")
def groups():
    train, held_out = sample()
    ngram = ngram_floor(train).generate(count=100, seed=0)
    return train, {OWN: held_out, NGRAM: ngram}


def test_an_ngram_model_invents_words_and_the_person_hardly_any(groups):
    """It ranks as a reader would: the person, then what copies letters."""
    train, posts = groups
    answer = sense.measure(
        material(train, {**posts, MODEL: train[:60]}, language="en", known_words=known_words("en")), seed=0
    )
    row = answer.invented
    assert row.model.value == 0  # the person's own posts
    assert row.ceiling.value < 0.01
    assert row.floors[NGRAM].low > 0.1
    assert answer.headline(CONTEXT).grade == "good"


def test_invented_words_are_counted_and_named(groups):
    """One word of ten that nobody knows is a tenth, and stands as an example."""
    train, posts = groups
    nonsense = ["we were all of us there with the blorfant today"] * 20
    answer = sense.measure(
        material(train, {**posts, MODEL: nonsense}, language="en", known_words=known_words("en")), seed=0
    )
    assert answer.invented.model.value == pytest.approx(1 / 10, abs=0.02)
    assert answer.examples == ("blorfant",)
    headline = answer.headline(CONTEXT)
    assert headline.grade == "bad"
    assert "are in no word list, like “blorfant”" in headline.sentence


def test_what_is_no_word_is_not_looked_up():
    """Hashtags, handles, numbers and single letters are no inventions."""
    assert sense.looked_up("@ada I saw 3 #blorfants in the lift, x2!") == ["saw", "in", "the", "lift"]


def test_other_people_are_no_floor_of_invented_words(groups):
    """Those that ship with the package were chosen for their common words: nothing is invented in them."""
    train, posts = groups
    others = {**posts, MODEL: train[:60], OTHERS: posts_of_many()[:100]}
    answer = sense.measure(material(train, others, language="en", known_words=known_words("en")), seed=0)
    assert set(answer.invented.floors) == {NGRAM}


@pytest.mark.parametrize("language", ["", "xx", "ja"])
def test_a_language_without_a_list_is_unknown(groups, language):
    """No figure is better than a wrong one."""
    train, posts = groups
    answer = sense.measure(material(train, {**posts, MODEL: train[:60]}, language=language), seed=0)
    assert answer.invented.model is None
    assert "no word list" in answer.invented.unknown
    assert {"": "(not known)", "xx": "(xx)", "ja": "(Japanese)"}[language] in answer.invented.unknown
    assert answer.headline(CONTEXT).answer == "Unknown"


def test_without_a_larger_model_surprise_is_unknown(groups):
    """It says what is missing."""
    train, posts = groups
    answer = sense.measure(material(train, {**posts, MODEL: train[:60]}), seed=0)
    assert "no larger model" in answer.surprise.unknown


def test_a_larger_model_reads_each_group_and_shuffled_words(groups):
    """Shuffled words of the person are a floor beside the n-gram model; each counts its bytes."""
    train, posts = groups
    answer = sense.measure(material(train, {**posts, MODEL: train[:60]}, larger=Longwinded()), seed=0)
    assert set(answer.surprise.floors) == {NGRAM, sense.SHUFFLED}
    assert 3 < answer.surprise.model.value < 8
    assert answer.larger_model == "a larger model"
    assert "larger model" in " ".join(method.text for method in answer.methods(CONTEXT))


def test_a_larger_model_reads_posts_of_each_person(groups):
    """Held-out posts stand person by person: the ceiling is that of all of them, not of the first."""
    train, posts = groups
    own = ["one and the other"] * 150 + ["lift after lift"] * 150
    answer = sense.measure(
        material(train, {**posts, OWN: own, MODEL: train[:60]}, larger=Longwinded()), seed=0
    )
    assert answer.surprise.ceiling.value == pytest.approx((8 * 17 + 4 * 15) / (18 + 16))


@pytest.mark.parametrize("more", [200, 199])  # posts of 10 words: 1 in 2,010, and 1 in 2,000 to the word
def test_one_word_of_thousands_is_not_none(groups, more):
    """A sentence that names an invented word does not say that there are 0 of them."""
    train, posts = groups
    written = ["we were all of us there with the lift today"] * more
    written += ["we were all of us there", "we met the blorfant"]
    answer = sense.measure(
        material(train, {**posts, MODEL: written}, language="en", known_words=known_words("en")), seed=0
    )
    assert "Fewer than 1 in 1,000 of its words are in no word list, like “blorfant”" in (
        answer.headline(CONTEXT).sentence
    )


def test_shuffling_keeps_the_words(groups):
    """The same seed shuffles alike."""
    _, posts = groups
    mixed = sense.shuffled(posts[OWN], 1)
    assert [sorted(post.split()) for post in mixed] == [sorted(post.split()) for post in posts[OWN]]
    assert mixed == sense.shuffled(posts[OWN], 1) != posts[OWN]
    assert len(shuffled(posts[OWN])) == len(mixed)


@pytest.mark.parametrize("post", ["今日はとても天気がいいですね", "สวัสดีครับวันนี้อากาศดี", "東京 is 大きい"])
def test_words_are_shuffled_in_scripts_without_spaces(post):
    """Else the floor would be the person; a letter keeps its marks."""
    mixed = sense.shuffled([post], 1)[0]
    assert mixed != post
    assert sorted(words(mixed)) == sorted(words(post))
    assert mixed.count(" ") == post.count(" ")


def test_the_shuffled_words_are_the_person_s(groups):
    """The sentence on the larger model names whose words stand in another order."""
    train, posts = groups
    answer = sense.measure(material(train, {**posts, MODEL: train[:60]}, larger=Longwinded()), seed=0)
    [section] = answer.sections(CONTEXT)
    assert "@ada's words shuffled" in section.blocks[1].sentence


def test_the_reference_is_what_its_script_made(monkeypatch):
    """Evaluations stay comparable only as long as these files stay as they are."""
    assert len(known_words("en")) == 55_223
    assert {"the", "don't", "kettle"} <= known_words("en")
    monkeypatch.setattr(reference, "_lines", fewer_others.whole)
    many = posts_of_many.__wrapped__()
    assert len(many) == 3000
    assert all(40 <= len(post) <= 280 for post in many)
