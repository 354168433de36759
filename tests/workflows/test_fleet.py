"""A fleet: every author's model is what `train` makes, and the truth lies in the store."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import fsspec
import msgspec
import psutil
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from huggingtweets import (
    DataConfig,
    FleetConfig,
    ModelFolder,
    ReadOptions,
    TrainConfig,
    fleet,
    fleet_results,
    fleet_retry,
    fleet_status,
    load_recipe,
    train,
)
from huggingtweets.bases import loading
from huggingtweets.cli import app
from huggingtweets.errors import (
    BaseError,
    LocationError,
    ModelError,
    OutOfSpace,
    OutputExists,
    StoreUnavailable,
    UserError,
)
from huggingtweets.progress import Silence, watched_by
from huggingtweets.signals import Noted, first_signal_noted
from huggingtweets.tracking.none import NullRun
from huggingtweets.workflows._executors.interface import Died, Finished
from huggingtweets.workflows._executors.local import LocalExecutor
from huggingtweets.workflows.fleet import _job, leases, parts, records
from huggingtweets.workflows.fleet import store as stores
from huggingtweets.workflows.fleet import worker as fleet_worker
from huggingtweets.workflows.fleet.authors import read_folder, read_table
from huggingtweets.workflows.fleet.config import AuthorRequest, Job, Outcome, State
from huggingtweets.workflows.fleet.driver import Driver
from huggingtweets.workflows.fleet.store import Store
from huggingtweets.workflows.fleet.worker import Assignment, AuthorWorker
from huggingtweets.workflows.forget import find_traces, forget
from tests.helpers import flaky_store
from tests.helpers.fleet_authors import FEW_STEPS, NGRAM, config, long_texts, write_authors
from tests.helpers.fleet_chaos import Chaos
from tests.helpers.fleet_work import FailingFileSystem, InlineExecutor, work
from tests.helpers.tiny import small_base, varied_texts

KILLS = ["driver"] * 2 + ["worker"] * 10


class Notes(Silence):
    """Records what is said."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, message):
        """Record it."""
        self.lines.append(message)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A fleet of one large table: three authors with enough posts in turns, one with too few."""
    place = tmp_path_factory.mktemp("fleet")
    texts = [varied_texts(120, seed=number) for number in range(3)]
    rows = [
        {"id": f"{i}-{number}", "screen_name": f"author{number}", "text": text}
        for i, of_each in enumerate(zip(*texts, strict=True))
        for number, text in enumerate(of_each)
    ]
    rows += [{"id": "x", "screen_name": "Few", "text": "only one post of this one"}]
    rows += [{"id": "y", "screen_name": "Hidden", "text": "a secret word", "protected": True}]
    (place / "posts.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HUGGINGTWEETS_HOME", str(place / "home"))
        results = fleet(config(place / "posts.jsonl", place / "store"))
    return place, results


@pytest.fixture
def inline(monkeypatch):
    """Fleets work in this process, where it is no matter of a test how others are started."""

    def open_inline(_: str, work: AuthorWorker, *, workers: int, **__: object) -> InlineExecutor:
        return InlineExecutor(work, workers)

    monkeypatch.setattr(sys.modules[fleet.__module__], "open_executor", open_inline)


def job(**fields: object) -> Job:
    values = {
        "recipe": NGRAM,
        "rules": FleetConfig(authors=Path(), store="", recipe=NGRAM).rules,
        "held_out": 0.1,
        "evaluate": False,
        "source_digest": "",
    }
    return Job(**{**values, **fields})


def drive(store: Store, executor: InlineExecutor, requests, watcher=None, **fields) -> Driver:
    values = {"lease_seconds": 30.0, "attempts": 3, "total": len(requests), **fields}
    made = Driver(store=store, executor=executor, watcher=watcher or Silence(), run=NullRun(), **values)
    made.hand_out(requests, Noted())
    return made


def test_every_model_is_what_train_makes(trained, tmp_path):
    """A model of the fleet has the weights and the posts of `train` on the same table."""
    place, _ = trained
    made = train(
        TrainConfig(
            data=DataConfig(locations=(str(place / "posts.jsonl"),), options=ReadOptions(handle="author1")),
            recipe=NGRAM,
            out=tmp_path / "alone",
            tracker="none",
            evaluate=False,
        )
    )
    in_fleet = ModelFolder(place / "store" / "models" / "author1")
    assert in_fleet.record.model_digest == made.record.model_digest
    assert in_fleet.record.dataset_digest == made.record.dataset_digest
    assert in_fleet.weights_state == "intact"
    names = {path.name for path in made.path.iterdir()}
    assert {path.name for path in in_fleet.path.iterdir()} == names
    assert made.card.read_text("utf-8").splitlines()[:5] == in_fleet.card.read_text("utf-8").splitlines()[:5]


def test_an_author_that_fails_is_recorded_and_stops_nobody(trained):
    """Too few posts are a row with a reason; the others have models; rows for few eyes are in no file."""
    place, results = trained
    states = {row.name: row.state for row in results.rows}
    assert states == {"author0": "done", "author1": "done", "author2": "done", "Few": "failed"}
    (few,) = (row for row in results.rows if row.name == "Few")
    assert "under the 6,000 bytes" in few.reason
    table = pq.read_table(BytesIO((place / "store" / results.table).read_bytes())).to_pylist()
    assert [row["name"] for row in table] == [row.name for row in results.rows]
    assert table[0]["bits_per_byte"] == results.rows[0].bits_per_byte > 0
    page = (place / "store" / results.page).read_text("utf-8")
    assert "3 of 4 authors have a model" in page
    assert "under the 6,000 bytes" in page
    contents = [path.read_bytes() for path in (place / "store").rglob("*") if path.is_file()]
    assert not any(b"secret word" in content or b"Hidden" in content for content in contents)


def test_ended_authors_are_left_alone(trained, monkeypatch):
    """The same call starts no worker; the store alone says how far all are, and what failed."""
    place, results = trained
    monkeypatch.setattr(LocalExecutor, "submit", None)
    assert fleet(config(place / "posts.jsonl", place / "store")).rows == results.rows
    status = fleet_status(str(place / "store"), check=True)
    assert msgspec.structs.asdict(status.counts) == {
        "authors": 4,
        "done": 3,
        "failed": 1,
        "training": 0,
        "waiting": 0,
    }
    assert [*status.failed] == ["Few"]
    assert fleet_results(str(place / "store")).rows == results.rows
    with pytest.raises(OutputExists, match="another held_out"):
        fleet(config(place / "posts.jsonl", place / "store", held_out=0.2))


def test_a_damaged_model_is_found_and_made_again(trained):
    """A folder that is not what was written is named, and `retry` lets it be trained again."""
    place, _ = trained
    store = str(place / "store")
    weights = ModelFolder(place / "store" / "models" / "author2").weights
    digest = ModelFolder(weights.parent).record.model_digest
    weights.write_bytes(weights.read_bytes()[:-1])
    assert fleet_status(store).damaged == ()
    assert fleet_status(store, check=True).damaged == ("author2",)
    with pytest.raises(UserError, match="author0: neither failed nor damaged"):
        fleet_retry(store, ["author0"])
    assert fleet_retry(store) == ("Few", "author2")
    assert fleet_status(store).counts.waiting == 2
    worker = AuthorWorker(store, records.load_job(Store(store)), 30.0)
    requests = records.load_authors(Store(store))
    ended = records.load_outcomes(Store(store))
    drive(Store(store), InlineExecutor(worker), requests, ended=ended)
    assert fleet_status(store, check=True).damaged == ()
    assert ModelFolder(weights.parent).record.model_digest == digest


@pytest.mark.usefixtures("inline")
def test_an_author_whose_posts_have_changed_is_named_and_trained_again_when_asked(tmp_path):
    """A fuller archive under the same name is noticed, and `retry` lets the next run learn from it."""
    authors, store, notes = write_authors(tmp_path / "authors", 3), tmp_path / "store", Notes()
    before = fleet(config(authors, store, workers=1)).rows
    said = CliRunner().invoke(app, ["fleet", "results", str(store)]).output
    assert f"To try again: huggingtweets fleet retry {store}, then" in said
    assert fleet_status(str(store), check=True).changed == ()
    with (authors / "author1.csv").open("a", encoding="utf-8") as file:
        file.writelines(f'\nmore{i},author1,"{post}"' for i, post in enumerate(long_texts(40, seed=99)))
    assert fleet(config(authors, store, workers=1), notes).rows == before
    assert any("1 author ended with other posts than there are now (author1)" in line for line in notes.lines)
    assert fleet_status(str(store), check=True).changed == ("author1",)
    assert fleet_retry(str(store)) == ("author1", "author2")
    after = fleet(config(authors, store, workers=1)).rows
    assert after[1].posts > before[1].posts
    assert fleet_status(str(store), check=True).changed == ()


def test_the_commands_read_the_store_alone(trained, tmp_path):
    """`fleet status`, `results` and `retry` need nothing but the store, and say in one line what is wrong."""
    place, _ = trained

    def said(*words: object) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["fleet", *map(str, words)])
        return done.exit_code, done.output

    code, text = said("status", place / "store", "--json")
    assert (code, json.loads(text)["counts"]["authors"]) == (0, 4)
    assert said("status", place / "store")[1].startswith("4 authors: ")
    assert "author0" in said("results", place / "store")[1]
    for words, message in (
        (("status", tmp_path), "holds no fleet"),
        ((tmp_path / "none.csv", "--out", tmp_path / "s", "--recipe", "ngram"), "is no file or folder"),
        ((place / "posts.jsonl", "--out", "memory://s", "--recipe", "ngram"), "do not see it"),
        ((place / "posts.jsonl", "--out", "nowhere://s", "--recipe", "ngram"), "give a folder"),
        (
            (place / "posts.jsonl", "--out", tmp_path / "s", "--recipe", "ngram", "--on", "mars"),
            "choose one of: local, ray",
        ),
    ):
        code, text = said(*words, *(["--tracker", "none"] if "--out" in words else []))
        assert code == 2
        assert len(text.splitlines()) == 1
        assert message in text


@pytest.mark.slow
def test_a_fleet_goes_on_after_everything_was_killed(tmp_path):
    """Driver and workers are killed at once; the same command ends all, none twice, and tells no secret."""
    authors, store = write_authors(tmp_path / "authors", 4), tmp_path / "store"
    command = [sys.executable, "-m", "huggingtweets", "fleet", str(authors), "--out", str(store)]
    options = ["--recipe", "ngram", "--no-evaluate", "--workers", "2", "--tracker", "none"]
    elsewhere = leases.acquire(Store(str(store)), "author0", "another", 600)  # so that not all ends at once
    process = subprocess.Popen([*command, *options, "--lease-seconds", "4"], stderr=subprocess.DEVNULL)
    while len(list(store.glob("leases/*"))) == 1 and len(list(store.glob("ended/*"))) < 3:
        assert process.poll() is None
        time.sleep(0.02)
    for each in [*psutil.Process(process.pid).children(recursive=True), process]:
        with suppress(psutil.NoSuchProcess):
            each.kill()
    process.wait()
    elsewhere.release()
    before = {path.name: path.read_bytes() for path in store.glob("ended/*")}
    secret = "hf_" + "x" * 34
    done = subprocess.run(
        [*command, *options, "--lease-seconds", "4"],
        env={**os.environ, "HF_TOKEN": secret},
        capture_output=True,
        text=True,
        check=True,
    )
    results = fleet_results(str(store))
    contents = [path.read_bytes() for path in store.rglob("*") if path.is_file()]
    assert not any(secret.encode() in text for text in (*contents, (done.stdout + done.stderr).encode()))
    assert [row.state for row in results.rows] == ["done", "done", "done", "failed"]
    assert {name: (store / "ended" / name).read_bytes() for name in before} == before
    assert fleet_status(str(store), check=True).damaged == ()
    assert not list(store.glob("leases/*"))


def test_a_worker_that_dies_gives_its_item_back():
    """A killed process is one item's misfortune; the next item has a new one, which keeps its own."""
    with LocalExecutor(work, 1) as executor:
        events = []
        for item in ("die", 1, "refuse", 2):
            assert executor.free == 1
            executor.submit(item)
            while not (new := executor.wait(1.0)):
                pass
            events += new
    died, first, refused, second = events
    assert isinstance(died, Died)
    assert "-9" in died.reason
    assert isinstance(refused.error, UserError)
    assert [first.value[1], second.value[1]] == [2, 4]
    assert first.value[0] == second.value[0]


def test_a_worker_whose_gpu_failed_is_replaced():
    """After an error of CUDA a process can use the GPU no more; the next item has a new process."""
    with LocalExecutor(work, 1) as executor:
        events = []
        for item in (1, "break", 2):
            executor.submit(item)
            while not (new := executor.wait(1.0)):
                pass
            events += new
    before, broken, after = events
    assert isinstance(broken, Died)
    assert "illegal memory access" in broken.reason
    assert before.value[0] != after.value[0]
    assert after.value[1] == 4


def test_an_author_is_not_failed_for_a_broken_gpu(tmp_path, monkeypatch):
    """The author waits for another process, as where a worker died; nothing is said to have ended."""
    store = Store(str(tmp_path / "store"))
    (request, _) = read_folder(write_authors(tmp_path / "authors", 2))

    def breaks(*_: object) -> None:
        raise RuntimeError("CUDA error: device-side assert triggered")

    monkeypatch.setattr(fleet_worker, "train", breaks)
    with pytest.raises(RuntimeError, match="CUDA error"):
        AuthorWorker(store.address, job(), 30.0)(Assignment(request=request, owner="me"))
    assert store.names("ended") == store.names("leases") == []


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="this system has no such signal")
def test_a_terminal_that_is_closed_ends_no_worker():
    """Its signal reaches the workers, too; it is for the driver, which lets them keep what they did."""
    with LocalExecutor(work, 1) as executor:
        executor.submit("close")
        while not (events := executor.wait(1.0)):
            pass
    assert isinstance(events[0], Finished)


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_the_first_signal_to_stop_is_noted_and_the_second_interrupts(name):
    """Whichever it is, what is in progress may end; who asks twice does not want to wait."""
    number = getattr(signal, name, None)
    if number is None:
        pytest.skip("this system has no such signal")
    before = signal.signal(number, signal.default_int_handler)
    try:
        with first_signal_noted() as stop:
            signal.raise_signal(number)
            assert stop.number == number
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(number)
        assert signal.getsignal(number) is signal.default_int_handler
    finally:
        signal.signal(number, before)


@pytest.mark.slow
def test_workers_end_with_their_driver():
    """When the driver is killed, no worker stays behind."""
    program = (
        "from huggingtweets.workflows._executors.local import LocalExecutor\n"
        "from tests.helpers.fleet_work import work\n"
        "if __name__ == '__main__':\n"
        "    executor = LocalExecutor(work, 1)\n"
        "    executor.submit('wait')\n"
        "    print(executor._workers[0].process.pid, flush=True)\n"
        "    executor.wait(600)\n"
    )
    driver = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    worker = psutil.Process(int(driver.stdout.readline()))
    assert driver.stdout.readline() == "waits\n"
    driver.kill()
    driver.wait()
    driver.stdout.close()
    psutil.wait_procs([worker], timeout=60)
    assert not worker.is_running()


def test_a_worker_that_dies_again_and_again_fails_its_author(tmp_path):
    """After as many deaths as allowed the author is recorded as failed, and the others go on."""
    store = Store(str(tmp_path / "store"))
    requests = read_folder(write_authors(tmp_path / "authors", 2))
    worker, notes = AuthorWorker(store.address, job(), 30.0), Notes()
    made = drive(store, InlineExecutor(worker, died=5), requests, notes, attempts=3)
    assert {name: outcome.state for name, outcome in made.ended.items()} == {
        "author0": "failed",
        "author1": "failed",
    }
    assert made.ended["author0"].reason.startswith("3 workers died on it")
    assert "under the 6,000 bytes" in made.ended["author1"].reason
    assert sum("will be tried again" in line for line in notes.lines) == 4  # not after the last death
    assert (
        drive(store, InlineExecutor(worker, died=1), requests, attempts=1)
        .ended["author0"]
        .reason.startswith("1 worker died on it")
    )


def test_what_somebody_else_holds_is_left_until_the_lease_expires(tmp_path):
    """An author whose lease is held is not trained; once it has expired, somebody takes it over."""
    store = Store(str(tmp_path / "store"))
    (request, _) = read_folder(write_authors(tmp_path / "authors", 2))
    worker = AuthorWorker(store.address, job(), 30.0)
    lease = leases.acquire(store, request.name, "other", 600)
    assert worker(Assignment(request=request, owner="me")) is None
    assert leases.holders(store) == {request.name: "other"}
    store.write(f"leases/{request.name}~1.json", leases._encode("other", lease.nonce, time.time() - 1))
    assert worker(Assignment(request=request, owner="me")).state is State.DONE
    with pytest.raises(leases.LeaseLost):
        lease.renew()
    lease.release()
    assert leases.holders(store) == {}
    assert worker(Assignment(request=request, owner="late")).worker == "me"  # not done twice


@pytest.mark.parametrize("address", ["{}/store", "memory://leases"])
def test_a_lease_has_one_holder(tmp_path, address):
    """Of many who want an author at once, one gets the lease; the same holds after it has expired."""
    store = Store(address.format(tmp_path))
    for expired in range(3):
        with ThreadPoolExecutor(16) as pool:
            taken = list(pool.map(lambda n: leases.acquire(store, "ada", f"w{n}", 60), range(16)))
        (lease,) = filter(None, taken)
        assert lease.number == expired + 1
        lease.renew()
        store.write(f"leases/ada~{lease.number}.json", leases._encode(lease.owner, lease.nonce, 0.0))
    store.remove("leases/ada~3.json")
    assert leases.acquire(store, "ad", "w", 60).number == 1  # other names are other leases


def test_what_is_being_written_is_no_entry_of_a_store(tmp_path):
    """What a killed worker left half-written is read as nobody's lease, and tried again by nobody."""
    store = Store(str(tmp_path / "store"), waits=())
    store.write("leases/ada~1.json", b"whole")
    (tmp_path / "store" / "leases" / ".huggingtweets-12345678").mkdir()
    assert store.read_folder("leases") == {"ada~1": b"whole"}


@pytest.mark.parametrize("address", ["{}/fleet [12]*", "memory://fleet [12]*"])
def test_the_name_of_a_store_is_no_pattern(tmp_path, address):
    """Brackets and asterisks in it mean themselves: all is read back, and only what is its own is deleted."""
    store, other = (
        Store(address.format(tmp_path), ()),
        Store(address.replace(" [12]*", " 1").format(tmp_path)),
    )
    for each in (store, other):
        each.write("ended/ada.json", each.address.encode())
    assert store.read_folder("ended") == {"ada": store.address.encode()}
    store.remove("ended/ada.json")
    assert (store.read("ended/ada.json"), other.read("ended/ada.json")) == (None, other.address.encode())


def test_what_other_programs_leave_beside_leases_is_no_lease(tmp_path):
    """A copy that a program made of a conflict, for example, holds no author and stops nobody."""
    store = Store(str(tmp_path / "store"), waits=())
    lease = leases.acquire(store, "ada", "me", 60)
    content = store.read("leases/ada~1.json")
    for name in ("ada~1 (conflicted copy).json", "ada~1-laptop.json", "Thumbs.db", "~2.json"):
        store.write(f"leases/{name}", content)
    assert leases.holders(store) == {"ada": "me"}
    lease.renew()
    lease.release()
    assert leases.holders(store) == {}
    assert leases.acquire(store, "ada", "next", 60).number == 1


def test_a_lease_that_was_half_written_expires_too(tmp_path):
    """A worker that died while it created a lease holds nobody up for longer than a lease."""
    store = Store(str(tmp_path / "store"))
    assert store.create("leases/ada~1.json", b"")
    assert leases.acquire(store, "ada", "me", 60) is None
    os.utime(tmp_path / "store" / "leases" / "ada~1.json", (0, 0))
    assert leases.acquire(store, "ada", "me", 60).number == 2


@pytest.fixture
def failing(monkeypatch):
    fsspec.register_implementation("failing", FailingFileSystem, clobber=True)
    monkeypatch.setattr(FailingFileSystem, "failures", 0)
    monkeypatch.setattr(FailingFileSystem, "store", {})
    return Store("failing://fleet", waits=(0.0, 0.0, 0.0))


def test_a_store_that_fails_is_tried_again_and_said_to_be(failing):
    """What fails for a while is done in the end, and said; what fails for good is one error."""
    notes = Notes()
    with watched_by(notes):
        FailingFileSystem.failures = 3
        failing.write("ended/ada.json", b"1")
        assert len(notes.lines) == 3
        assert "the connection was reset; trying again" in notes.lines[0]
        FailingFileSystem.failures = 9
        with pytest.raises(StoreUnavailable, match="the same command then goes on"):
            failing.write("ended/bob.json", b"2")
        FailingFileSystem.failures = 0
    assert failing.read("ended/ada.json") == b"1"
    assert failing.read("ended/bob.json") is None


def test_a_store_without_conditional_creation_is_read_back(failing, monkeypatch):
    """Where a file system overwrites what is there, of many who create a file at once one is the first."""
    monkeypatch.setattr(stores, "SETTLE", 0.2)
    with ThreadPoolExecutor(8) as pool:
        created = list(pool.map(lambda n: failing.create("leases/ada~1.json", b"%d" % n), range(8)))
    assert sum(created) == 1


def test_what_fails_among_many_is_not_passed_over(failing):
    """Of many files that are read at once, those whose reading failed are read again; none is left out."""
    for name in ("ada", "bob", "eve"):
        failing.write(f"ended/{name}.json", name.encode())
    FailingFileSystem.failures = 2
    assert failing.read_folder("ended") == {"ada": b"ada", "bob": b"bob", "eve": b"eve"}
    FailingFileSystem.failures = 9
    with pytest.raises(StoreUnavailable):
        failing.read_folder("ended")


def test_a_lease_that_expires_while_the_store_is_slow_is_lost(failing, monkeypatch):
    """A renewal that is written too late holds nothing: somebody may have taken the author over."""
    lease = leases.acquire(failing, "ada", "me", 60)
    assert lease
    write = failing.write

    def slowly(path, content):
        write(path, content)
        lease.expires = 0.0

    monkeypatch.setattr(failing, "write", slowly)
    with pytest.raises(leases.LeaseLost):
        lease.renew()


def test_a_lease_is_renewed_while_a_checkpoint_is_uploaded(tmp_path):
    """An upload that takes longer than the lease lasts does not lose the author."""
    store, over = Store(str(tmp_path / "store")), threading.Event()
    lease = leases.acquire(store, "ada", "me", 0.6)
    with leases.renewed(lease, lambda: over.wait(60) and None):
        time.sleep(1.5)
        lease.check()
        assert leases.acquire(store, "ada", "somebody else", 0.6) is None
        over.set()


def test_an_upload_that_breaks_off_leaves_what_was_there(tmp_path, monkeypatch):
    """A checkpoint in a folder is replaced by a whole one or not at all."""
    store, source = Store(str(tmp_path / "store"), waits=()), tmp_path / "new"
    store.write("checkpoints/ada", b"old")
    source.write_bytes(b"new")

    def breaks_off(_, target):
        Path(target).write_bytes(b"n")
        raise OSError("it was unplugged")

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copyfile", breaks_off)
        with pytest.raises(StoreUnavailable, match="unplugged"):
            store.upload(source, "checkpoints/ada")
    assert store.read("checkpoints/ada") == b"old"
    store.upload(source, "checkpoints/ada")
    assert store.read("checkpoints/ada") == b"new"


@pytest.mark.usefixtures("failing")
def test_a_password_in_the_address_of_a_store_is_never_shown():
    """Errors name the store without whose it is."""
    store = Store("failing://ada:secret@host/store", waits=())
    FailingFileSystem.failures = 1
    with pytest.raises(StoreUnavailable, match="failing://host/store") as caught:
        store.read("fleet.json")
    assert "secret" not in str(caught.value)


def test_a_base_that_a_machine_lacks_is_no_failure_of_an_author(tmp_path):
    """No author is ended for the base that all lack."""
    store = Store(str(tmp_path / "store"))
    (request, _) = read_folder(write_authors(tmp_path / "authors", 2))
    lacking = load_recipe("starter", [f"base={tmp_path / 'gone'}"])
    with pytest.raises(BaseError):
        AuthorWorker(store.address, job(recipe=lacking), 30.0)(Assignment(request=request, owner="me"))
    assert records.load_outcome(store, request.name) is None


def test_a_lease_on_a_full_disk_keeps_nobody_out(small_disk):
    """A file that could not be written is not there: it would be a lease that nobody holds."""
    store, filling = Store(str(small_disk), waits=()), small_disk / "filling"
    (small_disk / "leases").mkdir()
    with pytest.raises(OSError, match="No space"):
        filling.write_bytes(b"x" * 400_000)
    with pytest.raises(StoreUnavailable, match="No space left"):
        leases.acquire(store, "ada", "me", 60)
    filling.unlink()
    assert leases.acquire(store, "ada", "me", 60).number == 1


@pytest.mark.parametrize(
    "error",
    [StoreUnavailable("store s3://x fails"), OutOfSpace("the disk is full"), BaseError("no base is here")],
)
def test_the_fleet_stops_where_nothing_can_be_kept(tmp_path, error):
    """Several authors whose models find no place end the fleet with that error; nobody failed."""
    store = Store(str(tmp_path / "store"), waits=())
    requests = read_folder(write_authors(tmp_path / "authors", 2))

    def fails(_):
        raise error

    with pytest.raises(type(error), match=str(error)):
        drive(store, InlineExecutor(fails), requests, lease_seconds=0.3)
    assert records.load_outcomes(store) == {}


class OneMachineLacks(InlineExecutor):
    """Two machines: a good one, which is slow, and one that lacks the base and says so at once."""

    def wait(self, seconds: float) -> list[Finished | Died]:
        """End what the good machine does last of all."""
        if len(self._items) == 1:
            return super().wait(seconds)
        return [Died(self._items.pop(), "no base is here", is_gone=True, error=BaseError("no base is here"))]


def test_one_machine_that_lacks_the_base_stops_no_fleet(tmp_path):
    """Others that have it end their authors meanwhile, and those that the one was given, too."""
    store = Store(str(tmp_path / "store"), waits=())
    requests = read_folder(write_authors(tmp_path / "authors", 5))
    executor = OneMachineLacks(AuthorWorker(store.address, job(), 0.3), 2)
    drive(store, executor, requests, lease_seconds=0.3)
    states = Counter(outcome.state for outcome in records.load_outcomes(store).values())
    assert states == {State.DONE: 4, State.FAILED: 1}  # one has too few posts


def test_the_last_line_of_progress_says_nothing_of_what_is_left(tmp_path):
    """While authors are left it says how long they may take; where all have ended there is nothing left."""
    store, notes = Store(str(tmp_path / "store")), Notes()
    requests = read_folder(write_authors(tmp_path / "authors", 2))
    drive(store, InlineExecutor(AuthorWorker(store.address, job(), 30.0)), requests, notes)
    first, last = (line for line in notes.lines if " ended, " in line)
    assert "about" in first
    assert "2 of 2 ended" in last
    assert "left" not in last


def test_a_full_disk_of_a_worker_is_no_failure_of_its_author(tmp_path, monkeypatch):
    """What a worker could not write is tried again; the author is not ended for it."""
    store = Store(str(tmp_path / "store"))
    (request, _) = read_folder(write_authors(tmp_path / "authors", 2))

    def full(*_):
        raise OutOfSpace("no space left on the disk")

    with monkeypatch.context() as patch:
        patch.setattr(fleet_worker, "train", full)
        with pytest.raises(OutOfSpace):
            AuthorWorker(store.address, job(), 30.0)(Assignment(request=request, owner="me"))
    assert store.names("ended") == store.names("leases") == []


@pytest.mark.slow
def test_a_fleet_ends_on_a_store_that_fails(tmp_path):
    """Errors at random, lost answers, torn files, a full disk, a silence: all end, with the same models."""
    authors, quiet, store = (
        write_authors(tmp_path / "authors", 9),
        tmp_path / "quiet",
        tmp_path / "x" / "store",
    )
    undisturbed = fleet(config(authors, quiet)).rows
    command = [sys.executable, "-m", "huggingtweets", "fleet", str(authors), "--out", f"flaky://{store}"]
    command += ["--recipe=ngram", "--no-evaluate", "--workers=2", "--tracker=none", "--lease-seconds=30"]
    environment = flaky_store.environment(tmp_path / "entry")
    with (tmp_path / "said.txt").open("w", encoding="utf-8") as file:
        process = subprocess.Popen(command, env=environment, stderr=file, stdout=subprocess.DEVNULL)
    for trouble, ended in (("full", 1), ("down", 3)):
        while len(list(store.glob("ended/*.json"))) < ended:
            assert process.poll() is None
            time.sleep(0.1)
        (tmp_path / "x" / trouble).touch()
        time.sleep(6)
        (tmp_path / "x" / trouble).unlink()
    assert process.wait() == 0
    said = (tmp_path / "said.txt").read_text("utf-8")
    for trouble in ("connection was reset", "answer was lost", "No space left on device", "does not answer"):
        assert f"{trouble}; trying again" in said
    rows = fleet_results(str(store)).rows
    assert [row.state for row in rows] == [row.state for row in undisturbed]
    weights = [[row.files.get("ngram.safetensors") for row in each] for each in (undisturbed, rows)]
    assert weights[0] == weights[1]
    assert fleet_status(str(store), check=True).damaged == ()
    assert not list(store.glob("leases/*"))
    (tmp_path / "x" / "down").touch()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "fails: the store does not answer" in done.stderr.splitlines()[-1]
    assert "the same command then goes on" in done.stderr.splitlines()[-1]


def test_what_was_not_kept_is_not_said_to_have_ended(tmp_path, monkeypatch):
    """A worker whose lease expires before it writes how the author ended leaves the author to others."""
    store, request = Store(str(tmp_path / "store")), AuthorRequest(name="ada", locations=("nowhere",))
    worker = AuthorWorker(store.address, job(), 60.0)

    def slow(*_: object) -> None:
        monkeypatch.setattr(leases.time, "time", lambda: time.time_ns() / 1e9 + 3600)  # a lid was closed
        raise UserError("no posts")

    monkeypatch.setattr(fleet_worker, "train", slow)
    assert worker(Assignment(request=request, owner="me")) is None
    assert records.load_outcome(store, "ada") is None


def test_stopping_lets_what_is_in_progress_end(tmp_path):
    """After the first Ctrl-C nothing new begins; what was begun ends, and its outcome is in the store."""
    store = Store(str(tmp_path / "store"))
    requests = read_folder(write_authors(tmp_path / "authors", 4))
    worker, stop, notes = AuthorWorker(store.address, job(), 30.0), Noted(), Notes()

    def interrupted(assignment):
        stop.number = signal.SIGINT
        return worker(assignment)

    made = Driver(
        store=store,
        executor=InlineExecutor(interrupted, workers=2),
        watcher=notes,
        run=NullRun(),
        lease_seconds=30.0,
        attempts=3,
        total=4,
    )
    made.hand_out(requests, stop)
    assert sorted(made.ended) == sorted(records.load_outcomes(store)) == ["author0", "author1"]
    assert any("once more to stop at once" in line for line in notes.lines)


def stop_first(monkeypatch):
    """Interrupt the training of the owner "first"; return how often each owner checked the lease."""
    checks, check = Counter(), leases.Lease.check

    def stops(lease):
        checks[lease.owner] += 1
        if lease.owner == "first" and checks[lease.owner] == 12:
            signal.raise_signal(signal.SIGINT)
        check(lease)

    monkeypatch.setattr(leases.Lease, "check", stops)
    return checks


def test_a_training_goes_on_from_the_checkpoint_of_another_worker(tmp_path, monkeypatch):
    """A worker that is stopped leaves its checkpoint in the store; the next one reaches the same weights."""
    store = Store(str(tmp_path / "store"))
    request = AuthorRequest(
        name="ada", locations=(str(write_authors(tmp_path / "authors", 2) / "author0.csv"),)
    )
    recipe = load_recipe("starter", [f"base={small_base(tmp_path / 'base')}", *FEW_STEPS])
    checks = stop_first(monkeypatch)
    undisturbed = AuthorWorker(str(tmp_path / "undisturbed"), job(recipe=recipe), 30.0)
    whole = undisturbed(Assignment(request=request, owner="whole"))
    worker = AuthorWorker(store.address, job(recipe=recipe), 30.0)
    with pytest.raises(KeyboardInterrupt):
        worker(Assignment(request=request, owner="first"))
    assert store.names("checkpoints") == ["ada"]
    assert store.names("leases") == store.names("ended") == []
    resumed = worker(Assignment(request=request, owner="second"))
    assert resumed.files["model.safetensors"] == whole.files["model.safetensors"]
    assert checks["second"] < checks["whole"] - 10  # it did not begin anew
    assert store.names("checkpoints") == []


@pytest.mark.slow
def test_what_was_learnt_from_other_posts_is_not_gone_on_with(tmp_path, monkeypatch):
    """An archive that is replaced after an interruption makes the model that it would have made alone."""
    archives = write_authors(tmp_path / "authors", 3)
    request = AuthorRequest(name="ada", locations=(str(archives / "author0.csv"),))
    recipe = load_recipe("starter", [f"base={small_base(tmp_path / 'base')}", *FEW_STEPS])
    stop_first(monkeypatch)
    worker = AuthorWorker(str(tmp_path / "store"), job(recipe=recipe), 30.0)
    with pytest.raises(KeyboardInterrupt):
        worker(Assignment(request=request, owner="first"))
    shutil.copyfile(archives / "author1.csv", archives / "author0.csv")
    resumed = worker(Assignment(request=request, owner="second"))
    alone = AuthorWorker(str(tmp_path / "alone"), job(recipe=recipe), 30.0)
    whole = alone(Assignment(request=request, owner="whole"))
    assert resumed.files["model.safetensors"] == whole.files["model.safetensors"]


def test_authors_of_one_fleet_begin_with_one_base(tmp_path):
    """A base that was trained anew under its name is another one, and needs another store."""
    authors, base = write_authors(tmp_path / "authors", 2), small_base(tmp_path / "base")
    wanted = config(authors, tmp_path / "store", recipe=load_recipe("starter", [f"base={base}"]))
    store = Store(wanted.store)
    records.save_fleet(store, _job(wanted), read_folder(authors))
    shutil.copyfile(base / "config.json", base / "other.safetensors")
    with pytest.raises(OutputExists, match="a fleet with another base; choose another store"):
        fleet(wanted)
    records.save_fleet(store, job(recipe=wanted.recipe, rules=wanted.rules), read_folder(authors))
    assert records.require_same(store, _job(wanted)), "an earlier version does not say the base"


def test_a_worker_loads_the_base_once(tmp_path, monkeypatch):
    """Each author begins with the base as it was, whoever was trained before, and ends as if alone."""
    loaded, load = [], loading._load_model
    monkeypatch.setattr(loading, "_load_model", lambda *given: (loaded.append(given), load(*given))[1])
    recipe = load_recipe("starter", [f"base={small_base(tmp_path / 'base')}", "speakers=true", *FEW_STEPS])
    requests = read_folder(write_authors(tmp_path / "authors", 3))
    worker = AuthorWorker(str(tmp_path / "store"), job(recipe=recipe), 30.0)
    outcomes = [worker(Assignment(request=each, owner=each.name)) for each in requests[:2]]
    assert len(loaded) == 1
    alone = AuthorWorker(str(tmp_path / "alone"), job(recipe=recipe), 30.0)
    second = alone(Assignment(request=requests[1], owner="me"))
    assert second.files["model.safetensors"] == outcomes[1].files["model.safetensors"]
    assert second.files["tokenizer.json"] == outcomes[1].files["tokenizer.json"]
    assert len(loaded) == 2
    assert len(pickle.dumps(worker)) < 10_000  # the base stays in the process that loaded it


def test_a_large_table_is_split_in_bounded_memory(tmp_path, monkeypatch):
    """However few rows are held in memory, each author gets the same rows in the same order."""
    rows = [{"author": f"a/{n % 7}", "text": f"post {n}", "n": n} for n in range(500)]
    (tmp_path / "posts.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    stores_made = []
    for most in (1 << 20, 200):
        monkeypatch.setattr(parts, "MOST_BYTES", most)
        stores_made.append(Store(str(tmp_path / f"store{most}")))
        authors = parts.split_table(tmp_path / "posts.jsonl", stores_made[-1], Silence())
        assert [author.name for author in authors] == [f"a_{n}" for n in range(7)]
    whole, pieces = (store.read_folder("posts") for store in stores_made)
    assert whole == pieces
    assert [json.loads(line)["n"] for line in whole["a_3"].splitlines()] == list(range(3, 500, 7))


TABLES = {
    "authors.csv": "location,handle,recipe,weight\nada.csv,ada,ngram,2\nbob.csv,bob,,\nada2.csv,Ada,,\n",
    "authors.jsonl": '{"location": "ada.csv", "handle": "ada", "recipe": "ngram", "weight": 2}\n'
    '{"location": "bob.csv", "handle": "bob"}\n{"location": "ada2.csv", "handle": "Ada"}\n',
    "authors.toml": '[[author]]\nlocation = "ada.csv"\nhandle = "ada"\nrecipe = "ngram"\nweight = 2\n'
    '[[author]]\nlocation = "bob.csv"\nhandle = "bob"\n[[author]]\nlocation = "ada2.csv"\nhandle = "Ada"\n',
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("name", TABLES)
def test_a_table_lists_authors(tmp_path, name, encoding):
    """CSV, JSON lines and TOML say the same; two rows of one handle are two places of one author."""
    (tmp_path / name).write_text(TABLES[name], encoding)
    (tmp_path / "ada.csv").touch()
    ada, bob = read_table(tmp_path / name)
    assert (ada.name, ada.weight, ada.recipe) == ("ada", 2.0, NGRAM)
    assert ada.locations == (str(tmp_path / "ada.csv"), "ada2.csv")  # the second is not there
    assert (bob.name, bob.recipe, bob.locations) == ("bob", None, ("bob.csv",))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("location,colour\nx,red\n", "author 1: colour is no known key"),
        ("location,weight\nx,heavy\n", "author 1: weight = heavy; expected a number"),
        ("location,handle\n,ada\n", "author 1: location is missing"),
        ("location,handle\n", "lists no authors"),
        ('location\n"x\n', "cannot be read"),
        ("location,handle\nx,ada\ny,bob,oops\n", "author 2: 'oops' is more than the table has columns"),
        (
            "location,handle,recipe\nx,ada,ngram\ny,ada,starter\n",
            "author 2: another recipe than in an earlier",
        ),
        ("location,weight\nx,nan\n", "author 1: weight is nan; expected a finite number"),
        ('{"location": "x", "handle": ["ada"]}', r"author 1: handle = \['ada'\]; expected a text"),
        ('{"location": "x"}\n3', "author 2: expected a location and other fields by their names, not 3"),
        ("author = 3", r"author is 3; expected a table \[\[author\]\] for each"),
        ('author = ["x"]', "author 1: expected a location"),
        ('[author]\nlocation = "x"', r"expected a table \[\[author\]\] for each"),
        ('[[author]]\nlocation = "x"\nhandle = ["ada"]', r"author 1: handle = \['ada'\]; expected a text"),
        ('[[author]]\nlocation = "x"\nweight = inf', "author 1: weight is inf"),
    ],
)
def test_a_table_that_is_not_understood_is_one_line(tmp_path, content, message):
    """The message says which author, and what is wrong."""
    suffix = {"{": "jsonl", "[": "toml", "a": "toml"}.get(content[0], "csv")
    table = tmp_path / f"authors.{suffix}"
    table.write_text(content, "utf-8")
    with pytest.raises(LocationError, match=message):
        read_table(table)


def test_what_any_row_says_of_an_author_is_true_of_all(tmp_path):
    """Rows of one handle are one author; nothing of a later row is passed over in silence."""
    rows = "location,handle,recipe,weight,permission\na.csv,ada,,,by mail\nb.csv,@Ada,ngram,3,by phone\n"
    (tmp_path / "authors.csv").write_text(rows, "utf-8")
    [ada] = read_table(tmp_path / "authors.csv")
    assert (ada.recipe, ada.weight, ada.permission) == (NGRAM, 3.0, "by mail; by phone")
    assert ada.locations == ("a.csv", "b.csv")


def test_an_empty_cell_too_many_says_nothing(tmp_path):
    """A row that ends with a comma is read, as spreadsheets write such rows."""
    (tmp_path / "authors.csv").write_text("location,handle\nx,ada,\n", "utf-8")
    [ada] = read_table(tmp_path / "authors.csv")
    assert ada.handle == "ada"


def test_two_files_of_one_name_are_two_authors(tmp_path):
    """Names of models never collide, whatever files are called."""
    for name in ("ada.csv", "Ada.txt", "bob"):
        (tmp_path / name).touch()
    names = [request.name for request in read_folder(tmp_path)]
    assert len({name.casefold() for name in names}) == 3
    assert "bob" in names


@pytest.mark.usefixtures("inline")
def test_an_author_keeps_their_name_when_another_of_that_name_comes(tmp_path):
    """Else the model that is there would be nobody's, and be trained again under another name."""
    authors, store = write_authors(tmp_path / "authors", 2), tmp_path / "store"
    before = fleet(config(authors, store, workers=1)).rows
    (authors / "author0.txt").write_text("\n".join(long_texts(60, seed=9)), "utf-8")
    first, new, last = fleet(config(authors, store, workers=1)).rows
    assert (first, last) == before
    assert new.name.startswith("author0-")
    (authors / "author0.csv").unlink()
    assert [row.name for row in fleet(config(authors, store, workers=1)).rows] == [new.name, "author1"]


@pytest.mark.usefixtures("inline")
def test_a_store_in_the_folder_of_the_archives_is_no_author(tmp_path):
    """The same command goes on with the same authors; the folder of the archives itself is no store."""
    authors = write_authors(tmp_path / "authors", 2, posts=3)
    for store in (authors / "fleet", authors / "fleet"):
        assert [row.name for row in fleet(config(authors, store, workers=1)).rows] == ["author0", "author1"]
    with pytest.raises(OutputExists, match="is the folder of the authors"):
        fleet(config(authors, authors))


@pytest.mark.parametrize("name", ["../../outside", "..", ".hidden", "a/b", "/etc", "a\n", "_other/x", ""])
def test_a_strange_store_names_no_place_outside(tmp_path, name):
    """Authors and outcomes of a store that somebody else made lead to nothing beside it."""
    store = Store(str(tmp_path / "store"))
    records.save_fleet(store, job(), [AuthorRequest(name=name)])
    with pytest.raises(ModelError, match="is damaged"):
        records.load_authors(store)
    store.write("ended/x.json", msgspec.json.encode(Outcome(name=name, state=State.FAILED)))
    assert records.load_outcomes(store) == {}


def test_odd_handles_are_authors_like_others(tmp_path):
    """Handles that are very long, or made of any signs, stop nobody, and each has a file of its own."""
    odd = [
        "a" * 300,
        "a" * 299 + "b",
        "\u65e5\u672c" * 90,
        "\U0001f600" * 9,
        "\U0001f389",
        "../../x",
        "a\u202eb",
        "\x1b[31mred",
        "-rf",
        "CON",
    ]
    rows = [{"screen_name": handle, "text": "a post"} for handle in odd]
    (tmp_path / "posts.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    store = Store(str(tmp_path / "store"))
    requests = parts.split_table(tmp_path / "posts.jsonl", store, Silence())
    assert len(store.names("posts")) == len({request.name for request in requests}) == len(odd)
    for handle, request in zip(odd, requests, strict=True):
        [row] = (store.read(f"posts/{request.name}.jsonl") or b"").splitlines()
        assert json.loads(row)["screen_name"] == handle
    records.save_fleet(store, job(), requests)
    assert records.load_authors(store) == requests
    assert all(len(request.name.encode()) < 140 for request in requests)


def test_who_has_more_posts_begins_earlier(tmp_path):
    """The authors of one large table weigh as much as their rows, so that none is left for the end alone."""
    rows = [
        {"screen_name": name, "text": "a post"} for name in ("few", "many", "many", "some", "many", "some")
    ]
    (tmp_path / "posts.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    requests = parts.split_table(tmp_path / "posts.jsonl", Store(str(tmp_path / "store")), Silence())
    assert [r.name for r in sorted(requests, key=lambda r: -r.weight)] == ["many", "some", "few"]


def test_a_person_is_forgotten_in_a_store(trained, tmp_path, monkeypatch):
    """Rows, model, outcome and name go, the others' stay; the next run does not train the person again."""
    place, _ = trained
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HUGGINGTWEETS_HOME", str(tmp_path / "home"))
    store = shutil.copytree(place / "store", tmp_path / "models" / "everybody")
    traces = find_traces("Author1")
    assert "entry of a fleet" in {trace.kind for trace in traces.local}
    forget(traces)
    files = [path for path in store.rglob("*") if path.is_file()]
    assert [path for path in files if "author1" in str(path) or b"author1" in path.read_bytes()] == []
    assert {row.name for row in fleet_results(str(store)).rows} == {"author0", "author2", "Few"}
    again = fleet(config(place / "posts.jsonl", store))
    assert {row.name for row in again.rows if row.state is State.DONE} == {"author0", "author2"}
    assert find_traces("Author1").local == ()


def test_a_person_whom_the_table_lists_no_more_is_forgotten_too(trained, tmp_path, monkeypatch):
    """A store keeps what it has of authors who are taken out of the list: rows, model and outcome."""
    place, _ = trained
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HUGGINGTWEETS_HOME", str(tmp_path / "home"))
    store = Store(str(shutil.copytree(place / "store", tmp_path / "models" / "everybody")))
    shutil.copyfile(store.local / "posts" / "author1.jsonl", store.local / "posts" / "unread.jsonl")
    listed = [author for author in records.load_authors(store) if author.name != "author1"]
    records.save_fleet(store, records.load_job(store), listed)
    fleet_results(store.address)
    for handle in ("Author1", "unread"):
        forget(find_traces(handle))
        assert find_traces(handle).local == ()
    files = [path for path in store.local.rglob("*") if path.is_file()]
    assert [path for path in files if "author1" in str(path) or b"author1" in path.read_bytes()] == []
    assert {row.name for row in fleet_results(store.address).rows if row.state is State.DONE} == {
        "author0",
        "author2",
    }


@pytest.mark.slow
def test_chaos_on_this_machine(tmp_path):
    """Workers are killed at work, the driver twice: all end, none twice, with the same weights.

    A kill comes when one more author has ended and somebody works, however long that takes.
    """
    with Chaos(tmp_path, ["--lease-seconds=6"], _workers, seed=7) as chaos:
        chaos.kill(KILLS, pytest.fail)
        chaos.look_at_the_end()


def _workers(driver: subprocess.Popen) -> list[psutil.Process]:
    """The workers of a driver."""
    workers = []
    for each in psutil.Process(driver.pid).children():
        with suppress(psutil.NoSuchProcess):  # it ends this moment, or has been killed
            if "--multiprocessing-fork" in each.cmdline():
                workers.append(each)
    return workers
