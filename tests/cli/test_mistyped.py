"""Names that are mistyped: the message names the one that was meant."""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from huggingtweets.cli import app
from huggingtweets.model_folder import RECORD, WHOLE_WEIGHTS
from huggingtweets.registry import suggestion
from huggingtweets.workflows.data import sample_archive

POSTS = sample_archive()
MISTYPED = {
    "recipe": (["train", POSTS, "--recipe", "startre"], "'starter'"),
    "recipe in capitals": (["train", POSTS, "--recipe", "SmolLM2-135M"], "'smollm2-135m'"),
    "key of a recipe": (["train", POSTS, "--recipe", "starter", "--set", "epoch=3"], "'epochs'"),
    "source": (["inspect", POSTS, "--source", "x-archive"], "'x_archive'"),
    "language in capitals": (["inspect", POSTS, "--lang", "EN"], "'en'"),
    "tracker": (["train", POSTS, "--recipe", "ngram", "--tracker", "trackoi"], "'trackio'"),
    "base": (["train", POSTS, "--recipe", "starter", "--base", "smolm2-135m"], "'smollm2-135m'"),
    "base to be fetched": (["bases", "fetch", "gemma"], "'gemma-3-1b' or 'gemma-3-270m' or 'gemma-3-4b'"),
    "base by a mistyped beginning": (
        ["bases", "fetch", "smolm"],
        "'smollm2-1.7b' or 'smollm2-135m' or 'smollm2-360m'",
    ),
    "setting that is searched": (
        ["sweep", POSTS, "--recipe", "starter", "--space", "learning_rte=1:2"],
        "'learning_rate'",
    ),
    "target": (["export", "me", "--to", "olama"], "'ollama'"),
    "format": (["export", "me", "--to", "gguf", "--quant", "q8"], "'q8_0'"),
    "model": (["generate", "mee"], "'me'"),
    "model to be played with": (["play", "mee"], "'me'"),
    "model by its path": (["lineage", "models/mee"], "'me'"),
}


@pytest.fixture
def model(tmp_path):
    """What is enough to be taken for a model: models/me, with files of the right names."""
    folder = tmp_path / "models" / "me"
    folder.mkdir(parents=True)
    for name in (RECORD, WHOLE_WEIGHTS):
        (folder / name).touch()
    return folder


@pytest.mark.parametrize("kind", MISTYPED)
def test_the_name_that_was_meant_is_named(kind, model, monkeypatch):
    """At the end of the one line that says what is wrong."""
    monkeypatch.chdir(model.parents[1])
    arguments, meant = MISTYPED[kind]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 2
    assert done.stderr.splitlines()[-1].endswith(f"; did you mean {meant}?")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("OLLAMA", "'ollama'"),
        ("gg", "'gguf'"),
        ("oll", "'ollama'"),
        ("we", "'web'"),
        ("olam", "'ollama'"),
        ("wob", "'web'"),
        ("tflite", ""),
        ("", ""),
    ],
)
def test_a_suggestion_is_near_or_there_is_none(typed, meant):
    """Capitals do not count, the beginning stands for the whole, and nothing far off is named."""
    assert suggestion(typed, ("gguf", "ollama", "web")) == (f"; did you mean {meant}?" if meant else "")


@pytest.mark.parametrize("known", [("nn", "en"), ("en", "nn")])
def test_of_two_names_as_like_the_one_that_begins_so_is_meant(known):
    """In whichever order they are known; a first letter is seldom mistyped."""
    assert suggestion("enn", known) == "; did you mean 'en'?"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("cp1521", "cp1251"),
        ("windows-1521", "windows-1251"),
        ("UTF-88", "utf-8"),
        ("base64", None),
        ("idna", None),
    ],
)
def test_an_encoding_that_cannot_be_read_is_refused_with_the_one_that_was_meant(typed, meant, tmp_path):
    """In one line, also where Python knows the name and makes no text of it."""
    (tmp_path / "posts.txt").write_text("A post\n")
    done = CliRunner().invoke(
        app, ["inspect", str(tmp_path / "posts.txt"), "--name", "A", "--encoding", typed]
    )
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    assert f"error: encoding {typed!r} is not known; give one such as cp1251" in done.stderr
    assert "did you mean" not in done.stderr if meant is None else f"did you mean {meant!r}?" in done.stderr


def test_a_model_that_is_not_there_is_said_at_once(tmp_path):
    """Without loading what only a model needs."""
    code = (
        "import sys; from huggingtweets.cli import app\n"
        "app(['generate', 'nobody'], standalone_mode=False)\n"
        "sys.exit('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "models/nobody holds no model" in done.stderr
    assert done.returncode == 0


@pytest.mark.parametrize("command", [("train",), ("sweep", "--out", "mine.toml")])
def test_a_location_that_is_not_there_is_said_before_a_base_is_fetched(command, tmp_path, monkeypatch):
    """No recipe is chosen for posts that cannot be read, since that may fetch its base."""
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, [command[0], "gone.zip", *command[1:]])
    assert done.exit_code == 2
    assert done.stderr.startswith("error: no file or folder is at gone.zip")


@pytest.mark.parametrize("command", ["train", "sweep"])
@pytest.mark.parametrize(
    "base", ["nobody/nothing", "nothing", "./gone", "a/b/c", "gone.gguf", "ollama:nothing", "empty"]
)
def test_a_base_that_cannot_be_had_is_said_before_posts_are_read(command, base, tmp_path, monkeypatch):
    """Wherever it was to come from, in one line; nothing else is said before it but the recipe."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    given = ["--base", base] if command == "train" else ["--set", f"base={base}"]
    done = CliRunner().invoke(app, [command, POSTS, "--recipe", "starter", *given])
    assert done.exit_code == 2
    assert done.stderr.startswith(f"error: base {base}: ")
    assert done.stderr.count("\n") == 1


def test_a_model_is_no_place_of_posts(model):
    """Who gives a model's folder is told what it is."""
    done = CliRunner().invoke(app, ["inspect", str(model)])
    assert "is a model; give the posts" in done.stderr


def test_what_is_wrong_with_a_value_is_said_without_a_list_of_keys():
    """A key that exists needs no list of those that do."""
    done = CliRunner().invoke(app, ["train", POSTS, "--recipe", "starter", "--set", "epochs=three"])
    assert done.stderr.strip().endswith("epochs = three; expected a whole number")


@pytest.mark.parametrize("typed", ["stauts", "retyr", "result"])
def test_a_command_of_a_fleet_that_was_meant_is_named(typed, tmp_path, monkeypatch):
    """It is not taken for a table of authors that lacks --out; a table of that name is."""
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["fleet", typed, "store"])
    assert done.exit_code == 2
    assert f"called {typed!r}; did you mean '" in done.stderr
    (tmp_path / typed).touch()
    done = CliRunner().invoke(app, ["fleet", typed])
    assert "--out" in done.stderr


@pytest.mark.parametrize("authors", ["nowhere.csv", "/dev/null"])
def test_a_fleet_without_authors_fetches_no_base(authors, home):
    """What is no file and no folder is refused in one line, before anything is fetched or read."""
    done = CliRunner().invoke(app, ["fleet", authors, "--out", "store"])
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    assert f"{authors} is no file or folder; give a table" in done.stderr
    assert not list(home.iterdir())


def test_a_fleet_without_a_base_registers_no_author(tmp_path, monkeypatch):
    """It is said once, not for each author."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ada.txt").write_text("A post\n")
    (tmp_path / "authors.csv").write_text("location\nada.txt\n")
    fleet = ["fleet", "authors.csv", "--out", "store", "--recipe", "starter", "--base", "./gone"]
    done = CliRunner().invoke(app, fleet)
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.startswith("error: base ./gone: ")
    assert not (tmp_path / "store").exists()


SWEEP = ("sweep", POSTS, "--recipe", "starter")
FLEET = ("fleet", "authors.csv", "--out", "store", "--recipe", "starter", "--tracker", "none")
USELESS = {
    "workers of one process": ((*SWEEP, "--workers", "2"), "give --on, too"),
    "a cluster for this machine": ((*SWEEP, "--on", "local", "--address", "auto"), "give --on ray, too"),
    "a cluster for processes": ((*FLEET, "--address", "auto"), "give --on ray, too"),
    "shares of GPUs for processes": ((*FLEET, "--gpus-per-author", "0.5"), "give --on ray, too"),
    "workers for one model": ((*FLEET, "--one-model", "--workers", "2"), "trained by one process"),
}


@pytest.mark.parametrize("case", USELESS)
def test_an_option_that_would_change_nothing_is_refused(case, tmp_path, monkeypatch):
    """Whoever asks for many workers would wait for one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ada.txt").write_text("A post\n")
    (tmp_path / "authors.csv").write_text("location\nada.txt\n")
    words, told = USELESS[case]
    done = CliRunner().invoke(app, list(words))
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1), done.output
    assert told in done.stderr
    assert not (tmp_path / "store").exists()
