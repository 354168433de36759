"""The guide to adding a measure works: its example is measured, shown and read, as one new file alone."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys

import pytest

from huggingtweets import evaluate, evaluation
from huggingtweets.evaluation import questions
from huggingtweets.model_folder import ModelFolder
from huggingtweets.results import MODEL, OWN
from huggingtweets.workflows.play import deal, play
from tests.conftest import ROOT
from tests.helpers.commands import run
from tests.helpers.guides import Guide
from tests.helpers.measuring import material
from tests.reporting.test_report import Page, words

GUIDE = Guide("add-a-measure.md", questions)
LABEL = "posts that end with a question"


@pytest.fixture(params=["package", "file"])
def asking(request, tmp_path, monkeypatch):
    """The name of the question, found one way or the other."""
    with GUIDE.added(request.param, tmp_path / "site", monkeypatch) as name:
        yield name


@pytest.fixture
def own(ngram_model, tmp_path):
    """A copy of a model that an evaluation may change."""
    return shutil.copytree(ngram_model, tmp_path / "own")


def test_the_example_counts_questions(asking):
    """Its figure is what one counts by hand, in any script."""
    posts = ["is it?", "it is", "是吗？ ", "هل هو؟"] * 10  # noqa: RUF001 -- their own question marks
    answer = questions.load(asking).measure(material(posts, {MODEL: posts, OWN: ["no"] * 20}), seed=0)
    assert answer.asked.model.value == 0.75
    assert answer.asked.ceiling.value == 0


def test_the_example_is_in_everything_that_an_evaluation_shows(own, asking):
    """report.json, the report's section, methods and table, the card; each time in its place."""
    row = evaluate(own, count=20).evaluation.rows()[f"{asking}.asked"]
    report = json.loads((own / "report.json").read_bytes())
    assert report["asking"]["asked"]["model"]["value"] == row.model.value
    assert list(report).index("variety") < list(report).index("asking") < list(report).index("giveaways")
    page = Page((own / "report.html").read_text("utf-8"))
    [section] = [e for e in page.elements if e.attributes.get("id") == "asking"]
    assert "of its posts end with a question, of @me's own" in words(section)
    assert "#asking" in [e.attributes["href"] for e in page.all("a")]
    assert "Does it ask as often as the person does?" in words(page.all("table")[-1])
    assert LABEL in words(page.all("table")[-1])
    assert "The share of posts that end with a question mark." in page.text()
    card = (own / "README.md").read_text("utf-8")
    assert f"| Does it ask as often as the person does? ({LABEL}) | {100 * row.model.value:.1f} %" in card


def test_the_example_is_in_the_table_of_the_command(own, tmp_path, monkeypatch):
    """A real process finds it, shows its figure, and names the question while it is asked."""
    GUIDE.as_package(tmp_path / "site", monkeypatch)
    paths = os.pathsep.join([str(tmp_path / "site"), os.environ["PYTHONPATH"]])
    done = run("evaluate", own, "--count", "16", "--figures", env={"PYTHONPATH": paths})
    assert done.returncode == 0, done.stderr
    assert re.search(r"asking\.asked +\d\.\d{3} \[", done.stdout)
    assert "Does it ask as often as the person does?" in done.stderr


def test_an_answer_outlives_its_question(own, tmp_path, monkeypatch):
    """Where the example is not installed, its answer is neither shown nor lost."""
    with monkeypatch.context() as patch:
        _, module = GUIDE.as_package(tmp_path / "site", patch)
        evaluate(own, count=20)
        sys.modules.pop(module)
    before = json.loads((own / "report.json").read_bytes())
    loaded = evaluation.load(ModelFolder(own))
    assert "asking.asked" not in loaded.rows()
    play(deal(own, rounds=2), ["left", "right"])
    after = json.loads((own / "report.json").read_bytes())
    assert after["asking"] == before["asking"]
    assert after["game"]["found"]["count"] == 2


def test_the_guide_names_what_there_is():
    """Every file that it speaks of exists, and so does every name."""
    package = ROOT / "src" / "huggingtweets"
    inside = re.findall(r"`((?:evaluation|results|workflows)/[\w./]+)`", GUIDE.text)
    assert "results/drawings.py" in inside
    assert [path for path in inside if not (package / path).exists()] == []
    tests = [path for path in re.findall(r"`(tests/[\w./-]+)`", GUIDE.text) if "NAME" not in path]
    assert tests
    assert [path for path in tests if not (ROOT / path).exists()] == []
    modules = set(re.findall(r"`(\w+\.py)`", GUIDE.text))
    assert modules
    assert [name for name in modules if not (package / "evaluation" / "questions" / name).exists()] == []
    code = "".join(path.read_text("utf-8") for path in [*package.rglob("*.py")])
    functions = re.findall(r"`(?:\w+\.)?(\w+)\(", GUIDE.text) + re.findall(
        r"\(`(?:\w+\.)?(\w+)`\)", GUIDE.text
    )
    assert {"headline", "above", "at_size", "Pairs"} <= set(functions)
    assert [name for name in functions if not re.search(rf"(def|class) {name}\b", code)] == []
