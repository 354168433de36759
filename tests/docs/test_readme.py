"""What the README tells people to type works: run for real, on few posts and with a tiny base."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pyarrow as pa
import pytest
from typer.main import get_group
from typer.testing import CliRunner

import huggingtweets
from huggingtweets import recipe_names, recipes
from huggingtweets.cli import app
from huggingtweets.model_folder import ADAPTER_WEIGHTS, NGRAM_WEIGHTS
from huggingtweets.training.gpt2 import SIZES, Size
from tests.conftest import ROOT
from tests.helpers.archive_builder import tweet, write_zip
from tests.helpers.tiny import small_base, varied_texts

README = (ROOT / "README.md").read_text("utf-8")
PARSED_ONLY = (  # some serve until they are stopped, others need a network; the demo has tests of its own
    *("app", "bases", "demo", "publish", "serve"),
)
SMALLER = {  # options that come last, and so replace those of the README
    "evaluate": ["--count", "16"],
    "forget": ["--yes"],
    "pretrain": ["--hours", "0.001", "--held-out-posts", "50"],
    "sweep": ["--trials", "1"],
    "train": ["--no-evaluate"],  # one is evaluated next, and nothing needs the other evaluation
}
ANSWERS = "1\n" * 20  # of the game


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def commands() -> list[list[str]]:
    """The words of every command in the order of the page; in sentences only those with arguments."""
    lines = re.findall(r"^huggingtweets .+$|(?<=`)huggingtweets [\w-]+ [^`]+(?=`)", README, re.MULTILINE)
    return [shlex.split(line, comments=True)[1:] for line in lines]


def mentioned() -> set[str]:
    """The commands and options that sentences name without arguments."""
    return set(re.findall(r"`huggingtweets ([\w-]+)`", README))


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with the files that the README names, where the starter recipe trains a tiny base."""
    monkeypatch.chdir(tmp_path)
    texts = varied_texts(200, seed=1)
    posts = [tweet(1000 + number, text) for number, text in enumerate(texts)]
    write_zip(tmp_path / "archive.zip", posts, handle="yourname")
    shutil.copy("archive.zip", "twitter-2024-10-01.zip")
    (tmp_path / "posts").mkdir()
    lines = "".join(f'{{"text": "{text}"}}\n' for text in texts).encode()
    (tmp_path / "posts" / "one.jsonl.zst").write_bytes(pa.compress(lines, "zstd", asbytes=True))
    monkeypatch.setitem(SIZES, "nano", Size(layers=1, width=64, vocabulary=400, batch_tokens=512))
    small = [
        f"base={small_base(tmp_path / 'base')}",
        "epochs=1",
        "evaluations=1",
        "sampling.max_new_tokens=12",
    ]
    load = recipes.load
    for holder, name in (
        (recipes, "load"),
        (huggingtweets, "load_recipe"),
    ):  # both keep it
        monkeypatch.setattr(holder, name, lambda name, more=(): load(name, [*small, *more]))
    return tmp_path


def run(*words: str) -> str:
    """What a command prints; words with a star become the files that they mean, as in a shell."""
    expanded = [
        str(file) for word in words for file in (sorted(Path().glob(word)) if "*" in word else [word])
    ]
    arguments = [*expanded, *SMALLER.get(words[0], [])]
    done = CliRunner().invoke(app, arguments, input=ANSWERS, prog_name="huggingtweets")
    assert done.exit_code == 0, f"huggingtweets {shlex.join(arguments)}: {done.output}"
    return done.stdout


def test_commands_exist():
    """Each command of the page exists and takes the options that it is given."""
    known = get_group(app).commands
    for name, *arguments in commands():
        known[name].make_context(name, arguments)
    shown = run("--help")
    assert {"app", "sources", "--install-completion"} <= mentioned()
    assert [name for name in mentioned() if name not in known and f" {name} " not in shown] == []


def test_commands_work_in_their_order(place):
    """From the archive to the models, one after the other; a second training goes to a folder of its own."""
    for name, *arguments in commands():
        if name in PARSED_ONLY:
            continue
        if Path("models/yourname").exists():
            for other in ("me", "A", "B"):
                shutil.copytree("models/yourname", f"models/{other}", dirs_exist_ok=True)
        again = ["--out", "models/again"] if name == "train" and Path("models/yourname").exists() else []
        run(name, *arguments, *again)
    assert {"yourname", "again"} <= {path.name for path in (place / "models").iterdir()}
    assert Path("mine.toml").exists()
    assert Path("bases/mine/model.safetensors").exists()


def test_the_targets_of_make_exist():
    """`make demo` and the other targets that the page names exist; the demo runs a command that exists."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    named = set(re.findall(r"^make ([\w-]+)|`make ([\w-]+)`", README, re.MULTILINE))
    targets = {block or sentence for block, sentence in named}
    assert {"demo", "test", "test-slow", "check", "browser"} <= targets
    assert targets <= set(re.findall(r"^([\w-]+):", makefile, re.MULTILINE))
    assert "huggingtweets demo" in makefile
    assert "source $(BIN)/activate" in makefile  # without it the next command is not found
    assert "source .venv/bin/activate" in blocks("bash")[1]
    assert "demo" in get_group(app).commands


def test_the_python_works(place):
    """Both examples run; the folder that they make has the files that the page lists."""
    for code in blocks("python"):
        exec(compile(code, "README.md", "exec"), {})  # noqa: S102 -- that is what is tested
    files = re.search(r"## What is in a model folder\n(.*?)\n## ", README, re.DOTALL)[1]
    named = re.findall(r"`([\w.]+\.(?:json|md|png|safetensors))`", files)
    of_others = {ADAPTER_WEIGHTS, NGRAM_WEIGHTS}  # an adapter and an n-gram model have these
    assert {"run.json", "predictions.png", *of_others} <= set(named)
    assert [
        name for name in set(named) - of_others if not (place / "models" / "yourname" / name).exists()
    ] == []


def test_the_page_names_what_there_is():
    """Every recipe is in the table and exists; every file that is linked or named exists."""
    table = re.search(r"\| recipe \| base \|.*?\n\n", README, re.DOTALL)[0]
    first = re.findall(r"^\| (.*?) \|", table.replace("(default of `train`)", ""), re.MULTILINE)
    assert {name for cell in first for name in re.findall(r"`([\w.-]+)`", cell)} == set(recipe_names())
    links = [link for link in re.findall(r"\]\(([^)#]+)", README) if "://" not in link]
    named = re.findall(r"`(src/[\w/.-]+)`", README)
    assert [path for path in [*links, *named] if not (ROOT / path).exists()] == []
