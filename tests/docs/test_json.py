"""What `--json` prints is what docs/cli.md says: every command has a schema, and real outputs keep to it."""

from __future__ import annotations

import json
import re
import shutil

import msgspec
import pytest
from json_schemas import documents
from typer.main import get_command
from typer.testing import CliRunner

from huggingtweets.cli import app
from huggingtweets.workflows.data import sample_archive
from tests.conftest import ROOT
from tests.helpers.tiny import varied_texts

DOCUMENTS = documents()


def printed(*words: str, answers: str | None = None, exit_code: int = 0) -> str:
    """The document that a command prints."""
    done = CliRunner().invoke(app, [*words, "--json"], input=answers)
    assert done.exit_code == exit_code, done.output
    return done.stdout


def keeps_to(document: str, words: str) -> None:
    """The document has the type of the command, and nothing that the type does not have."""
    typed = msgspec.json.decode(document, type=DOCUMENTS[words])
    assert json.loads(msgspec.json.encode(typed)) == json.loads(document)


def commands(group, before: str = ""):
    """Every command that has --json, by the words that one types."""
    for name, command in group.commands.items():
        if command.hidden:
            continue
        words = f"{before}{name}"
        if hasattr(command, "commands"):
            yield from commands(command, f"{words} ")
        elif any("--json" in parameter.opts for parameter in command.params):
            yield words


def test_every_command_has_a_schema():
    """Every command with --json, the forms that print something else, and errors."""
    named = {words.replace("fleet run", "fleet") for words in commands(get_command(app))}
    assert named == {words for words in DOCUMENTS if " -" not in words} - {"an error"}


def test_the_page_has_the_schemas():
    """The schemas are JSON, and each name that a schema or a row of the table refers to is defined."""
    page = (ROOT / "docs" / "cli.md").read_text("utf-8")
    (text,) = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    defined = json.loads(text)["$defs"].keys()
    assert set(re.findall(r"#/\$defs/([\w.]+)", text)) <= defined
    assert set(re.findall(r"^\| `.*?` \| (?:a list of )?`([\w.]+)` \|$", page, re.MULTILINE)) <= defined


@pytest.fixture
def place(ngram_model, tmp_path, monkeypatch):
    """A folder with a model of its own, which an evaluation may change."""
    shutil.copytree(ngram_model, tmp_path / "models" / "me")
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    "words",
    [
        ("sources",),
        ("recipes",),
        ("bases",),
        ("inspect", sample_archive()),
        ("models", "models"),
        ("generate", "me", "--count", "2"),
        ("lineage", "me"),
        pytest.param(("compare", "me", "me", "--count", "16"), marks=pytest.mark.slow),
        pytest.param(("evaluate", "me", "--count", "16"), marks=pytest.mark.slow),
        ("reproduce", "me"),
        ("forget", "Me", "--dry-run"),
    ],
    ids=lambda words: words[0],
)
@pytest.mark.usefixtures("place")
def test_real_documents_keep_to_their_schemas(words):
    """Of commands that need a model and no network, one after the other."""
    keeps_to(printed(*words), words[0])


@pytest.mark.slow
@pytest.mark.usefixtures("place")
def test_documents_of_other_forms_keep_to_theirs(tmp_path):
    """A dry run, a game, a fleet and what is asked of it, and an error."""
    right = ["publish", "me", "--i-am-the-author", "--with-dataset", "--dry-run"]
    keeps_to(printed(*right), "publish --dry-run")
    keeps_to(printed("play", "me", "--rounds", "3", answers="1\n2\n1\n"), "play")
    rows = [f'{i},ada,"{text}"' for i, text in enumerate(varied_texts(300, seed=5))]
    (tmp_path / "posts.csv").write_text("\n".join(["id,author,text", *rows]), "utf-8")
    store = str(tmp_path / "store")
    keeps_to(printed("fleet", str(tmp_path / "posts.csv"), "--out", store, "--recipe", "ngram"), "fleet")
    for name in ("status", "retry", "results"):
        keeps_to(printed("fleet", name, store), f"fleet {name}")
    keeps_to(printed("generate", "nobody", exit_code=2), "an error")
