"""Extras that are not installed: the line that names one comes before any work."""

from __future__ import annotations

import sys

import pytest
from typer.testing import CliRunner

from huggingtweets.cli import app
from huggingtweets.workflows.data import sample_archive

POSTS = sample_archive()
NEEDING = {  # a command, what it needs, and the extra that brings it
    "search": (["sweep", POSTS], "optuna", "sweep"),
    "search on a cluster": (["sweep", POSTS, "--on", "ray"], "ray", "ray"),
    "fleet on a cluster": (["fleet", "authors.csv", "--out", "store", "--on", "ray"], "ray", "ray"),
    "tracker of a training": (["train", POSTS, "--tracker", "wandb"], "wandb", "wandb"),
    "tracker of a fleet": (
        ["fleet", "authors.csv", "--out", "store", "--tracker", "wandb"],
        "wandb",
        "wandb",
    ),
    "tracker of the demo": (["demo", "--tracker", "wandb"], "wandb", "wandb"),
    "adapter": (["train", POSTS, "--recipe", "starter-lora"], "peft", "lora"),
    "adapter of a search": (["sweep", POSTS, "--recipe", "starter-lora"], "peft", "lora"),
    "page": (["app"], "gradio", "app"),
    "server": (["serve"], "uvicorn", "serve"),
}


@pytest.mark.parametrize("what", NEEDING)
def test_an_extra_that_is_missing_is_said_before_anything_else(what, tmp_path, monkeypatch):
    """No recipe is chosen, no base fetched, no post read, and nothing written."""
    command, package, extra = NEEDING[what]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "authors.csv").write_text("location\nada.txt\n")
    monkeypatch.delitem(sys.modules, f"huggingtweets.tracking.{package}", raising=False)
    monkeypatch.setitem(sys.modules, package, None)
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 2
    assert done.stderr.count("\n") == 1
    assert f"pip install 'huggingtweets[{extra}]'" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["authors.csv"]
