"""What bots are called, and the keys that they are asked with."""

from __future__ import annotations

import asyncio
import os
import shutil
import threading
from types import SimpleNamespace

import httpx
import pytest

from huggingtweets.errors import BaseError, MissingExtra, ModelError
from huggingtweets.serving import bots
from huggingtweets.serving.access import read_keys
from huggingtweets.serving.bots import Bots
from huggingtweets.serving.limits import Limits
from huggingtweets.serving.routes import application

KEY = "a-key-that-nobody-guesses"


@pytest.mark.skipif(os.name == "nt", reason="links need a right of their own on Windows")
def test_a_link_is_a_name_and_the_same_folder_is_given_twice_in_vain(ngram_model, tmp_path):
    """A model is served by the name that it has where it was found, and no model conflicts with itself."""
    (tmp_path / "latest").symlink_to(ngram_model)
    (tmp_path / "me").symlink_to(ngram_model)
    assert set(Bots([tmp_path]).names) == {"latest", "me"}
    assert set(Bots([ngram_model, ngram_model, tmp_path / "me" / "."]).names) == {"me"}


def test_a_file_of_keys_may_be_written_by_any_editor(tmp_path):
    """Those of Windows put a mark before the first line, which is no part of a key."""
    (tmp_path / "keys.txt").write_text(f"{KEY}\r\n\r\n{KEY}-too\r\n", "utf-8-sig", newline="")
    assert read_keys(tmp_path / "keys.txt") == (KEY, f"{KEY}-too")


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_a_key_may_have_any_letters(encoding):
    """Some clients send a header as UTF-8, others as Latin-1; a key of the one is none of another."""
    key = "clé-que-personne-ne-devine-voilà"
    served = application(SimpleNamespace(names={}), Limits(), keys=[key])

    async def status(sent):
        headers = {"authorization": b"Bearer " + sent.encode(encoding)}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(served), base_url="http://bots") as client:
            return (await client.get("/v1/models", headers=headers)).status_code

    assert asyncio.run(status(key)) == 200
    assert asyncio.run(status(key.replace("é", "è"))) == 401


def test_adapters_leave_only_where_their_base_does(ngram_model, tmp_path, monkeypatch):
    """One alone would free no place. Of more than a place holds, the one asked for longest ago leaves."""
    folders = ("x0", "y", "z", "x1", "w", "v", "u", "x2", "x3")
    for name in folders:
        shutil.copytree(ngram_model, tmp_path / name)
    monkeypatch.setattr(bots, "_base", lambda folder: folder.path.name[0])
    monkeypatch.setattr(bots, "ADAPTER_CAPACITY", 2)
    served = Bots([tmp_path])

    def kept(*names):
        for name in names:
            asyncio.run(served.load(served.names[name].folder))
        return {path.name for path in served._cache}

    assert kept("x0", "y", "z", "x1", "w") == {"x0", "z", "x1", "w"}
    assert kept("v") == {"x0", "x1", "w", "v"}
    assert kept("u") == {"w", "v", "u"}
    assert kept("x0", "x1") == {"v", "u", "x0", "x1"}
    assert kept("x2", "v", "x3") == {"v", "x0", "x1", "x2", "x3"}
    monkeypatch.setattr(bots, "CAPACITY", 2)
    assert kept("v") == {"v", "x2", "x3"}


def test_who_asks_a_model_in_memory_does_not_wait_for_another(ngram_model, tmp_path, monkeypatch):
    """A large model takes long to load, and the base of an adapter may have to be fetched first."""
    for name in ("here", "large"):
        shutil.copytree(ngram_model, tmp_path / name)
    served, fetched, load = Bots([tmp_path]), threading.Event(), bots._load

    def slow(folder):
        if folder.path.name == "large":
            fetched.wait(20)
        return load(folder)

    monkeypatch.setattr(bots, "_load", slow)

    async def both():
        here, large = (served.names[name].folder for name in ("here", "large"))
        first = await served.load(here)
        loading = asyncio.create_task(served.load(large))
        await asyncio.sleep(0.05)
        again = await asyncio.wait_for(served.load(here), 10)
        assert not loading.done()
        fetched.set()
        return first is again, await loading

    assert asyncio.run(both())[0]


def test_a_model_that_nobody_waited_for_is_there_for_the_next(ngram_model, monkeypatch):
    """Clients give up and ask again while a large model is loaded: it is loaded once, and found then."""
    served, fetched, load, loads = Bots([ngram_model]), threading.Event(), bots._load, []

    def slow(folder):
        loads.append(folder)
        fetched.wait(20)
        return load(folder)

    monkeypatch.setattr(bots, "_load", slow)

    async def impatient():
        folder = served.names["me"].folder
        for _ in range(3):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(served.load(folder), 0.05)
        fetched.set()
        return await asyncio.wait_for(served.load(folder), 10)

    assert asyncio.run(impatient()).model
    assert (len(loads), served.loaded) == (1, 1)


@pytest.mark.parametrize(
    "error", [ModelError("{place}: damaged"), BaseError("base {place}: gone"), MissingExtra("peft", "lora")]
)
def test_what_the_server_lacks_is_no_mistake_of_the_client(tmp_path, error):
    """A model that cannot be loaded is answered with 503, and no folder of the server is named."""
    error.args = (str(error).format(place=tmp_path),)

    async def load(_):
        raise error

    lacking = SimpleNamespace(names={"me": SimpleNamespace(folder=tmp_path, created=0)}, load=load)

    async def asked():
        transport = httpx.ASGITransport(application(lacking, Limits()))
        async with httpx.AsyncClient(transport=transport, base_url="http://bots") as client:
            return await client.post("/v1/completions", json={"model": "me"})

    response = asyncio.run(asked())
    assert (response.status_code, response.json()["error"]["code"]) == (503, "model")
    assert str(error) not in response.text


def test_an_unexpected_error_is_logged_once_and_counted(tmp_path, caplog):
    """Whoever watches the metrics sees that requests fail; the client gets an error in the usual form."""

    async def load(_):
        raise RuntimeError("out of memory")

    def drop(_):
        pass

    known = {"me": SimpleNamespace(folder=tmp_path, created=0)}
    failing = SimpleNamespace(names=known, load=load, drop=drop, loaded=0)

    async def asked():
        transport = httpx.ASGITransport(application(failing, Limits()))
        async with httpx.AsyncClient(transport=transport, base_url="http://bots") as client:
            response = await client.post("/v1/completions", json={"model": "me"})
            return response, (await client.get("/metrics")).text

    response, metrics = asyncio.run(asked())
    assert (response.status_code, response.json()["error"]["code"]) == (500, "unexpected")
    assert 'requests_total{path="/v1/completions",status="500"} 1' in metrics
    assert [record.exc_info[0] for record in caplog.records] == [RuntimeError]
