"""A store on S3, by the emulator moto: what is true of a folder is true of a bucket. Needs moto and s3fs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from huggingtweets import fleet_results, fleet_retry, fleet_status
from huggingtweets.workflows.fleet import leases, records
from huggingtweets.workflows.fleet.authors import read_folder
from huggingtweets.workflows.fleet.store import Store
from huggingtweets.workflows.fleet.worker import Assignment, AuthorWorker
from tests.helpers.fleet_authors import write_authors
from tests.helpers.fleet_work import InlineExecutor
from tests.workflows.test_fleet import drive, job

moto_server = pytest.importorskip("moto.server")
s3fs = pytest.importorskip("s3fs")
pytestmark = pytest.mark.slow


@pytest.fixture
def address(monkeypatch, tmp_path):
    """The address of a fleet in a bucket of this machine, which the process keeps."""
    server = moto_server.ThreadedMotoServer(port=0)
    server.start()
    host, port = server.get_host_and_port()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "made-up")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    s3fs.S3FileSystem.clear_instance_cache()
    s3fs.S3FileSystem().makedirs("bucket", exist_ok=True)
    yield f"s3://bucket/{tmp_path.name}"
    s3fs.S3FileSystem.clear_instance_cache()
    server.stop()


def test_of_many_who_create_a_file_one_is_the_first(address):
    """S3 refuses to write what is there, so a lease has one holder; given back, it can be taken again."""
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda n: leases.acquire(Store(address), "ada", f"w{n}", 60), range(8)))
    [lease] = filter(None, taken)
    lease.renew()
    assert leases.holders(Store(address)) == {"ada": lease.owner}
    lease.release()
    assert leases.holders(Store(address)) == {}
    assert leases.acquire(Store(address), "ada", "next", 60).owner == "next"


def test_a_fleet_is_kept_in_a_bucket(address, tmp_path):
    """Models, outcomes and results are there, what failed has its reason, and damage is found and mended."""
    store, requests = Store(address), read_folder(write_authors(tmp_path / "authors", 3))
    records.save_fleet(store, job(), requests)
    worker = AuthorWorker(address, job(), 60.0)
    drive(store, InlineExecutor(worker), requests)
    rows = fleet_results(address).rows
    assert [row.state for row in rows] == ["done", "done", "failed"]
    assert {"results.html", "results.parquet", "fleet.json"} <= set(store.names(""))
    assert fleet_status(address, check=True).damaged == ()
    [name] = [name for name in rows[0].files if name.startswith("ngram.")]
    store.write(f"models/author0/{name}", b"damaged")
    assert fleet_status(address, check=True).damaged == ("author0",)
    fleet_retry(address, ["author0"])
    again = worker(Assignment(request=requests[0], owner="me"))
    assert again.files[name] == rows[0].files[name]
    assert fleet_status(address, check=True).damaged == ()
    assert store.names("leases") == []
