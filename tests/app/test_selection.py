"""Posts can be left out by their days, on the page and on the command line; what is selected is not lost."""

from __future__ import annotations

import errno
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from huggingtweets.app import selection as selections
from huggingtweets.app.selection import Place, Selection
from huggingtweets.app.sessions import Session
from huggingtweets.cleaning import CleaningRules, clean
from huggingtweets.cli import app
from huggingtweets.errors import OutOfSpace, UserError
from huggingtweets.types import Reason
from tests.conftest import post

DAYS = [datetime(2024, 1, day, 23, 59, tzinfo=UTC) for day in range(1, 6)]


def _dated_posts():
    posts = [post(f"the lamp of day {n} was lit", n, created_at=day) for n, day in enumerate(DAYS)]
    return [*posts, post("nobody knows when this was", 9, created_at=None)]


def test_only_posts_within_the_days_are_kept():
    """Both ends are within, and a post without a date is of no day."""
    cleaned = clean(_dated_posts(), CleaningRules(since=date(2024, 1, 2), until=date(2024, 1, 4)))
    assert [post.created_at.day for post in cleaned.posts] == [2, 3, 4]
    assert cleaned.funnel.dropped[Reason.DATE] == 3
    assert clean(_dated_posts(), CleaningRules()).funnel.kept == 6


def test_days_that_end_before_they_begin_are_refused():
    """Rules that could keep nothing are refused."""
    with pytest.raises(UserError, match="swap the two"):
        CleaningRules(since=date(2024, 2, 1), until=date(2024, 1, 1))


def test_inspect_takes_days(tmp_path):
    """The command line leaves out the same days as the page does."""
    table = tmp_path / "posts.csv"
    rows = [f"{n},{day.isoformat()},the lamp of day {n} was lit" for n, day in enumerate(DAYS)]
    table.write_text("\n".join(["id,created_at,text", *rows]), "utf-8")
    arguments = [
        "inspect",
        str(table),
        "--name",
        "Me",
        "--since",
        "2024-01-02",
        "--until",
        "2024-01-04",
        "--json",
    ]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0
    assert '"date": 2' in result.stdout


def test_a_selection_that_cannot_be_written_leaves_the_earlier_one(tmp_path, monkeypatch):
    """A disk that fills, or a server that is killed, costs nobody what they had selected."""
    session = Session(tmp_path, tmp_path / "models", None)
    kept = selections.save(Selection(places=(Place("jane.zip", "jane.zip"),)), session)

    def write_half(path, content):
        with path.open("wb") as file:
            file.write(content[: len(content) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", write_half)
    with pytest.raises(OutOfSpace):
        selections.save(Selection(places=(Place("other.zip", "other.zip"),)), session)
    assert selections.load(session) == kept
