"""Runs of trackio with a server that is missing or silent, or with a disk that is full or read-only."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.helpers.local_server import LocalServer, Reply
from tests.tracking.test_trackers import READ, STORY, WHEN_ALL_FAILS, files_containing, python

WRITE = "?write_token=a-secret-of-the-server"


def is_recorded_here(process, folder: Path, sync: str = "") -> bool:
    """Whether all stages and artifacts are in the folder, with one warning, which shows no secret."""
    assert process.returncode == 0, process.stderr
    assert "a-secret-of-the-server" not in process.stdout + process.stderr
    warning = (
        r"tracker trackio cannot send \(.+\); recording on this machine, "
        rf"to see it: trackio show --project huggingtweets{sync}\n"
    )
    assert re.fullmatch(warning, process.stderr), process.stderr
    assert json.loads(process.stdout)["where"]["command"] == "trackio show --project huggingtweets"
    records = json.loads(python(READ, folder).stdout)
    assert len(records["artifacts"]) == 4
    assert records["base"]["manifest"][0]["path"] == "metadata.json", (
        "what may not be sent is not stored to be sent later"
    )
    return sorted(run["config"]["stage"] for run in records["runs"]) == ["evaluate", "preprocess", "train"]


@contextmanager
def closed() -> Iterator[str]:
    """An address at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    yield f"http://127.0.0.1:{port}"


@contextmanager
def silent() -> Iterator[str]:
    """An address that accepts every connection and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize("place", [closed, pytest.param(silent, marks=pytest.mark.slow)])
def test_records_for_a_missing_or_silent_server_are_local(tmp_path, place):
    """Trackio alone would wait for minutes and lose the artifacts."""
    with place() as url:
        process = python(STORY, tmp_path, "trackio", "3", "1", TRACKIO_SERVER_URL=f"{url}/{WRITE}")
    assert is_recorded_here(process, tmp_path)


FIGURES = """
from huggingtweets.tracking import open_tracker
with open_tracker("trackio", project="huggingtweets").run("train", group="kite", config={}) as run:
    run.log({"train/loss": 4.0}, step=0)
"""


def test_what_waits_to_be_sent_is_kept_without_the_password_of_its_server(tmp_path):
    """Neither the database nor the warning that nothing can be sent has what may be secret in an address."""
    with LocalServer(lambda _: Reply(401, {"title": "Unauthorized"})) as server:
        address = server.url.replace("//", "//ada:hunter2@")
        process = python(FIGURES, tmp_path, TRACKIO_SERVER_URL=f"{address}/{WRITE}&key=hunter3")
    assert process.returncode == 0, process.stderr
    assert f"tracker trackio failed: trackio.init() could not create a remote client for '{server.url}" in (
        process.stderr
    )
    for secret in ("hunter", "a-secret-of-the-server"):
        assert secret not in process.stdout + process.stderr
        assert not files_containing(secret, tmp_path)
    assert files_containing(server.url, tmp_path)


@pytest.mark.slow
def test_a_space_that_cannot_be_reached_names_how_to_send_later(tmp_path):
    """The same for a Space, for which trackio has a command that sends what was recorded here."""
    with closed() as url:
        process = python(STORY, tmp_path, "trackio", "3", "1", TRACKIO_SPACE_ID="me/runs", HF_ENDPOINT=url)
    later = ", to send it later: trackio sync --project huggingtweets --space-id me/runs"
    assert is_recorded_here(process, tmp_path, sync=later)


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Path]:
    """A folder on a disk of its own, of 256 KB."""
    folder = tmp_path / "trackio"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a small disk can only be made by root, where mounting is allowed")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_does_not_end_the_run(tmp_path, small_disk):
    """Training succeeds on a disk that fills up, with one line of warning."""
    del small_disk
    process = python(WHEN_ALL_FAILS, tmp_path, "both")
    assert (process.returncode, process.stdout) == (0, "trained\n")
    assert re.fullmatch(
        r"tracker trackio (failed|cannot be opened): .+; going on without it\n", process.stderr
    )


def test_a_read_only_folder_does_not_end_the_run(tmp_path):
    """Training succeeds with a read-only folder, with one line of warning."""
    folder = tmp_path / "trackio"
    folder.mkdir()
    mounted = os.geteuid() == 0  # whom permissions do not stop
    if mounted:
        command = ["mount", "-t", "tmpfs", "-o", "size=64k,ro", "tmpfs", str(folder)]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("nothing is read-only to root, and mounting is not allowed")
    else:
        folder.chmod(0o500)
    try:
        process = python(WHEN_ALL_FAILS, tmp_path, "both")
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(folder)], check=True)
    assert (process.returncode, process.stdout) == (0, "trained\n")
    assert len(process.stderr.splitlines()) == 1, process.stderr
