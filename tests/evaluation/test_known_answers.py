"""Models that fail in known ways are ranked rightly, and each measure's blindness is stated.

| model | voice | copying | variety | words | detection |
|---|---|---|---|---|---|
| copies training posts | blind | caught | blind | blind | blind |
| talks like somebody else | caught | blind | caught | caught | caught |
| repeats one good post | blind | blind | caught | blind | caught |
| shuffles the person's words | nearly blind | blind | blind | blind | caught |
"""

from __future__ import annotations

import random

import pytest

from huggingtweets.evaluation.questions import authorship, copying, detection, giveaways, variety
from huggingtweets.models.ngram_counts import NgramModel
from huggingtweets.results import OTHERS, OWN
from tests.conftest import SHARED
from tests.helpers.measuring import material
from tests.helpers.people import sample, shuffled, strangers, timeline

PEOPLE = [
    "sample",
    *(pytest.param(name, marks=pytest.mark.slow) for name in ("BarackObama", "realDonaldTrump")),
]
COPIER, STRANGER, REPEATER, SHUFFLER = "copier", "stranger", "repeater", "shuffler"


@pytest.fixture(scope="module", params=PEOPLE)
def answers(request):
    """Every question asked of the same failing models, for a person."""
    train, held_out, others = person(request.param)
    size = max(150, len(held_out))
    known, unknown = others[: -2 * size], others[-2 * size :]
    rng = random.Random(0)
    groups = {
        OWN: held_out,
        OTHERS: unknown[:size],
        COPIER: rng.sample([text for text in train if len(text.split()) > 10], size),
        STRANGER: unknown[size:],
        REPEATER: [max(train[:50], key=len)] * size,
        SHUFFLER: shuffled(rng.sample(train, size)),
    }
    posts = material(train, groups, reference={"others": known})
    return {
        "voice": authorship.measure(posts, seed=0),
        "copying": copying.measure(posts, seed=0),
        "variety": variety.measure(posts, seed=0),
        "words": giveaways.measure(posts, seed=0),
        "detection": detection.measure(posts, seed=0),
    }


def person(name):
    if name == "sample":
        return *sample(), strangers(600)
    others = {"BarackObama": "realDonaldTrump", "realDonaldTrump": "BarackObama"}
    return *real(name), real(others[name])[0]


def real(handle):
    path = SHARED / "personas" / f"{handle}.csv"
    if not path.exists():
        pytest.skip(f"needs the real timeline {handle}.csv, which is not part of the repository")
    return timeline(str(path))


def test_the_voice_of_somebody_else_is_heard(answers):
    """A stranger is near other people, and apart from the person by more than the interval."""
    for voice in (answers["voice"].whole, answers["voice"].style):
        closeness, own = voice.closeness.floors, voice.closeness.ceiling
        assert closeness[STRANGER].high < 0.3
        assert closeness[STRANGER].high < own.low
        assert voice.auc_own.floors[STRANGER].high < 0.1
        assert voice.auc.ceiling.low > 0.9


def test_the_voice_is_blind_to_copies_and_nearly_to_order(answers):
    """Copied posts sound like the person, of course; shuffled ones a little less."""
    closeness = answers["voice"].whole.closeness.floors
    assert closeness[COPIER].low > 0.9
    assert 0.5 < closeness[SHUFFLER].value < closeness[COPIER].value


def test_copies_are_caught_and_nothing_else(answers):
    """Only the copier and the repeater of a training post copy; the person stays the person."""
    copied, near = answers["copying"].copied, answers["copying"].near
    assert near.floors[COPIER].low > 0.95
    assert copied.floors[COPIER].low > 0.8
    for name in (STRANGER, SHUFFLER, OTHERS):
        assert copied.floors[name].high < copied.floors[COPIER].low / 4
        assert near.floors[name].value < 0.05  # of three words, some keep their order
    assert copied.ceiling.high < 0.2


def test_repetition_is_caught_by_variety(answers):
    """One post for ever: self-BLEU 1, next to no different words, lengths and marks of one post."""
    answer = answers["variety"]
    assert answer.self_bleu.floors[REPEATER].low > 0.99 > answer.self_bleu.ceiling.high
    for n in (1, 2, 3):
        assert answer.distinct[n].floors[REPEATER].high < answer.distinct[n].ceiling.low / 3
    length = answer.distributions["length"].distance
    assert length.floors[REPEATER].low > length.ceiling.high


def test_variety_is_blind_to_copies_and_order(answers):
    """Copies are as varied as the person, shuffled words at least as varied."""
    answer = answers["variety"]
    assert answer.distinct[2].floors[COPIER].value > answer.distinct[2].ceiling.value - 0.08
    assert answer.distinct[3].floors[SHUFFLER].value > answer.distinct[3].ceiling.value - 0.02
    assert answer.self_bleu.floors[SHUFFLER].value < answer.self_bleu.ceiling.value + 0.02


def test_somebody_elses_habits_are_seen(answers):
    """Some habit of length or marks is far from the person's, farther than the person from themselves."""
    distances = [habit.distance for habit in answers["variety"].distributions.values()]
    assert any(row.floors[STRANGER].low > row.ceiling.high for row in distances)


def test_the_persons_words_are_missed_in_a_stranger_alone(answers):
    """The words that give the person away are in copies and shuffled posts too, for better or worse."""
    used = answers["words"].used
    assert used.floors[STRANGER].high < used.ceiling.low
    assert used.floors[SHUFFLER].value > used.floors[STRANGER].high
    assert used.floors[COPIER].value > used.floors[STRANGER].high


def test_detection_catches_all_but_the_copier(answers):
    """A classifier tells the stranger, the repeater and the shuffler, and cannot tell what is copied."""
    answer = answers["detection"]
    assert answer.floors[STRANGER].low > 0.9
    assert answer.floors[REPEATER].low > 0.9
    assert answer.floors[SHUFFLER].low > 0.55
    assert answer.floors[COPIER].high < 0.6


def test_prediction_prefers_the_person():
    """An n-gram model of the person predicts their posts better than one of strangers, and a leak best."""
    train, held_out = sample()
    own, stranger, leaked = (NgramModel.fit(texts) for texts in (train, strangers(500), [*train, *held_out]))
    assert leaked.bits(held_out).sum() < own.bits(held_out).sum() < stranger.bits(held_out).sum()
