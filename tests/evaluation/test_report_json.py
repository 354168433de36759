"""report.json: flat, in a fixed order, and read whatever questions are installed."""

from __future__ import annotations

import json

import pytest

from huggingtweets import evaluation
from huggingtweets.errors import ModelError
from huggingtweets.model_folder import ModelFolder
from tests.helpers.measuring import measure
from tests.helpers.people import sample


@pytest.fixture
def folder(tmp_path):
    """A folder with an evaluation in it."""
    train, held_out = sample()
    model = ModelFolder(tmp_path)
    evaluation.save(measure(train[:60], held_out[:20], train[:20], hours=[3]), model)
    return model


def change(model, alter):
    """Change what report.json holds."""
    report = json.loads(model.evaluation.read_bytes())
    model.evaluation.write_text(json.dumps(alter(report)))


def test_answers_lie_between_the_counts_and_the_hours(folder):
    """Each at the top level, under the name of its question."""
    keys = list(json.loads(folder.evaluation.read_bytes()))
    built_in = ("prediction", "authorship", "copying", "variety", "giveaways", "detection")
    assert keys[:2] == ["seed", "counts"]
    assert [key for key in keys if key in built_in] == list(built_in)
    assert keys[-2:] == ["hours", "game"]


def test_what_was_read_is_written_to_the_byte(folder):
    """Whoever changes one thing, changes nothing else."""
    before = folder.evaluation.read_bytes()
    evaluation.save(evaluation.load(folder), folder)
    assert folder.evaluation.read_bytes() == before


def test_a_report_without_a_question_that_was_added_since_is_read(folder):
    """Old reports have fewer answers; the others are there."""
    change(folder, lambda report: {key: value for key, value in report.items() if key != "detection"})
    loaded = evaluation.load(folder)
    assert "detection" not in loaded.rows()
    assert loaded.copying.near.model


def test_an_answer_to_an_unknown_question_is_carried_along(folder):
    """Somebody else's measure is not lost where it is not installed, and no row is made of it."""
    theirs = {"figure": {"model": None, "deep": [1, "ü"]}}
    change(folder, lambda report: {"theirs": theirs, **report})
    loaded = evaluation.load(folder)
    assert not [path for path in loaded.rows() if "theirs" in path]
    evaluation.save(loaded, folder)
    assert json.loads(folder.evaluation.read_bytes())["theirs"] == theirs
    assert evaluation.load(folder) == loaded


@pytest.mark.parametrize(
    "alter", [lambda _: [], lambda _: {}, lambda report: report | {"copying": {"run": "eight"}}]
)
def test_a_damaged_report_is_one_clear_error(folder, alter):
    """It says what to do."""
    change(folder, alter)
    with pytest.raises(ModelError, match="run huggingtweets evaluate"):
        evaluation.load(folder)
