"""A training that is killed at any moment, from posts to card, loses nothing and leaves nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tests.helpers.tiny import tiny_base, varied_texts

KILLS = 104


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system copies no processes")
def test_a_training_killed_in_every_stage_ends_with_the_same_bytes(tmp_path):
    """Killed a hundred times, each time a moment after a stage began, it makes the same files as ever."""
    base = tiny_base(tmp_path / "base")
    rows = [f'{number},ada,"{text}"' for number, text in enumerate(varied_texts(150, seed=1))]
    (tmp_path / "posts.csv").write_text("\n".join(["id,author,text", *rows]), "utf-8")
    command = ["-m", "tests.helpers.killed_training", base, tmp_path / "posts.csv", tmp_path / "place"]
    done = subprocess.run(
        [sys.executable, *command, str(KILLS), "0"], cwd=ROOT, stdout=subprocess.PIPE, check=True
    )
    found = json.loads(done.stdout)
    print(found)  # noqa: T201 -- the figures are what the test is for
    assert sum(found["kills"].values()) == KILLS
    assert {"read", "preprocess", "train", "evaluate", "report"} <= found["kills"].keys()
    assert min(found["kills"].values()) > 0
    assert found["same"] > 10, "most files hold no times"
    assert found["differ"] == []
    assert found["files"] == []
    assert found["left"] == []
