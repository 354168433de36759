"""What every question keeps to: it is found by name, and its answer alone says how it is shown."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from functools import cache

import msgspec
import pytest

from huggingtweets.evaluation import Material, decode, flat, intervals, material, questions
from huggingtweets.evaluation.questions import prediction
from huggingtweets.models import ngram_floor
from huggingtweets.reporting.report import report_html
from huggingtweets.results import Answer, Counts, Evaluation, Row
from huggingtweets.results.drawings import Columns, Curve, Panel, ReportContext
from tests.conftest import ROOT
from tests.helpers.people import sample, shuffled, strangers
from tests.reporting.test_report import Page, record

NAMES = questions.names()
CONTEXT = ReportContext(
    who="@ada",
    hours=tuple(range(24)),
    bits_per_byte=[(0.0, 2.5), (1.0, 1.5)],
    copied=[(0.0, 0.0), (1.0, 0.9)],
)
GRADES = {"good", "fair", "bad", "unknown"}
WORD_LIST = frozenset({"the", "lift", "is", "so", "what", "today"})


@cache
def everything() -> Material:
    """Posts of all kinds, and all that a question can ask for but a larger model."""
    train, held_out = sample()
    gathered = Material.gather(
        train[:150],
        held_out,
        train[:30] + shuffled(train[30:60]),
        fit_ngram=ngram_floor,
        base=strangers(40, seed=5),
        others={"fan": strangers(300)},
    )
    return replace(
        gathered,
        bits=[float(len(text)) for text in held_out],
        base_bits=[2.0 * len(text) for text in held_out],
        hours=[7, 23],
        language="en",
        known_words=WORD_LIST,
    )


@cache
def little() -> Material:
    """So few posts that nothing can be concluded."""
    train, _ = sample()
    return Material.gather(train[:16], ["one"], ["two"], fit_ngram=ngram_floor)


@cache
def answer(name: str, material=everything) -> Answer:
    return questions.load(name).measure(material(), seed=0)


def alone(name: str, material=everything) -> Evaluation:
    """An evaluation that asked one question."""
    counts = Counts(train=150, groups={}, others={}, leaked=())
    return Evaluation(seed=0, counts=counts, answers={name: answer(name, material)})


def test_the_questions_are_found_in_their_order():
    """There are some, and the order is theirs."""
    assert {"prediction", "authorship", "copying", "variety", "giveaways", "detection"} <= set(NAMES)
    orders = [questions.load(name).ORDER for name in NAMES]
    assert orders == sorted(orders)


@pytest.mark.parametrize("name", NAMES)
def test_a_question_is_one_file(name):
    """Nothing in the package but the question itself knows its words."""
    own = ROOT / "src" / "huggingtweets" / "evaluation" / "questions" / f"{name}.py"
    kind = questions.load(name).ANSWER
    texts = {kind.title, *(label.short for label in kind.labels.values() if label.short)}
    files = [path for path in (ROOT / "src").rglob("*") if path.suffix in {".py", ".j2"} and path != own]
    assert len(files) > 200
    assert not [path for path in files if texts & set(re.findall(r'"(.*?)"', path.read_text("utf-8")))]


@pytest.mark.parametrize("name", NAMES)
def test_a_question_says_what_it_is_blind_to(name):
    """No measure is shown without its limits."""
    assert "Blind to" in questions.load(name).__doc__
    assert questions.title(name).endswith("?")


@pytest.mark.parametrize("material", [everything, little])
@pytest.mark.parametrize("name", NAMES)
def test_every_row_has_a_label_and_a_figure_or_a_reason(name, material):
    """No row is shown by its path, and none is empty without saying why."""
    evaluation = alone(name, material)
    rows, labels = evaluation.rows(), evaluation.labels()
    assert rows
    assert all(labels[path].text != path for path in rows)
    assert all(row.model or row.unknown for row in rows.values())
    assert isinstance(answer(name, material), questions.load(name).ANSWER)


@pytest.mark.parametrize("material", [everything, little])
@pytest.mark.parametrize("name", NAMES)
def test_an_answer_is_json_and_back(name, material):
    """What is written is read as it was, and the same seed writes the same."""
    evaluation = alone(name, material)
    assert decode(msgspec.json.encode(flat(evaluation))) == evaluation
    assert questions.load(name).measure(material(), seed=0) == answer(name, material)


@pytest.mark.parametrize("material", [everything, little])
@pytest.mark.parametrize("name", NAMES)
def test_an_answer_can_be_drawn_alone(name, material):
    """The page stands with one question: sections have titles, every chart its row and its own name."""
    page = Page(report_html(record(), alone(name, material), ()))
    for section in answer(name, material).sections(CONTEXT):
        assert section.name
        assert section.link
        assert section.title
        assert section.blocks
        rows = alone(name, material).rows()
        paths = [f"{name}.{block.path}".rstrip(".") for block in section.blocks if isinstance(block, Panel)]
        assert all(path in rows for path in paths)
    ids = Counter(element.attributes["id"] for element in page.elements if "id" in element.attributes)
    assert max(ids.values()) == 1
    assert all(section.name in ids for section in answer(name, material).sections(ReportContext("@ada")))


@pytest.mark.parametrize("material", [everything, little])
@pytest.mark.parametrize("name", NAMES)
def test_an_answer_is_said_in_sentences(name, material):
    """Panels, headlines and methods are whole sentences, and name the person and not a field."""
    said = answer(name, material)
    sentences = [
        block.sentence
        for section in said.sections(CONTEXT)
        for block in section.blocks
        if isinstance(block, Panel)
    ]
    if headline := said.headline(CONTEXT):
        assert headline.grade in GRADES
        sentences.append(headline.sentence)
    sentences += [method.text for method in said.methods(CONTEXT)]
    assert all(sentence.endswith(".") for sentence in sentences)
    assert not re.search(r"None|nan|\{|\}", " ".join(sentences))


def test_no_two_charts_have_one_name():
    """Names of charts are ids on the page."""
    blocks = [b for name in NAMES for section in answer(name).sections(CONTEXT) for b in section.blocks]
    charts = [block.name for block in blocks if isinstance(block, Columns | Curve)]
    assert charts
    assert len(charts) == len(set(charts))


class Leading(Row, frozen=True, kw_only=True):
    """A question's answer that is nothing but a row."""

    title = "Does it lead?"


def test_answers_keep_their_places():
    """The order of the answers is the order of the rows, whatever they are."""
    first = {"first": Leading.of({"model": intervals.share(1, 20)}, "high"), **alone("copying").answers}
    evaluation = Evaluation(seed=0, counts=alone("copying").counts, answers=first)
    assert list(evaluation.rows()) == ["first", "copying.copied", "copying.near"]
    assert evaluation.first is first["first"]
    with pytest.raises(AttributeError, match="no answer to a question 'second'"):
        evaluation.second  # noqa: B018 -- asking is what is tested


def test_the_report_says_how_many_posts_the_ngram_model_has_seen(monkeypatch):
    """Of a long timeline the floor learns from the latest posts only, and says so."""
    train, held_out = sample()
    monkeypatch.setattr(material, "NGRAM_POSTS", 50)
    fitted = []

    def fit(texts):
        fitted.extend(texts)
        return ngram_floor(texts)

    gathered = Material.gather(train, held_out, held_out[:20], fit_ngram=fit)
    assert fitted == train[-50:]
    (method,) = prediction.measure(gathered, seed=0).methods(CONTEXT)
    assert "the latest 50 training posts" in method.text
