"""The demo: it works again and again, and takes nobody's work away."""

from __future__ import annotations

import shutil

import pytest
from typer.testing import CliRunner

from huggingtweets.cli import app
from huggingtweets.model_folder import MODELS, ModelFolder

IS_EVALUATED = "huggingtweets.workflows.train._is_evaluated"


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """An empty folder, in which the demo is run."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def demo(*arguments):
    """Run the demo without a tracker."""
    return CliRunner().invoke(app, ["demo", "--tracker", "none", *arguments])


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """The folder in which a demo was run, and what it printed."""
    place = tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HUGGINGTWEETS_HOME", str(place / "home"))
        patch.chdir(place)
        patch.setattr(IS_EVALUATED, lambda *_: False)
        done = demo("--recipe", "ngram")
    assert done.exit_code == 0, done.stderr
    return place, done


@pytest.fixture
def unevaluated(monkeypatch):
    """Demos without the evaluation at their end, which no test here looks at."""
    monkeypatch.setattr(IS_EVALUATED, lambda *_: False)


@pytest.fixture
def again(first, tmp_path):
    """What the first demo printed; its model lies in the folder of the test, too."""
    place, done = first
    shutil.copytree(place / MODELS, tmp_path / MODELS)
    return done


def recipe_of(name):
    """The recipe of the model below models/ that has this name."""
    return ModelFolder(MODELS / name).record.recipe


@pytest.mark.slow
@pytest.mark.usefixtures("again")
def test_demos_of_two_recipes_stand_beside_each_other(tmp_path):
    """The folder is named after the recipe, and after the seed where one is given."""
    (tmp_path / "other.toml").write_text('base = "none"\nmethod = "ngram"\n')
    for arguments in (["other.toml"], ["ngram", "--seed", "3"]):
        done = demo("--recipe", *arguments)
        assert done.exit_code == 0, done.stderr
    assert {path.name for path in MODELS.iterdir()} == {"demo-ngram", "demo-other", "demo-ngram-seed-3"}
    assert recipe_of("demo-other").name == "other"
    assert recipe_of("demo-ngram-seed-3").seed == 3


@pytest.mark.usefixtures("unevaluated")
def test_the_same_demo_runs_again_and_says_what_it_replaces(again):
    """`make demo` works a second time; the line comes before the training, so that it can be stopped."""
    assert "is replaced" not in again.stderr
    first = ModelFolder(MODELS / "demo-ngram").record
    done = demo("--recipe", "ngram")
    assert done.exit_code == 0, done.stderr
    assert done.stderr.startswith("models/demo-ngram, an earlier demo by this recipe, is replaced at the end")
    assert ModelFolder(MODELS / "demo-ngram").record.model_digest == first.model_digest


@pytest.mark.usefixtures("unevaluated")
def test_what_is_no_demo_is_never_replaced_unasked():
    """Neither somebody's folder of that name, nor one that is given; --overwrite replaces both."""
    mine = MODELS / "demo-ngram" / "mine.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    for arguments in ([], ["--out", str(mine.parent)]):
        done = demo("--recipe", "ngram", *arguments)
        assert done.exit_code == 2
        assert "models/demo-ngram exists already" in done.stderr
        assert mine.is_file()
    assert demo("--recipe", "ngram", "--overwrite").exit_code == 0
    assert not mine.exists()
