"""A fleet on Ray: what workers and nodes that die leave behind is taken over. Needs the extra ray."""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress

import psutil
import pytest

from huggingtweets.errors import UserError
from huggingtweets.workflows._executors.interface import Died, Finished
from huggingtweets.workflows._executors.ray import RayExecutor
from tests.helpers.fleet_chaos import Chaos
from tests.helpers.fleet_work import work

ray = pytest.importorskip("ray")
cluster_utils = pytest.importorskip("ray.cluster_utils")
STORE_BYTES = 78_643_200  # of memory for Ray's objects on each node, the least that it takes
KILLS = ["driver"] * 2 + ["node"] * 2 + ["worker"] * 5


@pytest.fixture
def cluster():
    """A cluster of a head without cores and two nodes with a core each, on this machine."""
    made = cluster_utils.Cluster(
        initialize_head=True,
        head_node_args={"num_cpus": 0, "object_store_memory": STORE_BYTES, "include_dashboard": False},
    )
    for _ in range(2):
        made.add_node(wait=False, num_cpus=1, object_store_memory=STORE_BYTES)
    made.wait_for_nodes(timeout=600)
    yield made
    ray.shutdown()
    made.shutdown()


def done(executor: RayExecutor, *items: object) -> list[Finished | Died]:
    """Hand out items one after the other, and wait for each."""
    events = []
    for item in items:
        assert executor.free
        executor.submit(item)
        while not (new := executor.wait(1.0)):
            pass
        events += new
    return events


def test_a_worker_or_a_node_that_dies_gives_its_item_back(cluster):
    """A killed worker, and the node of a worker, cost one item; a worker that lives does the next ones."""
    with RayExecutor(work, workers=None, address=cluster.address, gpus=0.0) as executor:
        assert executor.free == 2
        died, first, refused, second = done(executor, "die", 1, "refuse", 2)
        assert isinstance(died, Died)
        assert isinstance(refused.error, UserError)
        assert [first.value[1], second.value[1]] == [2, 4]
        assert first.value[0] == second.value[0]
        executor.submit("wait")
        executor.wait(3.0)
        for node in list(cluster.worker_nodes):
            cluster.remove_node(node, allow_graceful=False)
        while not (events := executor.wait(1.0)):
            pass
        assert isinstance(events[0], Died)
        assert not events[0].is_gone  # a node that is cut off may still work
        cluster.add_node(num_cpus=1, object_store_memory=STORE_BYTES)
        while isinstance(last := done(executor, 3)[0], Died):
            pass  # the cluster notices after some seconds that a node is gone
        assert last.value[1] == 6
    assert os.environ["RAY_USAGE_STATS_ENABLED"] == "0"


def test_a_cluster_that_does_not_answer_is_one_line():
    """The message says which address was given, and how a cluster is started."""
    with pytest.raises(UserError, match=r"--address 127.0.0.1:1: no Ray cluster answers .* ray start --head"):
        RayExecutor(work, workers=1, address="127.0.0.1:1", gpus=0.0).__enter__()


def test_a_share_of_a_gpu_needs_one(cluster):
    """Without a GPU in the cluster, a share of one is refused before anything starts."""
    with pytest.raises(UserError, match=r"no GPU for --gpus-per-author 0.1"):
        RayExecutor(work, workers=None, address=cluster.address, gpus=0.1).__enter__()


@pytest.mark.slow
def test_chaos_on_a_cluster(cluster, tmp_path):
    """Workers and nodes are killed at work, the driver twice: all end, none twice, with the same weights.

    A kill comes when one more author has ended and somebody works, however long that takes.
    """
    options = ["--on=ray", f"--address={cluster.address}", "--lease-seconds=10"]
    with Chaos(tmp_path, options, _workers, seed=3) as chaos:

        def kill_node(_: str) -> None:
            cluster.remove_node(chaos.random.choice(list(cluster.worker_nodes)), allow_graceful=False)
            cluster.add_node(wait=False, num_cpus=1, object_store_memory=STORE_BYTES)

        chaos.kill(KILLS, kill_node)
        chaos.look_at_the_end()


def _workers(_: subprocess.Popen) -> list[psutil.Process]:
    """The processes of this cluster in which actors of a fleet run."""
    workers: list[psutil.Process] = []
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if " ".join(process.cmdline()).startswith("ray::_Worker"):
                workers.append(process)
    return workers
