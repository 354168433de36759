"""What `forget` finds by folders and records: behind links, beside killed runs, published, and of W&B."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from huggingtweets.cli import app
from huggingtweets.files import whole_file
from huggingtweets.hub import ledger
from huggingtweets.types import Base, Permission
from huggingtweets.workflows.forget import find_traces, forget
from tests.helpers.recorded_models import record_model


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_model_behind_a_link_is_deleted_where_it_is(place):
    """The folder on the other disk goes, and the link; what lies beside it stays."""
    record_model(place / "disk" / "ada", "ada")
    record_model(place / "disk" / "bob", "bob", digests=("c" * 64, "d" * 64))
    Path("models").mkdir()
    Path("models", "mine").symlink_to(place / "disk" / "ada", target_is_directory=True)
    traces = find_traces("ada")
    size = sum(file.stat().st_size for file in (place / "disk" / "ada").iterdir())
    listed = [(trace.path, trace.size) for trace in traces.local if trace.path.suffix != ".db"]
    assert listed == [(place / "disk" / "ada", size), (Path("models", "mine"), 0)]
    forget(traces)
    assert [path.name for path in (place / "disk").iterdir()] == ["bob"]
    assert list(Path("models").iterdir()) == []


@pytest.mark.parametrize("has_successor", [False, True])
def test_a_model_that_a_killed_run_was_replacing_does_not_come_back(home, place, has_successor):
    """It was moved aside; the next run puts it back where nothing is in its place, after `forget`, too."""
    folder = place / "models" / ".huggingtweets-0123abcd"
    record_model(folder.with_name(f"{folder.name}-replaced") / "replaced", "ada")
    if has_successor:
        record_model(place / "models" / "ada", "ada", digests=("c" * 64, "d" * 64))
    (home / "half-made").mkdir(exist_ok=True)
    (home / "half-made" / folder.name).write_text(f"{folder}\n{place / 'models' / 'ada'}", "utf-8")
    forget(find_traces("ada"))
    whole_file(place / "written-later", b"")
    assert list((place / "models").iterdir()) == []


def test_runs_of_wandb_are_found_beside_the_models(place, monkeypatch):
    """Which were trained from another folder: in the one that is named, or around it; others' runs stay."""
    monkeypatch.delenv("WANDB_DIR", raising=False)
    record_model(place / "bots" / "models" / "ada", "ada")
    for number, handle in enumerate(("ada", "bob")):
        run = place / "bots" / "wandb" / f"offline-run-{number}" / "files"
        run.mkdir(parents=True)
        (run / "config.json").write_text(json.dumps({"author": handle}), "utf-8")
    elsewhere = place / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    for named in ("bots", "bots/models", "bots/models/ada"):
        runs = [t.path for t in find_traces("ada", [place / named]).local if t.kind == "W&B run"]
        assert runs == [place.resolve() / "bots" / "wandb" / "offline-run-0"]


def test_a_published_model_made_of_the_persons_is_listed(place):
    """It holds the voice of its base, though the posts that it learnt last are somebody else's."""
    of_ada = record_model(place / "models" / "ada", "ada")
    base = Base(name="adas", digest="e" * 64, ancestors=(of_ada.model_digest,))
    of_bob = record_model(place / "models" / "bob", "bob", digests=("c" * 64, "d" * 64), base=base)
    of_eve = record_model(place / "models" / "eve", "eve", digests=("f" * 64, "1" * 64))
    for record in (of_ada, of_bob, of_eve):
        ledger.save(published(record))
    assert {entry.id for entry in find_traces("ada").published.values()} == {"me/ada", "me/bob"}


def test_the_command_that_deletes_names_the_hub(place):
    """A company's own has another address, which `hf` takes from the environment."""
    record = record_model(place / "models" / "ada", "ada")
    for endpoint in ("https://huggingface.co", "https://hub.example.org"):
        ledger.save(published(record, endpoint))
    shown = CliRunner().invoke(app, ["forget", "ada", "--dry-run", "--json"])
    assert {entry["delete"] for entry in json.loads(shown.stdout)["published"]} == {
        "hf repos delete me/ada",
        "HF_ENDPOINT=https://hub.example.org hf repos delete me/ada",
    }


def published(record, endpoint="https://huggingface.co"):
    """The entry of a model that was uploaded from here."""
    return ledger.LedgerEntry(
        url=f"{endpoint}/me/{record.name}",
        id=f"me/{record.name}",
        kind="model",
        endpoint=endpoint,
        handles=(record.name,),
        permission=Permission(kind="author"),
        model_digest=record.model_digest,
        files=(),
        at=record.created_at,
        commit="abc",
    )
