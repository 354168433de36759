"""Shares of a GPU: Ray reserves no memory for them, so each worker limits itself."""

from __future__ import annotations

from huggingtweets.workflows._executors.ray import _Worker
from tests.helpers.fleet_work import work


def test_a_worker_limits_itself_to_its_share_of_a_gpu(monkeypatch):
    """A worker of a tenth may take a tenth of the memory; one of a whole GPU, or of none, has no limit."""
    limits = []
    monkeypatch.setattr("torch.cuda.set_per_process_memory_fraction", limits.append)
    for share in (0.1, 0.25, 1.0, 2.0, 0.0):
        assert _Worker(work, share).do(3)[0][1] == 6
    assert limits == [0.1, 0.25]
