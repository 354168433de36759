"""The code itself: style, types, who may import whom, and that nothing of this machine is in it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import huggingtweets
from tests.conftest import ROOT

CHECKS = {
    "style": ["ruff", "check"],
    "format": ["ruff", "format", "--check"],
    "types": ["mypy"],
    "imports": ["lint-imports", "--no-cache"],
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
    """Everything in __all__ exists, in order, and nothing is exported by accident."""
    assert huggingtweets.__all__ == sorted(huggingtweets.__all__)
    assert all(hasattr(huggingtweets, name) for name in huggingtweets.__all__)


def test_no_module_grows_without_end():
    """A module longer than 300 lines wants to be two."""
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in (ROOT / "src").rglob("*.py")}
    assert len(lengths) > 30
    assert {path.name: length for path, length in lengths.items() if length > 300} == {}
