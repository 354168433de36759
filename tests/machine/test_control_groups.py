"""What control groups leave of a machine to a process, from files as Linux writes them."""

from __future__ import annotations

import math

import pytest

from huggingtweets.machine import control_groups, cores, this_machine
from huggingtweets.machine.control_groups import core_limit, memory_limit


@pytest.fixture
def groups(tmp_path, monkeypatch):
    """Make the groups of this process, and the files in them."""
    monkeypatch.setattr(control_groups, "OWN", tmp_path / "own")
    monkeypatch.setattr(control_groups, "MOUNTED", tmp_path / "mounted")

    def make(own: str, **files: str) -> None:
        (tmp_path / "own").write_text(own)
        for name, content in files.items():
            file = tmp_path / "mounted" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content)

    return make


def test_a_container_is_limited_at_the_top(groups):
    """`docker run -m 4g --cpus 1.5` with the second version, whose namespace begins at the container."""
    groups("0::/\n", **{"memory.max": "4294967296\n", "cpu.max": "150000 100000\n"})
    assert (memory_limit(), core_limit()) == (4294967296, 1.5)
    assert cores() <= 2
    assert this_machine().memory <= 4.3


def test_the_groups_above_limit_too(groups):
    """A job of a scheduler has no limit of its own where all of its step has one."""
    files = {"job/step/memory.max": "max\n", "job/memory.max": "1000000000\n", "memory.max": "9000000000\n"}
    groups("0::/job/step\n", **files, **{"job/step/cpu.max": "max 100000\n"})
    assert (memory_limit(), core_limit()) == (1e9, math.inf)


def test_the_first_version_has_a_tree_for_each_controller(groups):
    """A container sees its own group at the top, whatever its path is called outside."""
    groups(
        "11:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n1:name=systemd:/docker/abc\n",
        **{"memory/memory.limit_in_bytes": "2000000000\n"},
        **{"cpu/cpu.cfs_quota_us": "50000\n", "cpu/cpu.cfs_period_us": "100000\n"},
    )
    assert (memory_limit(), core_limit()) == (2e9, 0.5)
    assert cores() == 1


@pytest.mark.parametrize("own", ["", "0::/\n", "4:cpu,cpuacct:/\n"])
def test_without_limits_all_is_given(own, groups):
    """No Linux, no controller, or no quota: -1."""
    groups(own, **{"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"})
    assert memory_limit() == core_limit() == math.inf
