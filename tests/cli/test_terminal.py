"""Progress as people see it: a bar on a terminal, plain lines elsewhere, and how long the rest takes."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from contextlib import suppress

import pytest
from msgspec.structs import replace
from typer.testing import CliRunner

from huggingtweets import DataConfig, ReadOptions, TrainConfig, generate, load_recipe, recipe_names, train
from huggingtweets.cli import _terminal, app
from huggingtweets.cli._results import print_trained
from huggingtweets.cli._terminal import Pace, Terminal, duration
from huggingtweets.model_folder import ModelFolder
from huggingtweets.progress import Silence
from huggingtweets.types import CurvePoint, Stage
from tests.conftest import ROOT
from tests.helpers.commands import call
from tests.helpers.tiny import small_base, varied_texts

# A command whose progress is printed at once, and not only after some seconds.
AT_ONCE = """
from huggingtweets.cli import _terminal, main
_terminal.LINE_SECONDS = _terminal.PACE_SECONDS = 0
main()
"""


def _at_once(*words):
    sys.argv = ["huggingtweets", *words]
    exec(AT_ONCE, {})  # noqa: S102 -- in a process of its own


class Counts(Silence):
    """Keeps how many posts were written, and of how many."""

    def __init__(self, told):
        self.written = lambda done, total: told.append((done, total))


@pytest.fixture(scope="module")
def tiny_model(tmp_path_factory):
    """The folder of a model that writes at once."""
    place = tmp_path_factory.mktemp("terminal")
    rows = [f'{number},"{text}"' for number, text in enumerate(varied_texts(150, seed=2))]
    (place / "ada.csv").write_text("\n".join(["id,text", *rows]), "utf-8")
    settings = [
        f"base={small_base(place / 'base')}",
        "epochs=1",
        "evaluations=1",
        "sampling.max_new_tokens=20",
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HUGGINGTWEETS_HOME", str(place / "home"))
        job = TrainConfig(
            data=DataConfig(locations=(str(place / "ada.csv"),), options=ReadOptions(name="ada")),
            recipe=load_recipe("starter", settings),
            out=place / "models" / "ada",
            tracker="none",
            evaluate=False,
        )
        return train(job).path


@pytest.fixture
def clock(monkeypatch):
    """A clock that the test sets."""
    now = [100.0]
    monkeypatch.setattr(_terminal.time, "monotonic", lambda: now[0])
    return now


def test_the_pace_is_that_since_the_first_look(clock):
    """A run that goes on at step 50 is not ten times as fast; nothing is said of the first seconds."""
    pace = Pace()
    assert pace.seconds_left(50, 150) is None
    clock[0] += 1
    assert pace.seconds_left(60, 150) is None
    clock[0] += 9
    assert pace.seconds_left(70, 150) == pytest.approx(40)
    assert pace.seconds_left(70, None) is None


def test_plain_lines_say_how_long(clock, capsys):
    """Without a terminal it is said once how long a stage takes, and in each line how long the rest does."""
    with Terminal() as terminal:
        terminal.stage("train", "a recipe")
        for step in range(1, 31):
            clock[0] += 2
            terminal.stepped(step, 100, 2.5, 300.0)
    shown = capsys.readouterr().err
    assert shown.count("to go, as fast as so far") == 1
    assert "about 3 min to go" in shown
    assert shown.splitlines()[-1].startswith("  step 28 of 100, loss 2.500, ")
    assert ", 2 min to go" in shown.splitlines()[-1]


def test_no_line_says_that_nothing_was_done(clock, capsys):
    """A stage whose first piece takes long does not begin with "0 of 5", and no figure stands there twice."""
    with Terminal() as terminal:
        terminal.stage("generate")
        clock[0] += 60
        terminal.written(0, 5)
        terminal.written(1, 5)
    assert capsys.readouterr().err == "  1 of 5 posts\n"


def test_writing_posts_says_how_long(clock, capsys):
    """Posts that are written to be measured are counted, and it is said when they will be done."""
    with Terminal() as terminal:
        terminal.stage("write", "64 by each model")
        for done in (0, 64):
            terminal.written(done, 128)
            clock[0] += 20
    assert "about 20 s to go" in capsys.readouterr().err


def test_names_are_whole_on_a_narrow_terminal(monkeypatch):
    """What is to be copied is not cut off; other columns take more lines."""
    printing = sys.modules["huggingtweets.cli.recipes"]  # whose name in the package is that of the command
    monkeypatch.setattr(printing, "console", lambda: _terminal.PlainConsole(width=40))
    shown = CliRunner().invoke(app, ["recipes"]).stdout
    assert max(map(len, shown.splitlines())) == 40
    assert [name for name in recipe_names() if f" {name} " not in shown] == []


def test_who_a_model_is_of_stands_on_one_line(ngram_model, tmp_path, capsys):
    """A name is not folded to the width of the counts below it, however long it is."""
    shutil.copytree(ngram_model, tmp_path / "model")
    model, name = ModelFolder(tmp_path / "model"), "Doctor Bartholomew Maximilian Featherstonehaugh"
    (author,) = model.record.authors
    known = replace(author, account=replace(author.account, name=name, handle="doctor_bartholomew"))
    model.save_record(replace(model.record, authors=(known,)))
    print_trained(ModelFolder(model.path))
    assert f"{name} @doctor_bartholomew" in capsys.readouterr().out.splitlines()


def test_figures_of_models_are_whole_on_a_narrow_terminal(ngram_model, tmp_path, monkeypatch):
    """A table of models that is squeezed keeps what commands take and what is compared."""
    printing = sys.modules["huggingtweets.cli._results"]
    monkeypatch.setattr(printing, "console", lambda: _terminal.PlainConsole(width=60))
    folder = shutil.copytree(ngram_model, tmp_path / "models" / "somebody_at_work")
    monkeypatch.chdir(tmp_path)
    shown = CliRunner().invoke(app, ["models"]).stdout
    assert max(map(len, shown.splitlines())) <= 60
    (metric,) = ModelFolder(folder).record.result.metrics
    assert f" models/{folder.name} " in shown
    assert f" {metric.value:.3f}" in shown
    assert "…" not in shown


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0.2, "1 s"), (40, "40 s"), (99, "99 s"), (150, "2 min"), (3600, "1 h 0 min"), (7500, "2 h 5 min")],
)
def test_times_are_said_as_people_say_them(seconds, expected):
    """Seconds, minutes or hours."""
    assert duration(seconds) == expected


def test_the_pace_of_a_job_goes_on_over_its_stages(clock, capsys):
    """Each question of an evaluation is a stage; how long all take is told from those that are answered."""
    with Terminal() as terminal:
        for answered, question in enumerate(("prediction", "authorship", "copying")):
            terminal.stage(question)
            terminal.advanced(answered, 8, "questions")
            clock[0] += 20
    shown = capsys.readouterr().err
    assert "about 2 min to go" in shown  # 20 s each, and 7 are left
    assert "Does it only repeat the person?" in shown


def test_texts_that_end_are_told_one_by_one(tiny_model):
    """Of posts that are written together it is told how many are written, before all are."""
    told = []
    generate(tiny_model, count=200, seed=1, watcher=Counts(told))  # of so many some end early
    counts = [done for done, total in told if total == 200]
    assert counts[0] == 0
    assert counts[-1] == 200
    assert any(0 < done < 200 for done in counts)


COMMANDS = {
    "generate": (("generate", "MODEL", "-n", "30", "--seed", "1"), ["of 30 posts"]),
    "merge": (("merge", "MODEL", "COPY", "--out", "merged"), ["Averaging the weights", "tensors", "to go"]),
    "export": (
        ("export", "MODEL", "--to", "gguf", "--out", "exported"),
        ["Loading the model", "tensors", "of 10 texts", "to go"],
    ),
}


@pytest.mark.parametrize(
    "command", ["generate", *(pytest.param(name, marks=pytest.mark.slow) for name in ("merge", "export"))]
)
def test_commands_of_seconds_say_how_far_they_are(command, tiny_model, tmp_path):
    """In a process of their own, without a terminal, they print lines of progress on standard error."""
    arguments, expected = COMMANDS[command]
    models = {"MODEL": str(tiny_model), "COPY": str(shutil.copytree(tiny_model, tmp_path / "copy"))}
    words = [models.get(word, word) for word in arguments]
    done = call(_at_once, *words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [words for words in expected if words not in done.stderr] == [], done.stderr
    assert "to go" not in done.stdout


def test_a_terminal_shows_a_bar(tiny_model, tmp_path):
    """Of a command that writes for seconds; the results are on standard output alone."""
    pty = pytest.importorskip(
        "pty", reason="Windows has no pseudo-terminals of this kind", exc_type=ImportError
    )
    main, end = pty.openpty()
    words = ["generate", str(tiny_model), "-n", "30", "--seed", "1"]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    with subprocess.Popen(
        [sys.executable, "-c", AT_ONCE, *words],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=end,
        env=environment,
    ) as process:
        os.close(end)
        shown = b""
        with suppress(OSError):  # what Linux says at the end
            while part := os.read(main, 65536):
                shown += part
        written, _ = process.communicate()
    os.close(main)
    assert process.returncode == 0
    assert b"Writing posts" in shown
    assert b"Writing posts" not in written


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_a_narrow_terminal_shows_the_time_that_is_left(columns, monkeypatch, capsys):
    """The bar and the figures are shortened, whatever they say; how long the rest takes is not cut off."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", str(columns))
    with Terminal() as terminal:
        terminal.stage("train", "a recipe")
        terminal.evaluated(CurvePoint(step=0, epoch=0.0, bits_per_byte=1.886))
        terminal.stepped(28, 87, 3.629, 431.0)
    bars = [line for line in plain(capsys.readouterr().err) if " step 28 of" in line]
    assert bars
    for line in bars:
        assert re.search(r"^Training \S+ (-:--:--|\d+:\d\d:\d\d) step 28 of", line)
        assert len(line) <= columns


def test_words_are_whole_where_a_message_is_wrapped(monkeypatch, capsys):
    """On a terminal a long message breaks between words; in a file it stays one line."""
    message = "349 posts with 33,300 characters are left to learn from: the voice will be faint"
    for forced, lines in (("1", 3), ("", 1)):
        monkeypatch.setenv("FORCE_COLOR", forced)
        monkeypatch.setenv("COLUMNS", "30")
        with Terminal() as terminal:
            terminal.note(message)
        shown = [line for line in plain(capsys.readouterr().err) if line]
        assert len(shown) == lines
        assert " ".join(line.strip() for line in shown) == message


def test_every_stage_that_is_announced_has_a_title():
    """A stage is shown in words: each name in the code has a title, or is a question of the evaluation."""
    announced = {
        call.args[0].value
        for file in (ROOT / "src").rglob("*.py")
        for call in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "stage"
        if call.args and isinstance(call.args[0], ast.Constant)
    }
    assert {"fetch", "trial", "write"} <= announced
    assert {*announced, *Stage} - {*_terminal.TITLES} == {Stage.PUBLISH}  # which shows the plan itself


def plain(shown):
    """The lines of what a terminal was sent, without its codes."""
    return [line.rstrip() for line in re.split(r"[\r\n]+", re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown))]
