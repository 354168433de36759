"""The command `huggingtweets app`."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from huggingtweets.cli import app


def test_the_page_is_not_opened_to_others_by_accident():
    """Listening on another address than this machine's own needs --public."""
    result = CliRunner().invoke(app, ["app", "--host", "192.0.2.1", "--no-browser"])
    assert result.exit_code == 2
    assert "--public" in result.output


def test_a_taken_port_is_an_error_of_one_line(tmp_path, monkeypatch):
    """A port that another program uses gives an error that names --port."""
    pytest.importorskip("gradio", reason="gradio is not installed")
    import socket  # noqa: PLC0415 -- beside its one use

    monkeypatch.chdir(tmp_path)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        result = CliRunner().invoke(app, ["app", "--port", port, "--no-browser"])
    assert result.exit_code == 2
    assert "--port" in result.output


def test_a_space_is_written_whole_or_not_at_all(tmp_path):
    """--export-space writes three files, and does not replace a folder that is there."""
    folder = tmp_path / "space"
    result = CliRunner().invoke(app, ["app", "--export-space", str(folder), "--json"])
    assert result.exit_code == 0
    assert {path.name for path in folder.iterdir()} == {"README.md", "app.py", "requirements.txt"}
    again = CliRunner().invoke(app, ["app", "--export-space", str(folder)])
    assert again.exit_code == 2
