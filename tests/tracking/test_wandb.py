"""Runs of wandb with a server on this machine that answers, is silent, or is missing."""

from __future__ import annotations

import json
import re
import socket
import sys
from pathlib import Path

import pytest

from huggingtweets.tracking import reopen
from huggingtweets.tracking.none import NullTracker
from huggingtweets.types import Tracked
from tests.helpers import wandb_server
from tests.tracking.test_trackers import STEPS, STORY, python

pytest.importorskip("wandb", reason="wandb is not installed")

ONLINE = {"WANDB_MODE": "online", "WANDB_API_KEY": wandb_server.KEY}


@pytest.fixture(scope="module")
def sent(tmp_path_factory):
    """The process that tracked the story, and the server that received it."""
    with wandb_server.started() as server:
        folder = tmp_path_factory.mktemp("online")
        url = server.url.replace("http://", "http://ada:hunter2@")
        process = python(STORY, folder, "wandb", str(STEPS), "2", WANDB_BASE_URL=url, **ONLINE)
        assert process.returncode == 0, process.stderr
        yield process, server


def test_online_everything_arrives(sent):
    """Runs with settings, figures of every step, system figures, tables, pictures and exit codes."""
    process, server = sent
    assert server.unknown == []
    stages = [run.stage for run in server.runs.values()]
    assert stages == ["preprocess", "train", "preprocess", "train", "evaluate"]
    assert {run.group for run in server.runs.values()} == {"kite"}
    assert [run.exit_code for run in server.runs.values()] == [0, 0, 0, 0, 1]
    train = next(run for run in server.runs.values() if run.stage == "train")
    assert train.config["recipe"]["base"] == "starter"
    losses = {row["_step"]: row["train/loss"] for row in train.history if "train/loss" in row}
    assert losses == {step: 4.0 - step / STEPS for step in range(STEPS)}
    assert any("system.proc.memory.rssMB" in event for event in train.events)
    (table,) = [content for name, content in train.files.items() if name.startswith("media/table/samples")]
    assert json.loads(table)["data"] == [["My dream is", "My dream is <b>wind</b>"]], "text, not HTML"
    assert any(name.startswith("media/images/curve") for name in train.files)
    assert json.loads(process.stdout)["where"]["url"] == f"{server.url}/somebody/huggingtweets"


def test_online_artifacts_arrive_once_with_their_links(sent):
    """Only changed content makes a new version; each run lists the artifacts that it used."""
    _, server = sent
    ours = [a for a in server.artifacts.values() if a.kind != "run_table"]
    assert [f"{a.name}:{a.version}" for a in ours] == [
        "kite-raw-dataset:v0",
        "kite-train-dataset:v0",
        "starter-pretrained-model:v0",
        "kite-finetuned-model:v0",
        "kite-finetuned-model:v1",
    ]
    assert all(a.committed and "wandb_manifest.json" in a.files for a in ours)
    assert ours[-1].files["config.json"] == b"weights 1"
    assert [run.used for run in server.runs.values()][2:] == [
        ["kite-raw-dataset:v0"],
        ["kite-train-dataset:v0", "starter-pretrained-model:v0"],
        ["kite-finetuned-model:v1"],
    ]


def test_online_wandb_prints_nothing_and_names_no_machine(sent):
    """Standard error is empty; no file that was sent names the user's folder or the key.

    The address that goes on record is without the name and the password for a proxy before the server.
    """
    process, server = sent
    assert process.stderr == ""
    assert "hunter2" not in process.stdout
    files = [content for run in server.runs.values() for content in run.files.values()]
    assert not [content for content in files if wandb_server.KEY.encode() in content]
    assert not [content for content in files if str(Path.home()).encode() in content]


def is_recorded_offline(process, folder: Path) -> bool:
    """Whether all three stages are in the folder, with one warning that names the command to send them."""
    assert process.returncode == 0, process.stderr
    warning = (
        r"tracker wandb cannot send \(.+\); recording on this machine, to send it later: wandb sync (.+)\n"
    )
    match = re.fullmatch(warning, process.stderr)
    assert match, process.stderr
    assert match[1] == f"{folder}/wandb/wandb/offline-run-*"
    logs = list((folder / "wandb" / "wandb").glob("offline-run-*/run-*.wandb"))
    return len(logs) == 3 and all(log.stat().st_size for log in logs)


@pytest.mark.slow
def test_records_for_a_missing_server_are_local_and_can_be_sent_later(tmp_path):
    """The command in the warning sends all of them."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    process = python(STORY, tmp_path, "wandb", "3", "1", WANDB_BASE_URL=f"http://127.0.0.1:{port}", **ONLINE)
    assert is_recorded_offline(process, tmp_path)
    with wandb_server.started() as server:
        sync = "from wandb.cli.cli import cli; import sys; cli(['sync', *sys.argv[1:]])"
        runs = map(str, (tmp_path / "wandb" / "wandb").glob("offline-run-*"))
        assert python(sync, tmp_path, *runs, WANDB_BASE_URL=server.url, **ONLINE).returncode == 0
        assert {run.stage for run in server.runs.values()} == {"preprocess", "train", "evaluate"}
        assert {"kite-raw-dataset", "kite-train-dataset", "kite-finetuned-model"} <= {
            artifact.name for artifact in server.artifacts.values() if artifact.committed
        }


@pytest.mark.slow
def test_records_for_a_silent_server_are_local(tmp_path):
    """The server is asked once, for some seconds."""
    with wandb_server.started() as server:
        server.silent.set()
        process = python(STORY, tmp_path, "wandb", "3", "1", WANDB_BASE_URL=server.url, **ONLINE)
    assert is_recorded_offline(process, tmp_path)


def test_a_missing_key_is_an_error_at_once(tmp_path):
    """The message says what to do, whereas wandb alone would stop and ask for the key."""
    process = python(STORY, tmp_path, "wandb", "3", "1", WANDB_MODE="online", HOME=str(tmp_path))
    assert process.returncode == 1
    error = process.stderr.splitlines()[-1]
    assert "MissingSecret: wandb has no API key" in error
    assert "WANDB_MODE=offline" in error
    assert not list(tmp_path.rglob("*run-*"))


def test_a_tracker_that_cannot_be_reopened_is_replaced_by_none(caplog, monkeypatch):
    """A model can be evaluated on a machine without the tracker that recorded its training."""
    monkeypatch.setitem(sys.modules, "wandb", None)
    monkeypatch.delitem(sys.modules, "huggingtweets.tracking.wandb", raising=False)
    assert isinstance(reopen(Tracked(tracker="wandb", project="huggingtweets")), NullTracker)
    assert "not recorded" in caplog.text
