"""What users see first: `--help` in sections, a command's old name, shell completion."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from huggingtweets.cli import COMMANDS, SECTIONS, app


def shown(*arguments: str) -> str:
    """What a command prints, in this process."""
    done = CliRunner().invoke(app, list(arguments), prog_name="huggingtweets")
    assert done.exit_code == 0, done.output
    return done.output


def sections(text: str) -> dict[str, list[str]]:
    """The sections of a help text: the first words of their rows by their titles."""
    blocks = re.findall(r"^(\w[\w ]*):\n((?:  .*\n)+)", text, re.MULTILINE)
    return {title: re.findall(r"^  (\S+)", rows, re.MULTILINE) for title, rows in blocks}


def test_help_lists_every_command_under_what_people_want_to_do():
    """Try, Make, Evaluate, Share and Manage; no command is missing, and none is there twice."""
    listed = sections(shown("--help"))
    assert list(listed) == ["Try", "Make", "Evaluate", "Share", "Manage", "Options"]
    names = {title: [command.__name__ for command in commands] for title, commands in SECTIONS.items()}
    assert {title: listed[title] for title in names} == names
    assert len({command.__name__ for command in COMMANDS}) == len(COMMANDS)


def test_every_summary_is_a_whole_sentence():
    """In the list of commands nothing is cut off."""
    text = shown("--help")
    assert "..." not in text.replace("[ARGS]...", "")
    assert [
        command.__name__ for command in COMMANDS if not re.search(rf"  {command.__name__} +\w", text)
    ] == []


@pytest.mark.parametrize(
    "command",
    [
        *(command.__name__ for command in COMMANDS),
        "fleet run",
        "fleet status",
        "fleet retry",
        "fleet results",
    ],
)
def test_help_shows_examples(command):
    """Every command shows at least one line that can be typed as it is, and that names the command."""
    _, _, examples = shown(*command.split(), "--help").partition("  Examples:\n")
    assert f"huggingtweets {command.removesuffix(' run')}" in examples.partition("\n\n")[0]


@pytest.mark.parametrize("command", [*(command.__name__ for command in COMMANDS), "fleet retry"])
def test_help_names_values_as_people_do(command):
    """No type of a programming language, no bounds as a formula, no braces around what must be given."""
    text = shown(*command.split(), "--help")
    assert re.findall(r"<(?:int|float|str|path|list|bool)\b.*?>|<=|>=|\{.+?\}|\.\.\.\S", text) == []


@pytest.mark.parametrize(
    ("command", "training"), [("train", ["How to train"]), ("sweep", ["How to train"]), ("inspect", [])]
)
def test_options_about_posts_have_sections_of_their_own(command, training):
    """Which posts are read, what is kept of them, how to train; all others are under Options, last."""
    listed = sections(shown(command, "--help"))
    assert list(listed) == ["Arguments", "Which posts", "What is kept of them", *training, "Options"]
    assert "--handle" in listed["Which posts"]
    assert "--since" in listed["What is kept of them"]
    assert {"--json", "--debug"} <= set(listed["Options"])


@pytest.mark.parametrize("command", ["", "train", "models"])
def test_h_is_help(command):
    """-h shows the same as --help, for the program and for its commands."""
    words = command.split()
    assert shown(*words, "-h") == shown(*words, "--help")


def test_no_arguments_show_the_help():
    """Somebody who types only the name sees what there is."""
    done = CliRunner().invoke(app, [], prog_name="huggingtweets")
    assert done.output == shown("--help")


def test_runs_is_the_old_name_of_models(tmp_path):
    """`huggingtweets runs` does what `huggingtweets models` does, and is not listed."""
    assert shown("runs", str(tmp_path), "--json") == shown("models", str(tmp_path), "--json") == "[]\n"
    assert "runs" not in [name for rows in sections(shown("--help")).values() for name in rows]


SHELLS = {  # the variables with which each shell's script asks for completions of "tr"
    "bash": {"COMP_WORDS": "huggingtweets tr", "COMP_CWORD": "1"},
    "zsh": {"_TYPER_COMPLETE_ARGS": "huggingtweets tr"},
    "fish": {"_TYPER_COMPLETE_ARGS": "huggingtweets tr", "_TYPER_COMPLETE_FISH_ACTION": "get-args"},
}


def completion(instruction: str, **variables: str) -> str:
    """What the program answers to a shell; the name that it was called by names the variable."""
    code = "import sys; sys.argv = ['huggingtweets']; from huggingtweets.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "_HUGGINGTWEETS_COMPLETE": instruction, **variables},
        capture_output=True,
        text=True,
        check=False,
    ).stdout


@pytest.mark.parametrize(
    "shell", [pytest.param(name, marks=() if name == "bash" else pytest.mark.slow) for name in SHELLS]
)
def test_shells_complete_commands(shell):
    """Each shell gets a script that calls the program, and the program completes a command's name."""
    assert "_HUGGINGTWEETS_COMPLETE=complete_" + shell in completion(f"source_{shell}")
    assert "train" in completion(f"complete_{shell}", **SHELLS[shell])


def test_completion_is_offered():
    """The options that install it are listed."""
    assert {"--install-completion", "--show-completion"} <= set(sections(shown("--help"))["Options"])


@pytest.mark.parametrize(("own", "spins"), [({}, "1000"), ({"OMP_WAIT_POLICY": "active"}, "None")])
def test_threads_wait_actively_for_a_moment_only(own, spins):
    """A thread that spins burns the time that another needs on a busy machine; users can say otherwise."""
    program = "import os; from huggingtweets import cli; cli._set_waiting_of_threads(); "
    shows = "print(os.environ.get('GOMP_SPINCOUNT'))"
    environment = {k: v for k, v in os.environ.items() if k not in {"OMP_WAIT_POLICY", "GOMP_SPINCOUNT"}}
    done = subprocess.run(
        [sys.executable, "-c", program + shows],
        env=environment | own,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == spins
