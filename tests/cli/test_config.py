"""Defaults of options from the user's file and from one in the folder, and what such files may not say."""

from __future__ import annotations

import json

import pytest
import typer

from huggingtweets.cli import app
from huggingtweets.cli._config import CONSENT, OF_FOLDERS, load_defaults, user_file
from huggingtweets.errors import UserError
from huggingtweets.workflows.data import sample_archive
from tests.helpers.commands import run


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Writes either file, in a home and a folder of their own."""
    home, folder = tmp_path / "home", tmp_path / "folder"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home))
    monkeypatch.chdir(folder)

    def write(*, user="", here=""):
        user_file().parent.mkdir(parents=True, exist_ok=True)
        user_file().write_text(user, "utf-8")
        (folder / "huggingtweets.toml").write_text(here, "utf-8")

    return write


def test_what_is_nearer_wins(files):
    """The folder's file over the user's, and what is typed over both."""
    files(user='[inspect]\nlang = "fr"\nshow = 1\n', here='[inspect]\nlang = "en"\n')
    shown = run("inspect", sample_archive())
    assert len(shown.stdout.splitlines()) == 1
    funnels = [
        json.loads(run("inspect", sample_archive(), "--json", *typed).stdout)[0]["funnel"]
        for typed in ((), ("--lang", "de"))
    ]
    assert funnels[0]["kept"] > 100
    assert funnels[1]["kept"] < 20


def test_every_name_is_that_of_an_option():
    """What may or may not be set exists under this name."""
    commands = typer.main.get_group(app).commands.values()
    names = {parameter.name for command in commands for parameter in command.params}
    assert names >= OF_FOLDERS | CONSENT


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('[train]\ntracker = "wandb"\n', "'tracker' of train cannot be set in this file; type it, or set it"),
        ('[inspect]\nexport = "posts.csv"\n', "'export' of inspect cannot be set in this file"),
        ("[train]\nyes = true\n", "'yes' of train cannot be set"),
        ("[trian]\nseed = 1\n", "did you mean 'train'?"),
        ("[train]\nrecip = 1\n", "did you mean 'recipe'?"),
        ("seed = 1\n", "put it under a command"),
        ("[train\n", "cannot be read"),
    ],
)
def test_a_folder_cannot_send_write_or_agree(files, content, words):
    """A file that came with a folder sets nothing of that kind; each mistake is one line, exit code 2."""
    files(here=content)
    done = run("models")
    assert done.returncode == 2
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1


TYPED = ("--since", "2024-03-01")
REPEATED = """
[train]
set = "epochs=1"
since = 2024-03-01
mix = ["a=1", "b=2"]
[fleet]
set = "epochs=1"
since = 2024-03-01
"""


def test_a_value_is_taken_as_toml_writes_it(files):
    """A day needs no quotes, an option that can be repeated no list; fleet has a table, too."""
    files(here="[inspect]\nsince = 2024-03-01\n")
    told = [json.loads(run("inspect", sample_archive(), "--json", *typed).stdout) for typed in ((), TYPED)]
    assert told[0][0]["funnel"] == told[1][0]["funnel"]
    files(here=REPEATED)
    given = {"settings": ["epochs=1"], "since": "2024-03-01"}
    assert load_defaults(app) == {"train": {**given, "mix": ["a=1", "b=2"]}, "fleet": {"run": given}}


def test_a_mistake_in_a_file_is_json_for_machines(files):
    """As every other error is."""
    files(here="[train\n")
    assert json.loads(run("models", "--json").stdout)["exit_code"] == 2


def test_the_user_may_set_more_but_not_agree_beforehand(files):
    """A tracker, but no consent."""
    files(user='[train]\ntracker = "none"\n')
    assert load_defaults(app) == {"train": {"tracker": "none"}}
    files(user="[train]\nshare-data = true\n")
    with pytest.raises(UserError, match="type it"):
        load_defaults(app)
