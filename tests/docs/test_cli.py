"""The reference of the command line is what the commands say of themselves."""

from __future__ import annotations

import re

from huggingtweets.cli import COMMANDS
from scripts.write_cli_reference import PAGE, reference


def test_the_reference_is_up_to_date():
    """docs/cli.md is what scripts/write_cli_reference.py writes now."""
    assert PAGE.read_text("utf-8") == reference(), "run: python scripts/write_cli_reference.py"


def test_every_command_is_described():
    """Each has a heading of its own, and its options with --debug among them."""
    described = re.split(r"^### ", reference(), flags=re.MULTILINE)[1:]
    assert [part.split()[0] for part in described] == [command.__name__ for command in COMMANDS]
    assert all("--debug" in part for part in described)


def test_the_reference_does_not_depend_on_the_terminal(monkeypatch):
    """A narrow terminal, or a wide one, gives the same page."""
    pages = []
    for columns in ("40", "200"):
        monkeypatch.setenv("COLUMNS", columns)
        pages.append(reference())
    assert pages[0] == pages[1]
