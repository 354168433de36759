"""docs/clusters.md: what can be checked without a cloud is checked by the tools themselves."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from typer.main import get_command

from huggingtweets.cli import app
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "clusters.md").read_text("utf-8")
FILES = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]
COMMANDS = "\n".join(re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)).splitlines()


def test_every_fleet_command_is_one():
    """What the page tells to type has only arguments and options that the command line knows."""
    fleets = re.findall(r"huggingtweets (fleet [^\"\n]*)", "\n".join(COMMANDS))
    assert len(fleets) > 4
    group = get_command(app).commands["fleet"]
    for words in map(shlex.split, fleets):
        name, rest = (words[1], words[2:]) if words[1] in group.commands else ("run", words[1:])
        group.commands[name].make_context(name, rest, resilient_parsing=False)


def test_the_file_for_a_cloud_is_one():
    """Ray accepts the file of `ray up`."""
    util = pytest.importorskip("ray.autoscaler._private.util")
    (cluster,) = (file for file in FILES if "cluster_name" in file)
    util.validate_config(util.prepare_config(cluster))


def test_the_file_for_kubernetes_names_head_and_workers():
    """It has the parts of a RayCluster that the page speaks of."""
    (cluster,) = (file for file in FILES if "kind" in file)
    assert (cluster["apiVersion"], cluster["kind"]) == ("ray.io/v1", "RayCluster")
    assert {"headGroupSpec", "workerGroupSpecs"} <= cluster["spec"].keys()


def test_the_job_is_one():
    """The command for Hugging Face Jobs passes its own dry run."""
    (command,) = (line for line in COMMANDS if line.startswith("hf "))
    hf = Path(sys.executable).parent / "hf"
    if not hf.exists():
        pytest.skip("hf is not beside this Python")
    words = [str(hf), *shlex.split(command)[1:]]
    words.insert(words.index("--flavor"), "--dry-run")
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Job not submitted" in done.stdout
