"""What commands report on the way: quietly, into a file, and of errors as JSON."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer
from typer.testing import CliRunner

from huggingtweets.cli import app
from huggingtweets.workflows import recipes
from huggingtweets.workflows.data import sample_archive
from huggingtweets.workflows.forget import Traces
from huggingtweets.workflows.forget.trace import Trace
from huggingtweets.workflows.recipes import ListedRecipe
from tests.helpers.commands import run


def test_quiet_prints_results_and_errors_only(tmp_path):
    """Standard error is empty where all goes well; the result is the same."""
    loud, quiet = (run("inspect", sample_archive(), *options) for options in ((), ("--quiet",)))
    assert loud.stdout == quiet.stdout
    assert loud.stderr != ""
    assert quiet.stderr == ""
    failed = run("inspect", tmp_path / "gone.zip", "-q")
    assert failed.returncode == 2
    assert failed.stderr.startswith("error: ")


def test_a_log_file_has_what_was_reported_and_the_traceback_of_an_error(tmp_path):
    """Each command adds to it; the terminal shows one line of the error."""
    log = tmp_path / "log.txt"
    assert run("inspect", sample_archive(), "--quiet", "--log-file", log).returncode == 0
    failed = run("inspect", tmp_path / "gone.zip", "--log-file", log)
    assert len(failed.stderr.splitlines()) == 1
    lines = log.read_text("utf-8").splitlines()
    assert "Reading: " in lines[0]
    assert any("Traceback" in line for line in lines[1:])
    assert lines[-1].endswith(failed.stderr.strip().removeprefix("error: "))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a file that is always full")
def test_a_log_file_on_a_full_disk_ends_no_work():
    """It is said once, and the command goes on to its end."""
    done = run("inspect", sample_archive(), "--json", "--quiet", "--log-file", "/dev/full")
    assert done.returncode == 0
    assert json.loads(done.stdout)[0]["funnel"]["kept"] > 600
    [line] = done.stderr.splitlines()
    assert line.startswith("the log file /dev/full cannot be written (No space left")


def test_a_log_file_that_cannot_be_written_is_one_line(tmp_path):
    """Nothing is read before that is known."""
    done = run("inspect", sample_archive(), "--log-file", tmp_path / "none" / "log.txt")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("command", [("inspect", "gone.zip"), ("generate", "nobody"), ("lineage", "nobody")])
def test_an_error_is_json_for_machines(command, tmp_path):
    """With --json standard output has one document that says what was wrong; the exit code is in it, too."""
    done = run(*command, "--json", cwd=tmp_path)
    told = json.loads(done.stdout)
    assert told["exit_code"] == done.returncode == 2
    assert told["error"] == done.stderr.splitlines()[-1].removeprefix("error: ")


@pytest.mark.parametrize("words", [(), ("x", "--temperature", "hot"), ("x", "--temperatur", "1")])
def test_what_cannot_be_parsed_is_json_for_machines_too(words):
    """A missing argument, a wrong value and an unknown option are told as other errors are."""
    done = CliRunner().invoke(app, ["generate", *words, "--json"])
    told = json.loads(done.stdout)
    assert told["exit_code"] == done.exit_code == 2
    assert told["error"] in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="needs a shell")
@pytest.mark.parametrize("options", ["", pytest.param(" --json", marks=pytest.mark.slow)])
def test_who_reads_only_the_first_line_sees_no_error(options):
    """As with `| head -1`: the command ends quietly, and well."""
    command = f"{sys.executable} -m huggingtweets inspect {sample_archive()}{options}"
    shell = ["bash", "-c", f"set -o pipefail; {command} | read -r line"]
    done = subprocess.run(shell, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (0, 1), done.stderr


def test_progress_that_nobody_reads_ends_no_work(tmp_path):
    """Where standard error is a closed pipe, the result is whole."""
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "huggingtweets", "inspect", sample_archive(), "--json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=writing, cwd=tmp_path, check=False)
    os.close(writing)
    assert done.returncode == 0
    assert json.loads(done.stdout)[0]["funnel"]["kept"] > 600


@pytest.mark.parametrize(("options", "goes_on"), [((), True), (("--fresh",), False)])
def test_after_ctrl_c_it_says_whether_the_same_command_goes_on(options, goes_on, monkeypatch):
    """A training says so, unless it was to begin anew; the exit code is that of Ctrl-C."""

    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("huggingtweets.workflows.train.read", interrupt)
    words = ["train", sample_archive(), "--recipe", "starter", "--tracker", "none", *options]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 130
    assert ("the same command goes on" in done.stderr) is goes_on


def test_verbose_tells_what_happens_inside(tmp_path):
    """Standard error has what the library logs, each line with its module; without the option it has not."""
    loud, usual = (run("inspect", sample_archive(), *options) for options in (("--verbose",), ()))
    assert loud.stdout == usual.stdout
    assert "huggingtweets.sources: " in loud.stderr
    assert "huggingtweets.sources: " not in usual.stderr
    both = run("inspect", sample_archive(), "--verbose", "--quiet", cwd=tmp_path)
    assert (both.returncode, "--verbose" in both.stderr) == (2, True)


@pytest.mark.parametrize(("number", "exit_code"), [(None, 1), (2, 130), (15, 143)])
def test_a_signal_at_a_question_is_no_mere_no(number, exit_code, monkeypatch):
    """The exit code is that of the signal, also where the command asked whether to go on."""

    def confirm(*_, **__):
        try:
            raise KeyboardInterrupt(number) if number else EOFError
        except (KeyboardInterrupt, EOFError):  # as typer does
            raise typer.Abort from None

    monkeypatch.setattr("typer.confirm", confirm)
    here = Traces("ada", (Trace("model", Path("models/ada"), 5),), {}, ())
    monkeypatch.setattr("huggingtweets.workflows.forget.find_traces", lambda *_: here)
    terminal = SimpleNamespace(isatty=lambda: True)
    monkeypatch.setattr("huggingtweets.cli._consent.sys", SimpleNamespace(stdin=terminal))
    assert CliRunner().invoke(app, ["forget", "ada"]).exit_code == exit_code


def test_a_no_is_json_where_json_was_asked_for(monkeypatch):
    """Whoever reads standard output learns that nothing was done."""

    def no(*_, **__):
        raise typer.Abort

    monkeypatch.setattr("typer.confirm", no)
    here = Traces("ada", (Trace("model", Path("models/ada"), 5),), {}, ())
    monkeypatch.setattr("huggingtweets.workflows.forget.find_traces", lambda *_: here)
    terminal = SimpleNamespace(isatty=lambda: True)
    monkeypatch.setattr("huggingtweets.cli._consent.sys", SimpleNamespace(stdin=terminal))
    done = CliRunner().invoke(app, ["forget", "ada", "--json"])
    assert json.loads(done.stdout) == {"error": "not agreed to; nothing was done", "exit_code": 1}
    assert done.exit_code == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a file that is always full")
@pytest.mark.parametrize(
    ("words", "message", "unbuffered"),
    [
        ("sources --json >/dev/full", "error: no space left on the disk", ""),
        ("inspect gone.zip --json | true", "error: no file or folder is at gone.zip", ""),
        *(
            pytest.param(*each, marks=pytest.mark.slow)
            for each in (
                ("inspect gone.zip --json >/dev/full", "error: no file or folder is at gone.zip", "1"),
                ("sources --json >/dev/full", "error: no space left on the disk", "1"),
                ("inspect gone.zip --json >/dev/full", "error: no file or folder is at gone.zip", ""),
                ("inspect gone.zip --json | true", "error: no file or folder is at gone.zip", "1"),
            )
        ),
    ],
)
def test_an_error_is_said_where_its_json_cannot_be_written(words, message, unbuffered, tmp_path):
    """On a full disk, or where nobody reads the output, standard error has its line; the exit code is 2."""
    script = f"{sys.executable} -m huggingtweets {words}; exit ${{PIPESTATUS[0]}}"
    env = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    shell = ["bash", "-c", script]
    done = subprocess.run(shell, capture_output=True, text=True, check=False, env=env, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    [line] = done.stderr.splitlines()
    assert line.startswith(message)


@pytest.mark.skipif(os.name == "nt", reason="needs a shell")
@pytest.mark.parametrize("count", [1, pytest.param(20_000, marks=pytest.mark.slow)])
def test_a_closed_pipe_is_no_failure_and_a_lost_connection_is_one(count):
    """Only where standard output is what nobody reads any more has the command done its work."""
    raising = "from huggingtweets.cli._errors import show_error; import sys\ntry:\n"
    ending = "\nexcept BrokenPipeError as error:\n sys.exit(show_error(error))"
    of_output = f"{raising} while True: print('x' * {count}, flush=True){ending}"
    of_connection = f"{raising} print('x' * {count}); raise BrokenPipeError(32, 'Broken pipe'){ending}"
    codes = "; exit ${PIPESTATUS[0]}"
    for script, code in ((of_output, 0), (of_connection, 1)):
        piped = f"{sys.executable} -c {shlex.quote(script)} | {'head -c 9' if code == 0 else 'cat'}"
        done = subprocess.run(["bash", "-c", piped + codes], capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stderr


@pytest.mark.skipif(os.name == "nt", reason="needs a shell")
def test_an_input_that_is_closed_is_one_that_has_ended(ngram_model):
    """As a job of a scheduler has it: no question is answered, which is one line."""
    script = f"{sys.executable} -m huggingtweets play {ngram_model} <&-"
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    assert done.stderr.splitlines()[-1].startswith("error: nothing was answered")


def test_brackets_are_no_markup_in_the_list_of_recipes(monkeypatch):
    """What is to be installed is said with its extra."""
    obstacle = "pip install 'huggingtweets[lora]'"
    recipe = ListedRecipe(
        name="a", summary="for [you]", base="b", method="lora", base_here=True, obstacle=obstacle
    )
    monkeypatch.setattr(recipes, "list_recipes", lambda: [recipe])
    printed = CliRunner().invoke(app, ["recipes"]).stdout
    assert obstacle in printed
    assert "for [you]" in printed
