"""Pieces of the page that need no browser: days, share links, the log of a run, the command."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime
from urllib.parse import parse_qs, urlsplit

import psutil
import pytest
from typer.testing import CliRunner

from huggingtweets import ModelFolder, ReadOptions, load_recipe
from huggingtweets.app import events, sharing, training_request
from huggingtweets.app.sessions import Session
from huggingtweets.app.tabs import teach_view
from huggingtweets.cleaning import CleaningRules, clean
from huggingtweets.cli import app
from huggingtweets.errors import UserError
from huggingtweets.types import Reason, Sample
from huggingtweets.workflows.data import sample_archive
from tests.conftest import post

DAYS = [datetime(2024, 1, day, 23, 59, tzinfo=UTC) for day in range(1, 6)]


def _dated():
    posts = [post(f"the lamp of day {n} was lit", n, created_at=day) for n, day in enumerate(DAYS)]
    return [*posts, post("nobody knows when this was", 9, created_at=None)]


def test_only_posts_of_the_days_asked_for_are_kept():
    """Both ends are within, and a post without a date is of no day."""
    cleaned = clean(_dated(), CleaningRules(since=date(2024, 1, 2), until=date(2024, 1, 4)))
    assert [kept.created_at.day for kept in cleaned.posts] == [2, 3, 4]
    assert cleaned.funnel.dropped[Reason.DATE] == 3
    assert clean(_dated(), CleaningRules()).funnel.kept == 6


def test_days_that_end_before_they_begin_are_refused():
    """CleaningRules that could keep nothing are told as a mistake."""
    with pytest.raises(UserError, match="exchange the two"):
        CleaningRules(since=date(2024, 2, 1), until=date(2024, 1, 1))


def test_inspect_takes_days(tmp_path):
    """The command line leaves out the same days as the page does."""
    table = tmp_path / "posts.csv"
    rows = [f"{n},{day.isoformat()},the lamp of day {n} was lit" for n, day in enumerate(DAYS)]
    table.write_text("\n".join(["id,created_at,text", *rows]), "utf-8")
    asked = [
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
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0
    assert '"date": 2' in done.stdout


@pytest.mark.parametrize("text", ["short", "x" * 900, "<b>&?#%\n" * 50, "🌍" * 300])
def test_a_share_link_holds_the_post_and_the_words(ngram_model, text):
    """Whatever the post is, the link carries it whole or cut, and always says that no person wrote it."""
    record = ModelFolder(ngram_model).record
    for (_, link), longest in zip(
        sharing.links(Sample(prompt="", text=text), record), (280, 300, 500), strict=True
    ):
        (shared,) = parse_qs(urlsplit(link).query)["text"]
        assert len(shared) <= longest
        assert "Not a person" in shared
        assert shared[:4] == text[:4]


@pytest.mark.parametrize("server", ["javascript:alert(1)", "a b", "evil.example/x?y=", "127.0.0.1", "x"])
def test_a_server_of_mastodon_is_a_host(ngram_model, server):
    """Nothing but a host's name finds its way into a share link."""
    with pytest.raises(UserError, match="no server of Mastodon"):
        sharing.links(Sample(prompt="", text="x"), ModelFolder(ngram_model).record, server)


def test_a_run_without_its_process_was_stopped(tmp_path):
    """A run whose process is gone can go on; a number that another process has now is not taken for it."""
    process = psutil.Process()
    events.append(tmp_path, events.Running(pid=process.pid, since=process.create_time()))
    assert isinstance(events.state(events.events(tmp_path)), events.Running)
    events.append(tmp_path, events.Running(pid=process.pid, since=process.create_time() - 100))
    assert isinstance(events.state(events.events(tmp_path)), events.Stopped)


def test_a_run_whose_time_is_up_stops(tmp_path):
    """A run may only take so long: then it ends as if it was stopped, says why, and leaves no model."""
    given = training_request.TrainingRequest(
        title="me",
        locations=(sample_archive(),),
        options=ReadOptions(),
        rules=CleaningRules(),
        recipe=load_recipe("starter"),
        out=str(tmp_path / "models" / "me"),
        name="me",
        seconds=1.0,
    )
    folder = training_request.put_down(given, Session(tmp_path, tmp_path / "models", None))
    subprocess.run([sys.executable, "-m", "huggingtweets.app.worker", folder], check=True)
    end = events.state(events.events(folder))
    assert isinstance(end, events.Stopped)
    assert "its time on this page is up" in teach_view.run(training_request.load(folder))
    assert not (tmp_path / "models" / "me").exists()


def test_a_line_that_is_half_written_is_not_read(tmp_path):
    """The page may look while the process writes."""
    events.append(tmp_path, events.Stepped(step=1, steps=2, loss=3.0))
    with (tmp_path / events.FILE).open("ab") as file:
        file.write(b'{"type":"Stepped","st')
    assert len(events.events(tmp_path)) == 1


def test_the_time_left_is_of_the_steps_since_it_went_on():
    """A pause does not count: what is left is guessed from the speed since the run went on."""
    before = [
        events.Stepped(at=0.0, step=1, steps=100, loss=1.0),
        events.Stepped(at=50.0, step=2, steps=100, loss=1.0),
    ]
    again = [
        events.Running(at=9000.0, pid=1, since=0.0),
        events.Stage(at=9001.0, name="train"),
        events.Stepped(at=9010.0, step=50, steps=100, loss=1.0),
        events.Stepped(at=9020.0, step=60, steps=100, loss=1.0),
    ]
    assert teach_view.progress([*before, *again]).left == pytest.approx(40.0)


def test_the_page_is_not_opened_to_others_by_accident():
    """Listening beyond this machine needs the word --public."""
    done = CliRunner().invoke(app, ["app", "--host", "192.0.2.1", "--no-browser"])
    assert done.exit_code == 2
    assert "--public" in done.output


def test_a_taken_port_is_told(tmp_path, monkeypatch):
    """A port that something else has is one clear line."""
    pytest.importorskip("gradio", reason="gradio is not installed")
    import socket  # noqa: PLC0415 -- beside its one use

    monkeypatch.chdir(tmp_path)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = CliRunner().invoke(app, ["app", "--port", port, "--no-browser"])
    assert done.exit_code == 2
    assert "--port" in done.output


def test_a_space_is_written_whole_or_not_at_all(tmp_path):
    """--export-space writes three files, and replaces nothing that is there without being told."""
    folder = tmp_path / "space"
    done = CliRunner().invoke(app, ["app", "--export-space", str(folder), "--json"])
    assert done.exit_code == 0
    assert {path.name for path in folder.iterdir()} == {"README.md", "app.py", "requirements.txt"}
    again = CliRunner().invoke(app, ["app", "--export-space", str(folder)])
    assert again.exit_code == 2
