"""Forgetting: what was made of a person's posts is found by lineage and gone; what is of others stays."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from huggingtweets import dataset
from huggingtweets.cli import app
from huggingtweets.errors import UserError
from huggingtweets.model_folder import ModelFolder
from huggingtweets.workflows.forget import find_traces, forget
from tests.conftest import ROOT
from tests.helpers.made_of_posts import OTHER, SAMPLE


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A machine on which much was made of the sample's posts and of another person's."""
    place = tmp_path_factory.mktemp("made")
    inputs = tmp_path_factory.mktemp("inputs")
    done = subprocess.run(
        [sys.executable, "-m", "tests.helpers.made_of_posts", str(inputs)],
        cwd=place,
        env={**os.environ, **places(place), "WANDB_MODE": "offline", "WANDB_SILENT": "true"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return place


def places(place):
    folders = {
        "HUGGINGTWEETS_HOME": "home",
        "TRACKIO_DIR": "trackio",
        "WANDB_CACHE_DIR": "wandb-cache",
        "WANDB_DATA_DIR": "wandb-data",
    }
    return {name: str(place / folder) for name, folder in folders.items()}


@pytest.fixture
def machine(made, tmp_path, monkeypatch):
    """A copy of it that a test may change."""
    place = shutil.copytree(made, tmp_path / "machine", symlinks=True)
    for name, folder in places(place).items():
        monkeypatch.setenv(name, folder)
    monkeypatch.delenv("WANDB_DIR", raising=False)
    monkeypatch.chdir(place)
    return place


def contents(place):
    """All bytes on the disk, and the rows of parquet files, by path."""
    found = {}
    for path in sorted(place.rglob("*")):
        if path.is_file():
            found[str(path.relative_to(place))] = content = path.read_bytes()
            if content[:4] == b"PAR1":
                found[f"rows of {path.relative_to(place)}"] = str(pq.read_table(path).to_pylist()).encode()
    return found


def markers():
    """Words that only the sample's posts have: neither a tokenizer nor the other person knows them."""
    tokenizer = (ROOT / "src/huggingtweets/data/bases/starter/tokenizer.json").read_bytes()
    texts = [post.text for post in dataset.kept(ModelFolder(Path("models/tiny")).record.dataset_digest).train]
    words = {word for text in texts for word in re.findall(r"[A-Za-z]{9,}", text)}
    rare = sorted(word for word in words if word.encode() not in tokenizer)
    assert len(rare) > 20
    return [SAMPLE, *rare]


def test_no_marker_word_is_left(machine):
    """Before, the sample's words stand in many places; afterwards in no byte of the disk, free pages too."""
    words = [word.encode() for word in markers()]
    pattern = re.compile(b"|".join(map(re.escape, words)))
    before = {place for place, content in contents(machine).items() if pattern.search(content)}
    assert {place.split("/")[0].removeprefix("rows of ") for place in before} >= {
        *("home", "models", "trackio", "wandb", "wandb-data"),
    }
    forget(find_traces(SAMPLE))
    found = {
        (place, match[0])
        for place, content in contents(machine).items()
        if not place.startswith("home/published") and (match := pattern.search(content))
    }
    assert found == set()
    again = find_traces(SAMPLE)
    assert again.found == ()
    assert [note.id for note in again.published.values()] == ["me/tiny"]


@pytest.mark.usefixtures("machine")
def test_everything_is_found_by_lineage():
    """Models with their heirs and mixtures, broken runs, caches, records of trackers, searches, pages."""
    found = find_traces(f"@{SAMPLE.upper()}")
    kinds = {}
    for trace in found.found:
        kinds.setdefault(trace.kind, set()).add(trace.path.name)
    assert kinds["model"] == {"counted", "tiny", "both", "heir", "offline"}
    assert kinds["half-made model"] == {".counted-abcd1234"}
    assert len(kinds["unfinished run"]) == 1
    assert len(kinds["fetched posts"]) == 1
    assert kinds["trackio"] == {"huggingtweets.db"}
    assert kinds["search"] == {"sweeps.db"}
    assert kinds["run of the web page"] == {"0"}
    assert kinds["uploaded file"] == {"0"}
    assert len(kinds["W&B run"]) >= 3
    about = {trace.path.name: trace.about for trace in found.found}
    assert (about["both"], about["heir"], about["tiny"]) == ("holds @bob, too", "holds @bob, too", "")
    assert any(f"{SAMPLE}.csv" in line for line in found.elsewhere)


def test_what_is_of_others_stays(machine):
    """The other person's files are untouched; trackio still has their runs with every file named there."""
    keep = ("models/bob", "home/app/runs/1", "home/app/uploads/1", "home/published")
    before = {place: sha256(c).digest() for place, c in contents(machine).items() if place.startswith(keep)}
    theirs = ModelFolder(Path("models/bob")).record.dataset_digest
    forget(find_traces(SAMPLE))
    after = {place: sha256(c).digest() for place, c in contents(machine).items() if place.startswith(keep)}
    assert after == before
    assert dataset.kept(theirs).digest == theirs
    (fetched,) = (machine / "home" / "fetched").glob("*.sqlite")
    assert b'"author":"bob"' in fetched.read_bytes()
    with sqlite3.connect(machine / "trackio" / "huggingtweets.db") as db:
        groups = [json.loads(config)["_Group"] for (config,) in db.execute("SELECT config FROM configs")]
        assert set(groups) == {OTHER}
        assert db.execute("SELECT count(*) FROM metrics").fetchone()[0] > 0
        manifests = [json.loads(row[0]) for row in db.execute("SELECT manifest FROM artifact_versions")]
    blobs = machine / "trackio" / "artifacts" / "huggingtweets" / "blobs" / "sha256"
    named = {entry["digest"] for manifest in manifests for entry in manifest if "ref" not in entry}
    assert len(named) > 5
    assert {path.name for path in blobs.rglob("*") if path.is_file()} == named
    with sqlite3.connect(machine / "home" / "sweeps.db") as db:
        assert [name for (name,) in db.execute("SELECT study_name FROM studies")] == ["search 1"]
        assert db.execute("SELECT count(*) FROM trials").fetchone() == (1,)


def test_the_command_shows_asks_and_deletes(machine):
    """--dry-run and a missing yes delete nothing; then it is gone, and what was published is named."""
    before = contents(machine).keys()
    shown = CliRunner().invoke(app, ["forget", SAMPLE, "--dry-run"])
    assert shown.exit_code == 0
    assert "model: models/both  (holds @bob, too)" in shown.stderr
    assert "https://huggingface.co/me/tiny  with: hf repos delete me/tiny" in shown.stderr
    assert "me/bob" not in shown.stderr
    refused = CliRunner().invoke(app, ["forget", SAMPLE])
    assert (refused.exit_code, "agree to it with --yes" in refused.stderr) == (2, True)
    assert contents(machine).keys() == before
    done = CliRunner().invoke(app, ["forget", SAMPLE, "--yes", "--json"])
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["deleted"]
    assert told["published"][0]["delete"] == "hf repos delete me/tiny"
    assert not Path("models/tiny").exists()
    nothing = CliRunner().invoke(app, ["forget", SAMPLE, "--yes", "--json"])
    assert (json.loads(nothing.stdout)["deleted"], nothing.exit_code) == (False, 0)
    assert CliRunner().invoke(app, ["forget", "@"]).exit_code == 2


@pytest.mark.usefixtures("machine")
def test_an_interrupted_deletion_can_be_repeated():
    """What digests are known by goes last: after a stop half-way the rest is still found."""
    found = find_traces(SAMPLE)
    for trace in found.found[: len(found.found) // 2]:
        trace.delete()
    left = find_traces(SAMPLE)
    assert {trace.path for trace in left.found} == {
        trace.path for trace in found.found[len(found.found) // 2 :]
    }


def test_a_database_that_is_held_is_one_clear_error(machine, monkeypatch):
    """Where another program holds trackio's file, the error says so; models and posts are still there."""
    monkeypatch.setattr("huggingtweets.workflows.forget.databases.PATIENT", 0.1)
    found = find_traces(SAMPLE)
    with sqlite3.connect(machine / "trackio" / "huggingtweets.db") as holder:
        holder.execute("BEGIN EXCLUSIVE")
        with pytest.raises(UserError, match="close whatever uses it"):
            forget(found)
    assert Path("models/tiny").is_dir()
    forget(find_traces(SAMPLE))
    assert not Path("models/tiny").exists()


@pytest.mark.usefixtures("machine")
def test_models_in_other_folders_are_found_where_named(tmp_path):
    """A folder outside of models/ is looked through only when it is named."""
    elsewhere = tmp_path / "bots"
    elsewhere.mkdir()
    Path("models/tiny").rename(elsewhere / "mine")
    assert not [trace for trace in find_traces(SAMPLE).found if trace.path.name == "mine"]
    assert [trace for trace in find_traces(SAMPLE, [elsewhere]).found if trace.path.name == "mine"]
