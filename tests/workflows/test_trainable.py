"""What a training needs is had, or refused in a line, before posts are read for it."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

import pytest
from huggingface_hub import constants
from typer.testing import CliRunner

from huggingtweets import DataConfig, Machine, TrainConfig, bases, load_recipe, recipes, train
from huggingtweets.bases import hub
from huggingtweets.bases.loading import count_weights, load_base
from huggingtweets.cli import app
from huggingtweets.errors import BaseError, UnknownPlace
from huggingtweets.progress import Silence
from huggingtweets.workflows import _trainable
from huggingtweets.workflows.recipes import recipe_for_base
from tests.helpers.gguf_builder import write_gguf
from tests.helpers.hub_server import HubServer, Stored, use_hub
from tests.helpers.local_server import LocalServer, Reply, Request
from tests.helpers.tiny import tiny_base

OF_OTHER_PROGRAMS = {"consolidated.safetensors": b"x", "onnx/config.json": b"{}", "pytorch_model.bin": b"x"}


class Stages(Silence):
    """Keeps which stages began, and what was noted."""

    def __init__(self):
        self.seen = []

    def stage(self, name, detail=""):
        """Keep it."""
        self.seen.append((name, detail))

    def note(self, message):
        """Keep it."""
        self.seen.append(("note", message))


def begin(base, tmp_path, *settings):
    """Train from a base on posts that are nowhere, so that nothing comes of it; return the stages."""
    recipe = load_recipe("starter", [f"base={base}", *settings])
    data = DataConfig(locations=(str(tmp_path / "nowhere.zip"),))
    watcher = Stages()
    with pytest.raises(UnknownPlace):
        train(TrainConfig(data=data, recipe=recipe, out=tmp_path / "model", tracker="none"), watcher)
    return watcher.seen


@pytest.fixture
def public(monkeypatch, tmp_path):
    """A Hub with a model that was never asked for, to which other files belong than those that are read."""
    name = f"ada/{secrets.token_hex(4)}"
    folder = tiny_base(tmp_path / "on the Hub", seed=secrets.randbits(32))
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    monkeypatch.setenv("HF_TOKEN", "of ada")
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    with HubServer("of ada") as server:
        use_hub(server.url, monkeypatch)
        server.base = name
        server.repositories["model", name] = Stored(private=False, files={**files, **OF_OTHER_PROGRAMS})
        yield server


def test_a_base_of_the_hub_is_fetched_before_posts_are_read(public, tmp_path):
    """Whatever its id is, and only once; what other programs read of it is left there."""
    assert begin(public.base, tmp_path)[0] == ("fetch", public.base)
    assert hub.is_cached(public.base)
    assert public.count("GET") > public.count("model.safetensors") > 0
    assert not any(public.count(file) for file in OF_OTHER_PROGRAMS)
    fetched = public.count("resolve/")
    assert ("fetch", public.base) not in begin(public.base, tmp_path)
    assert public.count("resolve/") == fetched


def test_a_recipe_for_a_base_of_the_hub_is_chosen_before_its_weights_are_fetched(public):
    """Whether it takes the recipe's opening is said by its tokenizer, a few megabytes."""
    assert recipe_for_base(public.base).opening
    assert hub.cached_commit(public.base, None)
    assert not public.count("model.safetensors")


def test_a_base_that_was_fetched_in_part_is_fetched_to_its_end(public, tmp_path):
    """The Hub's cache has its config, and not its weights."""
    hub.fetch(public.base, None, weights=False)
    assert not bases.is_here(public.base)
    assert begin(public.base, tmp_path)[0] == ("fetch", public.base)
    assert bases.is_here(public.base)


@pytest.mark.parametrize("shows_the_model", [True, False])
def test_a_licence_that_was_not_accepted_is_told_before_posts_are_read(
    shows_the_model, monkeypatch, tmp_path
):
    """Of a base of any id: one line with what to do."""

    def answer(request: Request) -> Reply:
        if shows_the_model and "/tree/" in request.path:
            return Reply(body=[{"type": "file", "path": "config.json", "size": 2, "oid": "0" * 40}])
        if shows_the_model and request.path.startswith("/api/"):
            files = [{"rfilename": "config.json"}]
            return Reply(body={"id": "ada/gated", "sha": "0" * 40, "siblings": files})
        return Reply(403, headers={"X-Error-Code": "GatedRepo"})

    with LocalServer(answer) as server:
        use_hub(server.url, monkeypatch)
        with pytest.raises(BaseError, match="licence has to be accepted first") as told:
            begin("ada/gated", tmp_path)
    assert "hf auth login" in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("command", ["train", "fleet"])
def test_a_command_asks_the_hub_for_its_base_once(command, monkeypatch, tmp_path):
    """For the choice of a recipe and for the job: where the Hub is away each answer costs a wait."""
    posts = tmp_path / "posts.csv"
    posts.write_text("author,text\nada,hello\n")
    with LocalServer(lambda _: Reply(503)) as server:
        use_hub(server.url, monkeypatch)
        options = ["--base", "ada/away", "--out", str(tmp_path / "out"), "--tracker", "none"]
        done = CliRunner().invoke(app, [command, str(posts), *options])
    assert done.exit_code == 2, done.output
    assert server.paths().count("/api/models/ada/away") == 1


@pytest.fixture
def small_machine(monkeypatch):
    """A machine of 16 GB without a GPU or memory on a disk."""
    monkeypatch.setattr(_trainable, "this_machine", lambda: Machine(memory=16, cores=4))
    monkeypatch.setattr(_trainable, "swap", lambda: 0.0)


def llama_of(layers: int, folder: Path) -> Path:
    """A base of a wide Llama whose weights were never fetched."""
    tiny_base(folder)
    (folder / "model.safetensors").unlink()
    shape = {"hidden_size": 2048, "intermediate_size": 8192, "num_attention_heads": 32}
    config = {"model_type": "llama", "vocab_size": 49_152, "num_hidden_layers": layers, **shape}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


@pytest.mark.usefixtures("small_machine")
def test_a_base_that_cannot_be_trained_in_this_memory_is_refused_unread(tmp_path):
    """By its config, before its weights or posts are read; the line says what fits."""
    pytest.importorskip("peft")
    base = llama_of(24, tmp_path / "base")
    with pytest.raises(BaseError, match=r"its 1\.8 billion weights needs about 36 GB .* method=lora") as told:
        begin(base, tmp_path)
    assert "\n" not in str(told.value)
    assert not begin(base, tmp_path, "method=lora")


@pytest.mark.usefixtures("small_machine")
def test_a_base_that_hardly_fits_into_this_memory_is_warned_of(tmp_path):
    """It may be trained: what fits is measured, and what is on the disk helps."""
    [(kind, line)] = begin(llama_of(10, tmp_path / "base"), tmp_path)
    assert kind == "note"
    assert "about 17 GB of memory, and this machine has 16" in line


@pytest.mark.usefixtures("small_machine")
@pytest.mark.parametrize(
    "damage", [{"num_hidden_layers": 10**15}, {"model_type": "nonsense"}, {"vocab_size": "many"}]
)
def test_a_config_of_nonsense_is_not_counted(damage, tmp_path):
    """Loading says what is wrong with it; counting takes no time."""
    file = llama_of(2, tmp_path / "base") / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **damage}))
    assert not begin(file.parent, tmp_path)


def test_the_weights_of_each_kind_of_base_are_counted(tmp_path):
    """A folder and a GGUF file have those that loading them gives."""
    model = write_gguf(tmp_path / "llama.gguf")
    assert count_weights(str(tmp_path / "llama.gguf")) == model.num_parameters()
    folder = tiny_base(tmp_path / "base")
    assert count_weights(str(folder)) == load_base(str(folder)).base.parameters


@pytest.mark.parametrize(
    ("recipe", "settings", "machine", "expected"),
    [
        ("smollm2-135m", (), Machine(memory=32, cores=16), 8),
        ("smollm2-135m", (), Machine(memory=3, cores=16), 1),
        ("smollm2-135m", (), Machine(memory=256, cores=8), 8),
        ("smollm2-135m", ("base=starter", "opening="), Machine(memory=32, cores=16), 16),
        ("qwen3-1.7b", (), Machine(memory=256, cores=16, gpu="a GPU", gpu_memory=48), 2),
        ("qwen3-1.7b", (), Machine(memory=16, cores=16, gpu="a GPU", gpu_memory=48), 1),
        ("starter", (), Machine(memory=8, cores=4), 4),
        ("ngram", (), Machine(memory=1, cores=4), 4),
    ],
)
def test_as_many_train_at_once_as_have_memory(recipe, settings, machine, expected, monkeypatch):
    """Trainings side by side fit into the memory of the machine, and of its GPU, and one always runs."""
    monkeypatch.setattr(_trainable, "this_machine", lambda: machine)
    assert _trainable.trainings_at_once(load_recipe(recipe, settings)) == expected


def test_a_recipe_of_ones_own_tells_how_many_train_at_once(tmp_path, monkeypatch):
    """A file of a name that no recipe of the package has."""
    monkeypatch.setattr(_trainable, "this_machine", lambda: Machine(memory=32, cores=4))
    (tmp_path / "mine.toml").write_text(recipes.to_toml(load_recipe("starter")), "utf-8")
    assert _trainable.trainings_at_once(load_recipe(str(tmp_path / "mine.toml"))) == 4
