"""The command `huggingtweets app`."""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import zipfile
from contextlib import nullcontext, suppress
from importlib.util import find_spec
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from typer.testing import CliRunner

from huggingtweets.app import serve
from huggingtweets.cli import app
from huggingtweets.errors import UserError
from tests.helpers.commands import begin


def test_the_page_is_not_opened_to_others_by_accident():
    """Listening on another address than this machine's own needs --public."""
    result = CliRunner().invoke(app, ["app", "--host", "192.0.2.1", "--no-browser"])
    assert result.exit_code == 2
    assert "--public" in result.output


def test_a_proxy_that_needs_another_package_is_an_error_of_one_line(home):
    """Gradio, which makes clients while it is imported, ends the command in one line that says what to do."""
    pytest.importorskip("gradio", reason="gradio is not installed")
    if find_spec("socksio"):
        pytest.skip("the package is installed")
    result = subprocess.run(  # where nothing is imported yet
        [sys.executable, "-m", "huggingtweets", "app", "--no-browser"],
        env={**os.environ, "ALL_PROXY": "socks5://127.0.0.1:9", "HUGGINGTWEETS_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 2
    assert "httpx[socks]" in result.stderr
    assert "mistake of huggingtweets" not in result.stderr


def test_a_taken_port_is_an_error_of_one_line(tmp_path, monkeypatch):
    """A port that another program uses gives an error that names --port."""
    pytest.importorskip("gradio", reason="gradio is not installed")
    monkeypatch.chdir(tmp_path)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        result = CliRunner().invoke(app, ["app", "--port", port, "--no-browser"])
    assert result.exit_code == 2
    assert "--port" in result.output


def test_ctrl_c_ends_the_page_on_windows_too(monkeypatch):
    """It waits in steps, as Python on Windows looks for Ctrl-C only when a wait has ended."""
    page = pytest.importorskip("huggingtweets.app.page", reason="gradio is not installed")
    waits = []

    def interrupt(seconds):
        waits.append(seconds)
        raise KeyboardInterrupt

    monkeypatch.setattr("huggingtweets.app.time", SimpleNamespace(sleep=interrupt))
    monkeypatch.setattr(page, "running", lambda *_, **__: nullcontext("http://127.0.0.1:7860/"))
    with pytest.raises(KeyboardInterrupt):
        serve(public=True)
    assert waits[0] <= 1


def test_without_a_port_it_takes_the_first_that_is_free():
    """Another page or a dashboard may have the usual one; one that is named is that one or an error."""
    page = pytest.importorskip("huggingtweets.app.page", reason="gradio is not installed")
    with socket.socket() as first, socket.socket() as second:
        for taken in (first, second):
            taken.bind(("127.0.0.1", 0))
            taken.listen()
        ports = [taken.getsockname()[1] for taken in (first, second)]
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        assert page.free_port("127.0.0.1", [*ports, port]) == port
        with pytest.raises(UserError, match="--port"):
            page.free_port("127.0.0.1", ports)


def _has_ipv6() -> bool:
    with socket.socket(socket.AF_INET6) as probe, suppress(OSError):
        probe.bind(("::1", 0))
        return True
    return False


@pytest.mark.parametrize(
    "options",
    [
        [],
        *(
            pytest.param(
                options, marks=[*more, pytest.mark.skipif(not _has_ipv6(), reason="there is no IPv6")]
            )
            for options, more in ((["--host", "::1"], [pytest.mark.slow]), (["--public", "--host", "::"], []))
        ),
    ],
    ids=" ".join,
)
def test_the_page_starts_behind_a_proxy_and_with_ipv6(options, tmp_path):
    """Gradio asks the page itself before it is there: not through the proxy, and by a true address."""
    pytest.importorskip("gradio", reason="gradio is not installed")
    proxies = dict.fromkeys(("http_proxy", "HTTP_PROXY"), "http://127.0.0.1:9")
    variables = {**proxies, "no_proxy": "example.org", "HUGGINGTWEETS_HOME": str(tmp_path / "home")}
    page = begin("app", "--no-browser", "--json", *options, cwd=tmp_path, env=variables)
    said = "".join(page.stdout.readline() for _ in range(3))
    page.send_signal(signal.SIGINT)
    errors = page.communicate()
    assert said, errors
    host = options[-1] if options else "127.0.0.1"
    assert urlsplit(json.loads(said)["url"]).hostname == host


@pytest.fixture(scope="module")
def space(tmp_path_factory):
    """The folder of a Space, and what the command said of it."""
    folder = tmp_path_factory.mktemp("exported") / "space"
    return folder, CliRunner().invoke(app, ["app", "--export-space", str(folder), "--json"])


def test_a_space_is_written_whole_or_not_at_all(space):
    """--export-space writes its files, and does not replace a folder that is there."""
    folder, result = space
    assert result.exit_code == 0
    assert {path.name for path in folder.iterdir()} == set(json.loads(result.stdout)["files"])
    assert {"Dockerfile", "README.md", "app.py", "requirements.txt"} < {
        path.name for path in folder.iterdir()
    }
    again = CliRunner().invoke(app, ["app", "--export-space", str(folder)])
    assert again.exit_code == 2
    assert "choose another with --export-space, or replace it with --overwrite" in again.stderr


def test_a_space_brings_the_package_with_it(space):
    """requirements.txt names a wheel of the folder, which has the whole package and a true RECORD."""
    folder, _ = space
    requirement = (folder / "requirements.txt").read_text("utf-8").strip()
    assert requirement.startswith("./")
    assert requirement.endswith("[app]")
    with zipfile.ZipFile(folder / requirement.removesuffix("[app]")) as wheel:
        (record,) = (name for name in wheel.namelist() if name.endswith(".dist-info/RECORD"))
        rows = list(csv.reader(wheel.read(record).decode().splitlines()))
        assert {row[0] for row in rows} == set(wheel.namelist())
        assert {"huggingtweets/app/page.py", "huggingtweets/data/bases/starter/model.safetensors"} < {
            row[0] for row in rows
        }
        for name, digest, size in rows:
            if name != record:
                content = wheel.read(name)
                hashed = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
                assert (digest, size) == (f"sha256={hashed}", str(len(content)))
