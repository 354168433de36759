"""trackio that is down, silent, full or read-only: work goes on, with one warning, and keeps what it can."""

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

from tests.tracking.test_trackers import READ, STORY, WHEN_ALL_FAILS, python

WRITE = "?write_token=a-secret-of-the-server"


def is_recorded_here(process, folder: Path, sync: str = "") -> bool:
    """Whether every stage and artifact lies in the folder, and one warning said so and named no secret."""
    assert process.returncode == 0, process.stderr
    assert "a-secret-of-the-server" not in process.stdout + process.stderr
    warning = (
        r"tracker trackio cannot send \(.+\); recording on this machine, "
        rf"to see it: trackio show --project huggingtweets{sync}\n"
    )
    assert re.fullmatch(warning, process.stderr), process.stderr
    assert json.loads(process.stdout)["where"]["command"] == "trackio show --project huggingtweets"
    kept = json.loads(python(READ, folder).stdout)
    assert len(kept["artifacts"]) == 4
    assert kept["base"]["manifest"][0]["path"] == "metadata.json", (
        "what may not be sent is not kept to be sent"
    )
    return sorted(run["config"]["stage"] for run in kept["runs"]) == ["evaluate", "preprocess", "train"]


@contextmanager
def closed() -> Iterator[str]:
    """An address at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    yield f"http://127.0.0.1:{port}"


@contextmanager
def silent() -> Iterator[str]:
    """An address at which everything is accepted and nothing answered."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize("place", [closed, silent])
def test_a_server_that_is_not_there_costs_nothing(tmp_path, place):
    """All is recorded on this machine; trackio alone would wait for minutes and lose the artifacts."""
    with place() as url:
        process = python(STORY, tmp_path, "trackio", "3", "1", TRACKIO_SERVER_URL=f"{url}/{WRITE}")
    assert is_recorded_here(process, tmp_path)


def test_a_space_that_cannot_be_reached_names_how_to_send_later(tmp_path):
    """The same for a Space, for which trackio has a command that sends what was recorded here."""
    with closed() as url:
        process = python(STORY, tmp_path, "trackio", "3", "1", TRACKIO_SPACE_ID="me/runs", HF_ENDPOINT=url)
    later = ", to send it later: trackio sync --project huggingtweets --space-id me/runs"
    assert is_recorded_here(process, tmp_path, sync=later)


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Path]:
    """A folder on a disk of its own with room for very little."""
    folder = tmp_path / "trackio"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a small disk can only be made by root, where mounting is allowed")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_costs_the_record_and_not_the_run(tmp_path, small_disk):
    """Work goes on to its end on a disk that fills up, with one line of warning."""
    del small_disk
    process = python(WHEN_ALL_FAILS, tmp_path, "both")
    assert (process.returncode, process.stdout) == (0, "trained\n")
    assert re.fullmatch(
        r"tracker trackio (failed|cannot be opened): .+; going on without it\n", process.stderr
    )


def test_a_folder_that_cannot_be_written_costs_the_record_and_not_the_run(tmp_path):
    """A read-only folder: work goes on, with one line of warning."""
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
