"""One model of all authors of a fleet: each has a token, and whoever wrote much takes no more than others."""

from __future__ import annotations

import json
import shutil
import signal
from collections import Counter

import pytest

from huggingtweets import (
    FleetConfig,
    ModelFolder,
    fleet,
    fleet_results,
    fleet_retry,
    fleet_status,
    generate,
    load_recipe,
)
from huggingtweets.errors import OutputExists, RecipeError, UserError
from huggingtweets.progress import Silence
from huggingtweets.types import Reason
from huggingtweets.workflows.data import most_posts, posts_of
from huggingtweets.workflows.fleet import _job, leases, records
from huggingtweets.workflows.fleet.config import EVERYBODY, State
from huggingtweets.workflows.fleet.store import Store
from huggingtweets.workflows.forget import find_traces, forget
from tests.helpers.tiny import tiny_base, varied_texts

COUNTS = {"many": 150, "some": 40, "few": 30, "one": 1}
SETTINGS = ["epochs=2", "evaluations=1", "batch_tokens=256", "author_posts=20", "sampling.max_new_tokens=8"]


def config(place, **fields):
    recipe = load_recipe("starter", [f"base={place / 'base'}", *SETTINGS])
    values = {"recipe": recipe, "one_model": True, "evaluate": False, "tracker": "none"}
    places = {"authors": place / "posts.jsonl", "store": str(place / "store")}
    return FleetConfig(**{**values, **places, **fields})


class Notes(Silence):
    """Keeps what is noted."""

    def __init__(self):
        self.lines = []

    def note(self, message):
        """Keep a note."""
        self.lines.append(message)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """One model of three authors, of whom one wrote far more than the others; a fourth wrote one post."""
    place = tmp_path_factory.mktemp("together")
    tiny_base(place / "base")
    rows = [
        {"id": f"{name}-{number}", "screen_name": name, "text": text}
        for seed, (name, count) in enumerate(COUNTS.items())
        for number, text in enumerate(varied_texts(count, seed=seed))
    ]
    (place / "posts.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HUGGINGTWEETS_HOME", str(place / "home"))
        results = fleet(config(place))
        yield place, results


def test_all_authors_are_in_one_model(trained):
    """It is an ordinary model folder, in which each author can be asked to speak; each has figures."""
    place, results = trained
    rows = {row.name: row for row in results.rows}
    assert list(rows) == list(COUNTS)
    assert [row.state for row in rows.values()] == ["done", "done", "done", "failed"]
    assert "at least 2 are needed" in rows["one"].reason
    figures = [(row.bits_per_byte, row.base_bits_per_byte) for row in results.rows[:3]]
    assert len(set(figures)) == 3
    assert all(0 < own < base for own, base in figures)
    folder = place / "store" / "models" / EVERYBODY
    model = ModelFolder(folder)
    assert model.weights_state == "intact"
    assert model.record.recipe.speakers
    assert [author.account.handle for author in model.record.authors] == ["many", "some", "few"]
    for name in ("many", "few"):
        assert len(generate(folder, count=2, speaker=name, seed=1, filtered=False).samples) == 2
    counts = [row.held_out for row in results.rows[:3]]
    whole = sum(own * count for (own, _), count in zip(figures, counts, strict=True)) / sum(counts)
    assert model.record.result.metrics[0].value == pytest.approx(whole, rel=0.02)  # posts are of like length


def test_who_wrote_much_takes_no_more_than_can_be_seen(trained):
    """Of each author as many posts are kept as all epochs can draw; the funnel counts the others."""
    place, _ = trained
    model = ModelFolder(place / "store" / "models" / EVERYBODY)
    most = most_posts(model.record.recipe, 0.1)
    assert most == round(20 * 2 / 0.9)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HUGGINGTWEETS_HOME", str(place / "home"))
        data = posts_of(model)
    counts = Counter(post.author for post in (*data.train, *data.held_out))
    assert counts["many"] == most
    assert counts["few"] <= 30
    assert model.record.authors[0].funnel.dropped[Reason.SAMPLED] == 150 - most


def test_the_same_call_does_nothing_and_other_authors_are_refused(trained, tmp_path, monkeypatch):
    """What was trained stays; of other authors another store is needed, and of other settings, too."""
    place, results = trained
    monkeypatch.setattr("huggingtweets.workflows.fleet.one_model.train", None)
    assert fleet(config(place)).rows == results.rows
    counts = fleet_status(str(place / "store")).counts
    assert (counts.done, counts.failed, counts.waiting) == (3, 1, 0)
    assert fleet_results(str(place / "store")).rows == results.rows
    with pytest.raises(OutputExists, match="another one_model"):
        fleet(config(place, one_model=False))
    posts = tmp_path / "posts.jsonl"
    posts.write_text('{"screen_name": "eve", "text": "a post of somebody else"}\n', "utf-8")
    with pytest.raises(OutputExists, match="other authors"):
        fleet(config(place, authors=posts))
    (tmp_path / "archives").mkdir()
    shutil.copy(posts, tmp_path / "archives" / "eve.jsonl")
    begun = config(place, store=str(tmp_path / "store"), authors=tmp_path)
    records.save_fleet(Store(begun.store), _job(begun), [])
    with pytest.raises(OutputExists, match="other authors"):
        fleet(config(place, store=begun.store, authors=tmp_path / "archives"))
    assert fleet_results(str(place / "store")).rows == results.rows


def test_all_authors_are_in_progress_while_one_model_is_trained(trained, tmp_path):
    """The lease is that of all, and the counts add up."""
    place, _ = trained
    store = Store(str(tmp_path / "store"))
    records.save_fleet(store, _job(config(place)), records.load_authors(Store(str(place / "store"))))
    leases.acquire(store, EVERYBODY, "somebody", 60)
    counts = fleet_status(store.address).counts
    assert (counts.authors, counts.training, counts.waiting) == (4, 4, 0)


def test_a_training_that_was_stopped_goes_on(trained, tmp_path, monkeypatch):
    """After Ctrl-C, and after damage, the same command ends with the weights of an undisturbed run."""
    place, _ = trained
    for name in ("base", "posts.jsonl"):
        (tmp_path / name).symlink_to(place / name)
    checks, check = Counter[str](), leases.Lease.check

    def stops(lease):
        checks["first"] += 1
        if checks["first"] == 8:
            signal.raise_signal(signal.SIGINT)
        check(lease)

    with monkeypatch.context() as patch:
        patch.setattr(leases.Lease, "check", stops)
        with pytest.raises(KeyboardInterrupt):
            fleet(config(tmp_path))
    store = tmp_path / "store"
    assert [path.name for path in (store / "checkpoints").iterdir()] == [EVERYBODY]
    assert fleet_status(str(store)).counts.waiting == 4
    fleet(config(tmp_path))
    model, whole = (ModelFolder(each / "store" / "models" / EVERYBODY) for each in (tmp_path, place))
    assert model.record.model_digest == whole.record.model_digest
    assert not list(store.glob("checkpoints/*"))
    model.weights.write_bytes(b"damaged")
    assert fleet_status(str(store), check=True).damaged == (EVERYBODY,)
    assert fleet_retry(str(store)) == (EVERYBODY, "one")
    assert fleet_status(str(store)).counts.waiting == 4


def test_authors_whose_posts_have_changed_are_named(trained, tmp_path):
    """A fuller archive is noticed, and `retry` lets the next run train the model anew with it."""
    place, _ = trained
    archives, store, notes = tmp_path / "archives", str(tmp_path / "store"), Notes()
    archives.mkdir()

    def write(handle, count, seed):
        rows = [f'{i},{handle},"{text}"' for i, text in enumerate(varied_texts(count, seed=seed))]
        (archives / f"{handle}.csv").write_text("\n".join(["id,screen_name,text", *rows]), "utf-8")

    write("ada", 25, seed=7)
    write("bob", 60, seed=8)
    write("eve", 60, seed=9)
    ours = config(place, authors=archives, store=store)
    before = fleet(ours, notes).rows
    assert fleet_status(store, check=True).changed == ()
    assert not any("other posts" in line for line in notes.lines)
    write("ada", 40, seed=7)
    assert fleet(ours, notes).rows == before
    assert any("1 author ended with other posts than there are now (ada)" in line for line in notes.lines)
    assert fleet_status(store, check=True).changed == ("ada",)
    assert fleet_retry(store) == ("ada",)
    after = fleet(ours).rows
    assert after[0].posts > before[0].posts
    assert [row.posts for row in after[1:]] == [row.posts for row in before[1:]]
    assert fleet_status(store, check=True).changed == ()


def test_a_person_is_forgotten_with_the_model(trained, tmp_path, monkeypatch):
    """The model of all goes, since it holds something of each; the next run trains one of the others."""
    place, _ = trained
    monkeypatch.chdir(tmp_path)
    store = shutil.copytree(place / "store", tmp_path / "models" / "all")
    forget(find_traces("Some"))
    files = [path for path in store.rglob("*") if path.is_file()]
    assert not (store / "models" / EVERYBODY).exists()
    assert [path for path in files if "some" in path.name or b'"some"' in path.read_bytes()] == []
    assert [row.state for row in fleet_results(str(store)).rows] == [State.WAITING] * 3


def test_what_cannot_be_one_model_is_refused_at_once(trained, tmp_path):
    """Adapters and counts have no token that could learn, and one model is no work for a cluster."""
    place, _ = trained
    store = str(tmp_path / "store")
    with pytest.raises(RecipeError, match="method full, not ngram"):
        fleet(config(place, store=store, recipe=load_recipe("ngram")))
    with pytest.raises(UserError, match="leave --on out"):
        fleet(config(place, store=store, executor="ray"))
    (tmp_path / "authors.csv").write_text("location,handle,recipe\na.csv,ada,ngram\n", "utf-8")
    with pytest.raises(RecipeError, match="ada has a recipe of their own"):
        fleet(config(place, store=store, authors=tmp_path / "authors.csv"))
    assert not (tmp_path / "store").exists()
