"""A fleet on Ray: what workers and nodes that die leave behind is taken over. Needs the extra ray."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from huggingtweets import fleet_results, fleet_status, load_recipe
from huggingtweets.errors import UserError
from huggingtweets.workflows._executors import Died, Finished
from huggingtweets.workflows._ray import RayExecutor
from tests.helpers.fleet_work import work
from tests.helpers.tiny import tiny_base
from tests.workflows.test_fleet import FEW_STEPS, config, write_authors

ray = pytest.importorskip("ray")
cluster_utils = pytest.importorskip("ray.cluster_utils")
STORE_BYTES = 78_643_200  # of memory for Ray's objects on each node, the least that it takes


@pytest.fixture
def cluster():
    """A cluster of a head without cores and two nodes with a core each, on this machine."""
    made = cluster_utils.Cluster(
        initialize_head=True,
        head_node_args={"num_cpus": 0, "object_store_memory": STORE_BYTES, "include_dashboard": False},
    )
    for _ in range(2):
        made.add_node(num_cpus=1, object_store_memory=STORE_BYTES)
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
def test_chaos_on_a_cluster(cluster, tmp_path, record_property):
    """Workers and nodes are killed every few seconds, the driver twice: all end, with the same weights."""
    authors, quiet, store = tmp_path / "authors", tmp_path / "quiet", tmp_path / "store"
    write_authors(authors, 21)
    (authors / "author20.csv").unlink()
    recipe = load_recipe("starter", [f"base={tiny_base(tmp_path / 'base')}", *FEW_STEPS])
    from huggingtweets import fleet  # noqa: PLC0415 -- beside its one use

    undisturbed = fleet(config(authors, quiet, recipe=recipe))
    command = [sys.executable, "-m", "huggingtweets", "fleet", str(authors), "--out", str(store)]
    command += ["--on=ray", f"--address={cluster.address}", "--recipe=starter", "--no-evaluate"]
    command += [f"--base={tmp_path / 'base'}", *(f"--set={change}" for change in FEW_STEPS)]
    command += ["--tracker=none", "--lease-seconds=6", "--attempts=1000", "--workers=2"]
    killed = {"driver": 0, "node": 0, "worker": 0}
    seen, rng = dict[str, bytes](), random.Random(3)
    started = time.monotonic()
    process = subprocess.Popen(command)
    while process.poll() is None and not list(store.glob("ended/*.json")):
        time.sleep(0.5)
    pace = (time.monotonic() - started) / 2  # a worker must live long enough to begin
    while process.poll() is None:
        time.sleep(pace * rng.uniform(0.5, 1.5))
        for path in store.glob("ended/*.json"):
            assert seen.setdefault(path.name, path.read_bytes()) == path.read_bytes()  # none ends twice
        if killed["driver"] < 2 and len(seen) >= 5 * (killed["driver"] + 1):
            process.kill()
            process.wait()
            killed["driver"] += 1
            process = subprocess.Popen(command)
        elif rng.random() < 0.3:
            cluster.remove_node(rng.choice(list(cluster.worker_nodes)), allow_graceful=False)
            cluster.add_node(num_cpus=1, object_store_memory=STORE_BYTES)
            killed["node"] += 1
        elif workers := _ray_workers():
            rng.choice(workers).kill()
            killed["worker"] += 1
    record_property("killed", killed)
    assert process.returncode == 0
    assert killed["driver"] == 2
    rows = fleet_results(str(store)).rows
    assert [row.state for row in rows] == ["done"] * 20
    assert fleet_status(str(store), check=True).damaged == ()
    weights = [[row.files["model.safetensors"] for row in each] for each in (undisturbed.rows, rows)]
    assert weights[0] == weights[1]
    assert not list(Path(store).glob("leases/*"))


def _ray_workers() -> list[psutil.Process]:
    """The processes of this machine in which actors of a fleet run."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        title = " ".join(process.info["cmdline"] or [])
        if title.startswith("ray::_Worker"):
            found.append(process)
    return found
