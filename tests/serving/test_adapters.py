"""Adapters of many people beside one base: served together by name, the base in memory once."""

from __future__ import annotations

import asyncio

import pytest

from huggingtweets import ModelFolder, load_recipe
from huggingtweets.generation.batch import SamplingRequest
from huggingtweets.serving import bots
from huggingtweets.serving.bots import Bots
from huggingtweets.types import Sampling
from huggingtweets.workflows.fleet.authors import read_folder
from huggingtweets.workflows.fleet.store import Store
from huggingtweets.workflows.fleet.worker import AuthorWorker
from tests.helpers.fleet_authors import write_authors
from tests.helpers.fleet_work import InlineExecutor
from tests.workflows.test_fleet import drive, job

SETTINGS = ["epochs=1", "evaluations=1"]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """The store of a fleet of two people, who have an adapter each."""
    place = tmp_path_factory.mktemp("adapters")
    authors = write_authors(place / "authors", 3)
    (authors / "author2.csv").unlink()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HUGGINGTWEETS_HOME", str(place / "home"))
        store = Store(str(place / "store"))
        worker = AuthorWorker(store.address, job(recipe=load_recipe("starter-lora", SETTINGS)), 600.0)
        drive(store, InlineExecutor(worker), read_folder(authors))
    return place / "store"


@pytest.mark.slow
def test_a_fleet_of_adapters_holds_the_base_nowhere(store):
    """Each model is an adapter of less than half a megabyte, and its card says how it is used."""
    for name in ("author0", "author1"):
        folder = ModelFolder(store / "models" / name)
        assert folder.weights_state == "intact"
        assert folder.weights.stat().st_size < 500_000
        assert not (folder.path / "tokenizer.json").exists()
        card = folder.card.read_text("utf-8")
        assert "an adapter for the base starter of huggingtweets" in card
        assert "pipeline(" not in card


@pytest.mark.slow
def test_a_store_is_served_by_the_names_of_its_authors(store):
    """All models of the store are bots; they write as themselves, and share the weights of the base."""
    served = Bots([store])
    assert set(served.names) == {"author0", "author1"}
    loaded = {name: asyncio.run(served.load(served.names[name].folder)) for name in served.names}
    tables = {each.model.model.get_input_embeddings().weight.data_ptr() for each in loaded.values()}
    assert len(tables) == 1
    texts = {name: written(each.batch) for name, each in loaded.items()}
    assert texts["author0"] != texts["author1"]
    assert written(loaded["author0"].batch) == texts["author0"]


def written(batch):
    """A text of a batch, by a fixed seed."""
    batch.add(1, SamplingRequest(prompt="", sampling=Sampling(max_new_tokens=30), seed=5))
    while not (finished := batch.advance()):
        pass
    [(_, text)] = finished
    return text.text


@pytest.mark.slow
def test_each_base_takes_a_place(store, monkeypatch):
    """Adapters of two bases do not share their memory, however few they are."""
    served = Bots([store])
    monkeypatch.setattr(bots, "_base", lambda folder: folder.path.name)
    for capacity, kept in ((2, 2), (1, 1)):
        monkeypatch.setattr(bots, "CAPACITY", capacity)
        for name in served.names:
            asyncio.run(served.load(served.names[name].folder))
        assert served.loaded == kept


@pytest.mark.slow
def test_many_adapters_stay_in_memory(store, monkeypatch):
    """An adapter takes a small part of the place of a model; whoever was asked for last stays."""
    monkeypatch.setattr(bots, "CAPACITY", 1)
    for most, kept in ((2, 2), (1, 1)):
        monkeypatch.setattr(bots, "ADAPTER_CAPACITY", most)
        served = Bots([store])
        for name in served.names:
            asyncio.run(served.load(served.names[name].folder))
        assert served.loaded == kept
