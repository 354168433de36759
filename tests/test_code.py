"""The code itself: style, types, who may import whom, the words we use, and what the package exports."""

from __future__ import annotations

import ast
import inspect
import io
import re
import subprocess
import sys
import tokenize
import tomllib
from pathlib import Path

import pytest

import huggingtweets
from huggingtweets import errors
from huggingtweets.cli import COMMANDS
from tests.conftest import ROOT

SOURCE = ROOT / "src" / "huggingtweets"
CHECKS = {
    "style": ["ruff", "check"],
    "format": ["ruff", "format", "--check"],
    "types": ["mypy"],
    "imports": ["lint-imports", "--no-cache"],
}
NOUNS = {  # commands that list things, and what programs call
    "sources": "source_names",
    "models": "find_models",
    "bases": "list_bases",
    "recipes": "list_recipes",
}
SHOWN = {"app", "demo", "serve"}  # commands that only show what other verbs do
# words of an earlier dialect, each with the term that stands for it now (CONTRIBUTING.md has the table)
OUT_OF_USE = {
    "teach": "train",
    "judge": "evaluate",
    "judged": "evaluation",
    "judging": "evaluate",
    "dress": "report",
    "standing": "TrainState",
    "keeping": "CheckpointConfig",
    "together": "process_group",
    "nats": "nll",
    "heard": "MemorizationProbe",
    "listen": "probe_memorization",
    "guard": "TextFilter, RequestFilter or ResilientTracker",
    "guards": "filters",
    "guarded": "filtered",
    "verdict": "sufficiency",
    "lesson": "TrainingRequest",
    "chosen": "Selection",
    "room": "Session",
    "rooms": "Sessions",
    "hands": "event_options",
    "voices": "loaded_models",
    "circles": "repetition",
}


@pytest.mark.parametrize("check", CHECKS)
def test_the_code_passes_its_checks(check):
    """What `make check` runs finds nothing."""
    tool, *arguments = CHECKS[check]
    done = subprocess.run(
        [str(Path(sys.executable).parent / tool), *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_public_names_are_sorted_and_there():
    """Everything in __all__ exists, in order, and type checkers see what `__getattr__` gives."""
    assert huggingtweets.__all__ == sorted(huggingtweets.__all__)
    assert all(hasattr(huggingtweets, name) for name in huggingtweets.__all__)
    imported = {
        alias.asname or alias.name: (node.module, alias.name)
        for node in ast.walk(ast.parse((SOURCE / "__init__.py").read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and node.level
        for alias in node.names
    }
    lazily = {name: home.partition(":") for name, home in huggingtweets._HOMES.items()}
    assert imported == {name: (module, inside or name) for name, (module, _, inside) in lazily.items()}
    assert set(imported) == set(huggingtweets.__all__)


def test_every_verb_has_one_name():
    """A command, the public function and the file that does it are called the same."""
    for command in COMMANDS:
        verb = command.__name__
        if verb in NOUNS:
            assert NOUNS[verb] in huggingtweets.__all__
        if verb in NOUNS.keys() | SHOWN:
            continue
        function = getattr(huggingtweets, verb)
        assert verb in huggingtweets.__all__
        assert function.__name__ == verb
        assert function.__module__ == f"huggingtweets.workflows.{verb}"


def test_every_error_is_exported():
    """Whoever calls the package can catch each error by its public name."""
    tree = [name for name, value in vars(errors).items() if inspect.isclass(value)]
    assert len(tree) > 10
    assert set(tree) <= set(huggingtweets.__all__)


def test_no_module_grows_without_end():
    """A module longer than 300 lines wants to be two."""
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in (ROOT / "src").rglob("*.py")}
    assert len(lengths) > 30
    assert {path.name: length for path, length in lengths.items() if length > 300} == {}


def test_the_root_has_few_modules():
    """At most ten modules at the root, and at most seven layers."""
    assert len(list(SOURCE.glob("*.py"))) <= 10
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    [layers] = [contract["layers"] for contract in contracts if contract["type"] == "layers"]
    assert 3 < len(layers) <= 7


def test_words_out_of_use_are_in_no_name():
    """Names of code are made of the field's terms."""
    names: dict[str, set[str]] = {}
    for path in SOURCE.rglob("*.py"):
        for token in tokenize.generate_tokens(io.StringIO(path.read_text("utf-8")).readline):
            if token.type == tokenize.NAME:
                parts = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", token.string)
                for part in {part.lower() for part in parts} & OUT_OF_USE.keys():
                    names.setdefault(f"{token.string} ({OUT_OF_USE[part]})", set()).add(
                        str(path.relative_to(SOURCE))
                    )
    assert names == {}


POSIX_ONLY = re.compile(
    r"\bos\.(?:kill|killpg|fork|nice|getuid|geteuid|setsid|sched_getaffinity|mkfifo)\b"
    r"|\bsignal\.(?:SIGKILL|SIGHUP|SIGUSR1|SIGALRM|pthread_kill)\b|\bfcntl\.|\bresource\.getrusage\b"
)
GUARD = re.compile(r"hasattr\(|fcntl is None|getattr\(|suppress\(")


def test_what_only_posix_has_is_asked_for_first():
    """Each use of a call that Windows lacks, or that kills there, is in a function that looks for it."""
    unguarded = {}
    for path in SOURCE.rglob("*.py"):
        text = path.read_text("utf-8")
        for node in ast.walk(ast.parse(text)) if POSIX_ONLY.search(text) else ():
            if isinstance(node, ast.FunctionDef):
                body = ast.get_source_segment(text, node) or ""
                if POSIX_ONLY.search(body) and not GUARD.search(body):
                    unguarded[f"{path.relative_to(SOURCE)}:{node.name}"] = POSIX_ONLY.search(body)[0]
    assert unguarded == {}
