"""`measure` asks everything of one model: whole, honest about what is missing, the same each time."""

from __future__ import annotations

import subprocess
import sys

import msgspec
import pytest

from huggingtweets.errors import NotEnoughPosts, UserError
from huggingtweets.evaluation import decode, flat
from huggingtweets.evaluation.comparison import differences
from huggingtweets.evaluation.questions.detection import Detection
from huggingtweets.progress import Silence
from huggingtweets.results import ENOUGH, OWN, Evaluation, Figure
from tests.helpers.measuring import measure
from tests.helpers.people import sample, shuffled, strangers


def little():
    """A part of the sample's posts, for speed."""
    train, held_out = sample()
    return train[:120], held_out[:40]


class Steps(Silence):
    """Notes the questions, and how many are answered of how many."""

    def __init__(self) -> None:
        self.questions: list[str] = []
        self.answered: list[tuple[int, int]] = []

    def stage(self, name, detail="") -> None:  # noqa: ARG002 -- no question has one
        """Note a question."""
        self.questions.append(name)

    def advanced(self, done, total, unit) -> None:
        """Note the progress."""
        assert unit == "questions"
        self.answered.append((done, total))


@pytest.fixture(scope="module")
def evaluated():
    """The whole measurement of a model that copies half of the time."""
    train, held_out = sample()
    steps = Steps()
    result = measure(
        train,
        held_out,
        train[:60] + shuffled(train[60:120]),
        base=strangers(80, seed=5),
        others={"fan": strangers(300), "other fan": strangers(200, seed=2)},
        bits=[float(len(text)) for text in held_out],
        base_bits=[2.0 * len(text) for text in held_out],
        hours=[7, 7, 23],
        watcher=steps,
    )
    return result, steps


def test_every_row_stands_between_floors_and_ceiling(evaluated):
    """Each figure lies in its interval and names its count; each row has a figure or says why not."""
    result, _ = evaluated
    rows = result.rows()
    assert {
        "prediction.bits_per_byte",
        "authorship.style.closeness",
        "copying.near",
        "variety.distinct.2",
        "variety.distributions.emoji.distance",
        "giveaways.used",
        "detection",
    } <= set(rows)
    for path, row in rows.items():
        assert (row.model is None) == bool(row.unknown), path
        for figure in filter(None, (row.model, row.ceiling, *row.floors.values())):
            assert figure.low <= figure.value <= figure.high, path
            assert figure.count >= ENOUGH, path
    assert set(rows["copying.copied"].floors) == {"base", "n-gram", "others"}
    assert result.hours[7] == 2
    assert len(result.hours) == 24


def test_an_evaluation_is_json_and_holds_no_post(evaluated):
    """It comes back as it was, and can be published: no text of the person is in it."""
    result, _ = evaluated
    encoded = msgspec.json.encode(flat(result))
    assert decode(encoded) == result
    for absent in (b'"model":null', b'"ceiling":null', b'"game":null'):
        encoded = encoded.replace(absent, b"")
    assert b"null" not in encoded  # no NaN
    train, held_out = sample()
    assert not [text for text in (*train, *held_out) if msgspec.json.encode(text)[1:-1] in encoded]


def test_progress_names_every_question_once(evaluated):
    """A bar can be drawn: the question, how many are done, of how many."""
    _, steps = evaluated
    count = len(steps.questions)
    assert steps.answered == [(done, count) for done in range(count)]
    assert steps.questions[0] == "sense"


def test_the_same_seed_gives_the_same_figures():
    """A report can be made again; another seed moves the intervals, not the facts."""
    train, held_out = little()
    one, two, three = (measure(train[:90], held_out, train[90:], seed=seed) for seed in (1, 1, 2))
    assert one == two
    assert one != three
    assert one.copying.copied == three.copying.copied


def test_planted_leaks_are_caught_and_left_out():
    """Held-out posts that were learnt from, also with other marks, are named and measured nowhere."""
    train, held_out = little()
    planted = [*held_out[:30], train[5], held_out[30], train[9].upper() + "!!"]
    result = measure(train, planted, train[:40], bits=[1.0] * 33)
    assert result.counts.leaked == (30, 32)
    assert result.counts.groups[OWN] == 31
    assert result.prediction.bits_per_byte.model.count == 31
    assert result.copying.near.ceiling.value == 0


def test_other_people_who_are_the_person_are_left_out():
    """A location that holds the person's own posts again makes nobody else of them."""
    train, held_out = sample()
    others = {"double": [*train, *held_out, *(text.upper() for text in train[:50])], "fan": strangers(200)}
    result = measure(train, held_out, train[:40], others=others)
    assert result.counts.others["double"] == 0
    assert result.counts.others["fan"] == 140


def test_what_is_missing_is_said():
    """No generated posts, no held-out posts, no others, no bits: reasons in place of figures."""
    train, held_out = little()
    result = measure(train, [], [])
    assert all(row.model is None and row.unknown for row in result.rows().values())
    alone = measure(train, held_out, train[:40])
    assert "not given" in alone.prediction.bits_per_byte.unknown
    assert "0 posts of other people" in alone.authorship.whole.closeness.unknown
    assert alone.copying.copied.model
    assert alone.detection.model


@pytest.mark.parametrize(
    "generated",
    [
        ["one"],
        ["\ud800 cut"] * 50,
        *(pytest.param([text] * 50, marks=pytest.mark.slow) for text in ("same", "😀", "")),
    ],
)
def test_odd_posts_are_measured_without_error(generated):
    """One post, identical posts, emoji alone, empty posts, broken characters."""
    train, held_out = little()
    result = measure(train, held_out, generated, others={"fan": strangers(200)})
    assert all(row.model or row.unknown for row in result.rows().values())
    assert decode(msgspec.json.encode(flat(result))) == result


def test_odd_posts_of_the_person_are_measured_without_error():
    """Emoji alone and nothing but one post repeated are people too."""
    for posts in (["😀 🎈"] * 40, ["same old story"] * 40):
        result = measure(posts, posts, posts, others={"fan": strangers(200)})
        assert len(result.counts.leaked) == 40


@pytest.mark.parametrize("train", [[], ["one"], ["a few"] * (ENOUGH - 1)])
def test_too_few_training_posts_are_one_clear_error(train):
    """There is nothing to measure by."""
    with pytest.raises(NotEnoughPosts, match="are needed"):
        measure(train, ["x"] * 20, ["x"] * 20)


def test_bits_are_one_for_each_post():
    """Figures of other posts are not mistaken for these."""
    train, held_out = little()
    with pytest.raises(UserError, match="expected one for each"):
        measure(train, held_out, train[:40], bits=[1.0, 2.0])


def test_comparison_finds_the_better_model_where_it_is_sure(evaluated):
    """A copier and an honest model differ in copying; a model differs from itself in nothing."""
    train, held_out = sample()
    honest = measure(
        train, held_out, held_out, others={"fan": strangers(300)}, bits=[0.9 * len(text) for text in held_out]
    )
    result = differences(honest, evaluated[0])
    assert result["copying.near"].better == 0
    assert result["copying.near"].by.high < 0
    assert result["prediction.bits_per_byte"].better == 0
    assert result["prediction.bits_per_byte"].by.high - result["prediction.bits_per_byte"].by.low < 0.05
    assert not any(difference.sure for difference in differences(honest, honest).values())


def test_distinct_words_among_other_numbers_are_not_compared(evaluated):
    """They fall with the number: a model would win by writing shorter posts."""
    variety = evaluated[0].variety
    sizes = {**variety.sizes, 1: 2 * variety.sizes[1]}
    answers = {**evaluated[0].answers, "variety": msgspec.structs.replace(variety, sizes=sizes)}
    found = differences(evaluated[0], msgspec.structs.replace(evaluated[0], answers=answers))
    assert "variety.distinct.1" not in found
    assert "variety.distinct.2" in found


@pytest.mark.parametrize(("value", "better"), [(0.4, 1), (0.83, -1), (0.95, 0)])
def test_on_two_sides_of_the_person_the_nearer_has_to_be_sure(evaluated, value, better):
    """Models that differ for sure may be as near to what they should be; then none is called better."""

    def near(value: float) -> Figure:
        return Figure(value=value, low=value - 0.02, high=value + 0.02, count=400)

    def evaluation_of(value: float) -> Evaluation:
        row = Detection(model=near(value), ceiling=near(0.5), best="ceiling")
        return msgspec.structs.replace(evaluated[0], answers={"detection": row})

    [difference] = differences(evaluation_of(0.18), evaluation_of(value)).values()
    assert difference.sure
    assert difference.better == better


def test_the_room_is_light_to_enter():
    """A verdict needs no scipy, scikit-learn or torch."""
    code = (
        "import sys; from huggingtweets.dataset.sufficiency import sufficiency; sufficiency(['x']);"
        "print([m for m in ('torch', 'transformers', 'sklearn', 'scipy') if m in sys.modules])"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "[]\n"
    )
