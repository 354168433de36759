"""Classifiers, their scores, and the words that give a person away, against second implementations."""

from __future__ import annotations

import math
import warnings
from collections import Counter
from collections.abc import Iterator
from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from huggingtweets.errors import ModelError
from huggingtweets.evaluation import voice
from huggingtweets.evaluation.character_ngrams import counts
from huggingtweets.evaluation.classifier import STRENGTH, Classifier, auc
from huggingtweets.evaluation.masking import masker, shared_words
from huggingtweets.evaluation.material import balanced
from huggingtweets.evaluation.questions import authorship, detection, giveaways
from huggingtweets.evaluation.questions.giveaways import PRIOR, log_odds
from huggingtweets.evaluation.reference import MANY
from huggingtweets.evaluation.style import SHARED, load_style, write_style
from huggingtweets.evaluation.voice import Sides, held_back
from huggingtweets.files.tensors import save_tensors
from huggingtweets.model_folder import STYLE
from huggingtweets.results import MODEL, OTHERS, OWN
from huggingtweets.results.drawings import ReportContext
from tests.helpers.measuring import material
from tests.helpers.people import sample, strangers

SCORES = st.lists(st.integers(-4, 4), min_size=1, max_size=30)


@given(SCORES, SCORES)
def test_auc_is_that_of_a_second_implementation(high, low):
    """Also with ties, which count half."""
    expected = roc_auc_score([1] * len(high) + [0] * len(low), high + low)
    assert auc(high, low) == pytest.approx(expected)


def test_a_reader_is_tf_idf_and_logistic_regression():
    """Scores are those of a second implementation that knows every n-gram by name."""
    (train, held_out), theirs = sample(), strangers(200)
    mine = train[:200]
    spaced = [f" {text} " for text in (*mine, *theirs, *held_out)]
    plain = {"analyzer": "char", "ngram_range": (3, 5), "lowercase": False}
    known = TfidfVectorizer(**plain).fit(spaced).vocabulary_
    tfidf = TfidfVectorizer(**plain, sublinear_tf=True, vocabulary=known)
    model = LogisticRegression(C=STRENGTH, solver="liblinear", class_weight="balanced")
    model.fit(tfidf.fit_transform(spaced[:400]), [1] * 200 + [0] * 200)
    expected = model.decision_function(tfidf.transform(spaced[400:]))
    scores = Classifier.fit(counts(mine), counts(theirs)).scores(counts(held_out))
    assert np.corrcoef(scores, expected)[0, 1] > 0.99
    assert np.abs(scores - expected).mean() < 0.05


def test_a_saved_reader_is_the_same_reader(tmp_path):
    """Posts can be scored later, without the posts that were learnt from."""
    train, held_out = sample()
    classifier = Classifier.fit(counts(train[:100]), counts(strangers(100)))
    classifier.save(tmp_path / "classifier")
    loaded = Classifier.load(tmp_path / "classifier")
    assert loaded.scores(counts(held_out)).tolist() == classifier.scores(counts(held_out)).tolist()


def test_a_damaged_reader_is_one_clear_error(tmp_path):
    """Absent, foreign and later files are refused, with what to do."""
    with pytest.raises(ModelError, match="evaluate the model again"):
        Classifier.load(tmp_path / "absent")
    save_tensors(tmp_path / "later", "huggingtweets reader 99", {}, {"x": np.zeros(1)})
    with pytest.raises(ModelError, match="reader 99"):
        Classifier.load(tmp_path / "later")


def test_equal_sides_cannot_be_told_apart_and_warn_of_nothing():
    """Posts that are on both sides score about 0."""
    same = sample()[0][:60]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scores = Classifier.fit(counts(same), counts(same)).scores(counts(same))
    assert np.abs(scores).max() < 0.1


def test_masking_keeps_shape_and_frequent_words():
    """Topic words become letters without meaning; case, marks, digits and kept words stay seen."""
    assert masker({"the", "don't"})("The Pope don\u2019t LIKE #Rome99, the 1st 😀!") == (
        "The Xxxx don\u2019t XXXX #Xxxx00, the 0xx 😀!"
    )


def test_kept_words_are_those_that_both_sides_use():
    """A word that one side alone uses is topic, however frequent."""
    mine, theirs = (
        ["the lamp and the gull", "the lamp on a rail"],
        ["the match and a goal", "a goal by the keeper"],
    )
    assert shared_words(mine, theirs, 3) == {"the", "a", "and"}


def test_other_people_are_heard_in_equal_parts():
    """One person with many posts does not stand for everybody."""
    posts = balanced({"much": [f"m{i}" for i in range(900)], "little": ["l1", "l2"]}, 100)
    assert posts.count("l1") == 1
    assert sum(text.startswith("m") for text in posts) == 50
    assert "m899" in posts


def test_of_very_many_other_people_as_many_are_drawn_as_there_may_be_posts():
    """Of more people than posts each that is drawn has one, and they are from the whole of the names."""
    people = {f"p{i:04}": [f"{i} early", f"{i} late"] for i in range(1050)}
    posts = balanced(people, 100)
    assert 50 <= len(posts) <= 100
    assert all(text.endswith("late") for text in posts)
    assert int(posts[-1].split()[0]) > 1000


def test_too_little_is_said_and_not_measured():
    """With few posts of other people or of the person, every row says why it is empty."""
    train, held_out = sample()
    groups = {MODEL: held_out, OWN: held_out, OTHERS: strangers(20)}
    few = authorship.measure(material(train, groups, reference={"x": strangers(20)}), seed=0)
    assert few.whole.closeness.model is None
    assert "20 posts of other people" in few.whole.closeness.unknown
    alone = authorship.measure(
        material(train, {MODEL: held_out, OTHERS: strangers(20)}, reference={"x": strangers(200)}), seed=0
    )
    assert "too few unseen posts of the person" in alone.style.auc.unknown
    short = authorship.measure(material(train[:30], groups, reference={"x": strangers(200)}), seed=0)
    assert "30 training posts" in short.whole.auc.unknown


def test_the_methods_say_whose_posts_were_learnt(monkeypatch):
    """Of each equally many are taken; the counts are of these, and many people are not one person."""
    monkeypatch.setattr(authorship, "MOST", 300)
    train, held_out = sample()
    reference = {MANY: strangers(200), "person 1": strangers(400, seed=2)}
    groups = {MODEL: held_out, OWN: held_out, OTHERS: strangers(40, seed=1)}
    answer = authorship.measure(material(train, groups, reference=reference), seed=0)
    assert answer.others == {MANY: 150, "person 1": 150}
    method = answer.methods(ReportContext(who="@ada"))[0].text
    assert "It knows 150 posts of many people and 150 posts of person 1." in method


def test_people_who_cannot_be_told_apart_have_no_score():
    """Where others write as the person does, closeness would be noise, and is not given."""
    train, held_out = sample()
    groups = {MODEL: train[:60], OWN: held_out, OTHERS: train[1::9]}
    answer = authorship.measure(material(train[::2], groups, reference={"double": train[1::2]}), seed=0)
    assert answer.whole.closeness.model is None
    assert "cannot be told" in answer.whole.closeness.unknown


def test_log_odds_are_those_of_the_paper():
    """The z of a word, worked out from the formula."""
    mine, theirs = Counter(ding=8, the=92), Counter(ding=1, the=199)
    prior = PRIOR * 9 / 300
    a, b = 8 + prior, 1 + prior
    delta = math.log(a / (100 + PRIOR - a)) - math.log(b / (200 + PRIOR - b))
    assert log_odds(mine, theirs)["ding"] == pytest.approx(delta / math.sqrt(1 / a + 1 / b))
    assert log_odds(mine, theirs)["the"] < 0
    assert log_odds(mine, mine)["ding"] == pytest.approx(0)


def test_giveaways_are_the_persons_words():
    """The sample's account says "ding", and its own later posts use its words more than strangers do."""
    train, held_out = sample()
    answer = giveaways.measure(
        material(train, {MODEL: held_out, OTHERS: strangers(50, seed=1)}, reference={"x": strangers(200)}),
        seed=0,
    )
    assert "ding" in {word.word for word in answer.words}
    assert all(word.z >= 1.96 for word in answer.words)
    assert answer.used.model.low > answer.used.floors[OTHERS].high


def test_a_handle_gives_nobody_away():
    """Reports are published: whom somebody writes to is not in them."""
    train, held_out = sample()
    written = [f"{text} @secret_friend" for text in train]
    groups = {MODEL: held_out, OTHERS: strangers(50, seed=1)}
    answer = giveaways.measure(material(written, groups, reference={"x": strangers(200)}), seed=0)
    assert answer.words
    assert not [word.word for word in answer.words if "@" in word.word]


@pytest.mark.parametrize("others", [[], ["too few"] * 10])
def test_giveaways_need_somebody_to_differ_from(others):
    """Without other people there are no giveaways, and the row says so."""
    answer = giveaways.measure(material(sample()[0], {MODEL: ["a"] * 20}, reference={"x": others}), seed=0)
    assert answer.words == ()
    assert "posts of other people" in answer.used.unknown


def test_one_word_alone_gives_nobody_away():
    """Everybody says the same single thing: no odds, no error."""
    answer = giveaways.measure(
        material(["😀"] * 200, {MODEL: ["😀"] * 20}, reference={"x": ["😀"] * 200}), seed=0
    )
    assert answer.used.model is None


def test_detection_cannot_tell_training_posts_from_training_posts():
    """The ceiling is a coin's, whatever the seed."""
    train, _ = sample()
    answers = [detection.measure(material(train, {MODEL: strangers(100)}), seed=seed) for seed in range(3)]
    assert all(f.ceiling.low < 0.56 and f.ceiling.high > 0.44 for f in answers)
    assert all(f.model.low > 0.99 for f in answers)


def test_a_person_who_changes_is_told_from_a_model_that_overdoes():
    """Training posts stand at 1 where nothing changed, and above where later posts are of another kind."""
    train, held_out = sample()
    reference, floor = {"fan": strangers(300)}, strangers(150, seed=1)
    changed = held_out + strangers(len(held_out), seed=2)
    same, drifted = (
        authorship.measure(
            material(train, {OWN: own, OTHERS: floor, MODEL: held_out}, reference=reference), seed=0
        ).whole.earlier
        for own in (held_out, changed)
    )
    assert same.value == pytest.approx(1, abs=0.15)
    assert drifted.low > 1.5


def test_closeness_of_earlier_posts_is_of_everybody(monkeypatch):
    """Of people who take turns, all are among the training posts that are held back to tell it by."""
    learnt, scored = [], []
    fit, scores = Classifier.fit, Classifier.scores
    monkeypatch.setattr(Classifier, "fit", lambda mine, others: learnt.append(mine) or fit(mine, others))
    monkeypatch.setattr(Classifier, "scores", lambda self, posts: scored.append(posts) or scores(self, posts))
    one, other = sample()[0][:60], strangers(60)
    mine = [text for both in zip(one, other, strict=True) for text in both]
    refused = strangers(60, seed=2)
    sides = Sides(mine=mine, refused=refused, held_back=held_back(120, 0), refused_by_rest=refused)
    groups = {OWN: counts(sample()[1]), OTHERS: counts(strangers(60, seed=1))}
    voice._earlier(counts(mine), sides, groups, 0)
    rest, apart = _ngrams_of_each(learnt[0]), _ngrams_of_each(scored[0])
    assert (len(rest), len(apart)) == (90, 30)
    assert sorted(rest + apart) == sorted(_ngrams_of_each(counts(mine)))
    assert 5 < len({*_ngrams_of_each(counts(one))} & {*apart}) < 25


def _ngrams_of_each(posts):
    """The n-grams of each of the counted posts, by which they are told apart."""
    return [posts[number].indices.tobytes() for number in range(posts.shape[0])]


def test_no_imitation_is_of_what_is_held_back(monkeypatch):
    """The classifier of earlier posts refuses no runs of letters that the posts held back alone have."""
    train, held_out = sample()
    learnt, refused = [], []
    fit = Classifier.fit
    monkeypatch.setattr(
        Classifier,
        "fit",
        lambda mine, others: learnt.append(mine.shape[0]) or refused.append(others) or fit(mine, others),
    )

    class Echo:
        """Repeats what it was fitted to."""

        def __init__(self, texts):
            self._texts = texts

        def generate(self, *, count, seed):  # noqa: ARG002 -- as n-gram models do
            return self._texts[:count]

    groups, others = {OWN: held_out, OTHERS: strangers(60)}, strangers(200, seed=1)
    posts = material(train, groups, reference={"x": others}, fit_ngram=Echo, ngram=Echo(train))
    assert authorship.measure(posts, seed=0).whole.earlier
    rest = [text for text, apart in zip(train, held_back(len(train), 0), strict=True) if not apart]
    assert learnt == [len(train), len(rest)] * 2
    assert _ngrams_of_each(refused[0]) == _ngrams_of_each(counts([*others, *train]))
    assert _ngrams_of_each(refused[1]) == _ngrams_of_each(counts([*others, *rest]))


def test_what_is_missing_to_tell_is_named():
    """Reasons speak of posts as the report does, and of those that are really too few."""
    train, _ = sample()
    posts = material(train[:150], {MODEL: strangers(60)}, reference={"fan": strangers(150)})
    assert "too few unseen posts of the person and posts of other people" in (
        authorship.measure(posts, seed=0).whole.auc.unknown
    )
    few = detection.measure(material(train[:20], {MODEL: strangers(60)}), seed=0)
    assert few.unknown.startswith("20 training posts; 32 are needed")


def test_the_style_score_of_a_training_post_is_that_of_training(tmp_path, monkeypatch):
    """N-grams that were left out of training do not scale a score, neither of old posts nor of new ones."""
    (train, _), theirs = sample(), strangers(200)
    fit, learnt = Classifier.fit, []

    def remember(mine, others):
        classifier = fit(mine, others)
        learnt.extend(classifier.scores(mine))
        return classifier

    monkeypatch.setattr(Classifier, "fit", remember)
    write_style(train, {"them": theirs}, [], [], tmp_path)
    assert load_style(tmp_path).scores(train) == pytest.approx(learnt, abs=1e-4)


def _secrets(posts: list[str]) -> Iterator[str]:
    """Made-up words in a sentence; their hashed n-grams are those of no post."""
    beginning = counts(["by the way "]).indices
    used = {*counts(posts).indices} - {*beginning}
    for first in range(10_000, 100_000, 1_000):
        texts = [f"by the way {code}" for code in range(first, first + 1_000)]
        ngrams = counts(texts)
        for number, text in enumerate(texts):
            if used.isdisjoint(ngrams[number].indices):
                yield text


def test_the_style_file_says_nothing_of_what_few_posts_have(tmp_path):
    """Whatever name or number few posts have, the file that scores style is the same, byte for byte."""
    (train, _), theirs = sample(), strangers(200)
    files = []
    for secret in islice(_secrets([*train, *theirs]), 2):
        folder = tmp_path / secret.split()[-1]
        folder.mkdir()
        told = [secret] * (SHARED - 1)
        write_style([*train, *told], {"them": [*theirs, *told[:1]]}, [], [], folder)
        files.append((folder / STYLE).read_bytes())
        scorer = load_style(folder)
    assert len(files) == 2
    assert files[0] == files[1]
    assert auc(scorer.scores(train[:50]), scorer.scores(theirs[:50])) > 0.9
