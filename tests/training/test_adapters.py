"""LoRA: small files beside a base on the Hub, whole models everywhere else, the same figures in both."""

from __future__ import annotations

import gc
import json
import shutil
import sys
import weakref
from pathlib import Path

import pytest
import torch
from huggingface_hub.constants import HF_HUB_CACHE
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig, pipeline

from huggingtweets import load_recipe, models
from huggingtweets.bases import shared
from huggingtweets.bases.loading import load_base
from huggingtweets.errors import BaseError, MissingExtra, ModelError
from huggingtweets.files import CheckpointConfig
from huggingtweets.generation.module_weights import decoder_weights
from huggingtweets.generation.transformers_generator import TransformersGenerator
from huggingtweets.machine.device import Device
from huggingtweets.models import neural
from huggingtweets.progress import Silence
from huggingtweets.tokenization.opening import opening
from huggingtweets.training import Predictor, TrainOptions, train
from huggingtweets.types import Sampling
from tests.helpers.tiny import tiny_base, tiny_dataset

CPU = Device("cpu", "test", bf16=False)
HUB_ID, COMMIT = "huggingtweets-tests/tiny", "0123456789abcdef0123456789abcdef01234567"
DATA = tiny_dataset(train=60, held_out=4)


@pytest.fixture(scope="module")
def hub_base():
    """A base as the Hub's cache keeps it on disk."""
    place = Path(HF_HUB_CACHE) / f"models--{HUB_ID.replace('/', '--')}"
    (place / "refs").mkdir(parents=True)
    (place / "refs" / "main").write_text(COMMIT)
    (place / "snapshots" / COMMIT).mkdir(parents=True)
    tiny_base(place / "snapshots" / COMMIT)
    return HUB_ID


def fine_tune(base, folder, *settings, **options):
    folder.mkdir(exist_ok=True)
    values = [f"base={base}", "method=lora", "learning_rate=1e-2", "batch_tokens=256", "epochs=8"]
    values += ["sampling.max_new_tokens=30", "sampling.repetition_penalty=1", *settings]
    recipe = load_recipe("starter", values)
    return train(DATA, recipe, load_base(base), folder, TrainOptions(device=CPU, **options))


def held_out_bits(folder):
    model, tokenizer = AutoModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    texts = [post.text for post in DATA.held_out]
    return sum(Predictor(model, tokenizer, CPU).bits(texts)) / sum(len(t.encode()) + 1 for t in texts)


@pytest.fixture(scope="module")
def adapter(hub_base, tmp_path_factory):
    return fine_tune(hub_base, tmp_path_factory.mktemp("adapter"))


def test_a_base_on_the_hub_gets_an_adapter(adapter):
    """The folder has peft's two files instead of a whole model, a tokenizer, and names base and revision."""
    names = {path.name for path in adapter.folder.iterdir()}
    assert {"adapter_model.safetensors", "adapter_config.json", "generation_config.json"} <= names
    assert "tokenizer.json" in names
    assert not names & {"model.safetensors", "config.json"}
    config = json.loads((adapter.folder / "adapter_config.json").read_text())
    assert (config["base_model_name_or_path"], config["revision"]) == (HUB_ID, COMMIT)
    assert {name.rpartition(".")[2] for name in config["target_modules"]} == {"c_attn", "c_fc", "c_proj"}
    best = min(adapter.curve, key=lambda point: point.bits_per_byte)
    assert best.bits_per_byte < 0.97 * adapter.curve[0].bits_per_byte


def test_transformers_loads_the_adapter(adapter):
    """AutoModelForCausalLM gives from the folder the model that was measured when training ended."""
    best = min(point.bits_per_byte for point in adapter.curve)
    assert held_out_bits(adapter.folder) == pytest.approx(best, rel=1e-4)


def test_the_pipeline_writes_what_we_write(adapter):
    """With the folder's own tokenizer and settings, transformers' pipeline finds the same words likeliest."""
    cold = Sampling(temperature=1e-6, max_new_tokens=16)  # then two tokens are as likely to 0.0001
    ours = models.load(adapter.folder).generate("the lamp", count=1, sampling=cold).samples[0].text
    writer = pipeline("text-generation", model=str(adapter.folder), tokenizer=str(adapter.folder))
    settings = GenerationConfig.from_pretrained(adapter.folder, do_sample=False, max_new_tokens=16)
    assert writer("the lamp", generation_config=settings)[0]["generated_text"] == ours


def test_merging_changes_no_figure(hub_base, adapter, tmp_path):
    """On request the folder is an ordinary model, which predicts what the adapter beside its base does."""
    merged = fine_tune(hub_base, tmp_path, "merge_adapter=true")
    assert (tmp_path / "model.safetensors").is_file()
    assert not list(tmp_path.glob("adapter*"))
    assert held_out_bits(merged.folder) == pytest.approx(held_out_bits(adapter.folder), rel=1e-4)


def test_a_base_of_this_machine_is_merged(tmp_path):
    """An adapter of a folder would name it, so an ordinary model is written, and no file names a path."""
    base = tiny_base(tmp_path / "base")
    fine_tune(str(base), tmp_path / "m")
    assert (tmp_path / "m" / "model.safetensors").is_file()
    for path in (tmp_path / "m").glob("*.json"):
        assert str(tmp_path) not in path.read_text("utf-8")


def test_the_same_seed_gives_the_same_files(hub_base, adapter, tmp_path):
    """Adapters begin at random, and the seed decides how: weights and config come out byte for byte."""
    again = fine_tune(hub_base, tmp_path)
    assert again.digest == adapter.digest
    name = "adapter_config.json"
    assert (tmp_path / name).read_bytes() == (adapter.folder / name).read_bytes()


def test_an_interrupted_run_goes_on(hub_base, adapter, tmp_path):
    """Stopped in the middle and started again, LoRA ends in the adapters of an uninterrupted run."""

    class Stop(Silence):
        def stepped(self, step, *_):
            if step == 5:
                raise KeyboardInterrupt

    checkpoints = CheckpointConfig(tmp_path / "unfinished", seconds=0)
    with pytest.raises(KeyboardInterrupt):
        fine_tune(hub_base, tmp_path / "m", checkpoints=checkpoints, watcher=Stop())
    assert fine_tune(hub_base, tmp_path / "m", checkpoints=checkpoints).digest == adapter.digest


def test_without_peft_it_says_what_to_install(adapter, tmp_path, monkeypatch):
    """Where the extra is not installed, training and loading name it."""
    monkeypatch.setitem(sys.modules, "peft", None)
    base = tiny_base(tmp_path / "base")
    with pytest.raises(MissingExtra, match=r"huggingtweets\[lora\]"):
        fine_tune(str(base), tmp_path / "m")
    with pytest.raises(MissingExtra, match=r"huggingtweets\[lora\]"):
        TransformersGenerator.load(adapter.folder)


@pytest.fixture(scope="module")
def beside_starter(tmp_path_factory):
    """Two adapters of the base that ships with the package."""
    settings = ["adapter_only=true", "lora_rank=8", "epochs=1", "evaluations=1"]
    return [
        fine_tune("starter", tmp_path_factory.mktemp("beside"), *settings, f"seed={seed}") for seed in (1, 2)
    ]


def test_an_adapter_of_a_named_base_holds_nothing_of_it(beside_starter):
    """The folder has neither the base's weights nor its tokenizer, and names no place of this machine."""
    first, _ = beside_starter
    sizes = {path.name: path.stat().st_size for path in first.folder.iterdir()}
    assert set(sizes) == {"adapter_model.safetensors", "adapter_config.json", "generation_config.json"}
    assert sum(sizes.values()) < 500_000
    config = json.loads((first.folder / "adapter_config.json").read_text("utf-8"))
    assert (config["base_model_name_or_path"], config["revision"]) == ("starter", first.base.digest)
    assert "/" not in config["base_model_name_or_path"]


def test_an_adapter_of_a_named_base_keeps_what_stands_before_its_posts(beside_starter, tmp_path):
    """A recipe's opening is in no tokenizer of the base, so it comes with the adapter and no other."""
    settings = ["adapter_only=true", "lora_rank=8", "epochs=1", "evaluations=1", "opening=Post:\n"]
    trained = fine_tune("starter", tmp_path / "m", *settings)
    loaded, other = models.load(trained.folder), models.load(beside_starter[0].folder)
    assert loaded.tokenizer.decode(opening(loaded.tokenizer)) == "Post:\n"
    assert not opening(other.tokenizer)
    texts = [post.text for post in DATA.held_out]
    bits = sum(Predictor(loaded.model, loaded.tokenizer, CPU).bits(texts))
    best = min(point.bits_per_byte for point in trained.curve)
    assert bits / sum(len(text.encode()) + 1 for text in texts) == pytest.approx(best, rel=1e-3)  # float16


def test_adapters_of_one_base_share_its_weights(beside_starter):
    """Each predicts as measured, and writes as its own modules do; in memory the base is there once."""
    texts = [post.text for post in DATA.held_out]
    loaded = [models.load(trained.folder) for trained in beside_starter]
    tables = {model.model.get_input_embeddings().weight.data_ptr() for model in loaded}
    assert len(tables) == 1
    bits = [Predictor(model.model, model.tokenizer, CPU).bits(texts) for model in loaded]
    assert bits[0] != bits[1]
    for trained, own in zip(beside_starter, bits, strict=True):
        best = min(point.bits_per_byte for point in trained.curve)
        assert sum(own) / sum(len(text.encode()) + 1 for text in texts) == pytest.approx(
            best, rel=1e-3
        )  # float16
    cold = Sampling(temperature=1e-4, max_new_tokens=20)
    for model in loaded:
        assert decoder_weights(model.model)
        fast = model.generate("the lamp", count=1, sampling=cold).samples
        model.__dict__["_weights"] = None
        assert model.generate("the lamp", count=1, sampling=cold).samples == fast


def test_adapters_of_one_base_share_what_is_converted(beside_starter, monkeypatch):
    """Where matrices are multiplied in bfloat16, the copies of the base's are there once, too."""
    monkeypatch.setattr(neural, "precision", lambda _: torch.bfloat16)
    converted = []
    for trained in beside_starter:
        weights = models.load(trained.folder)._weights
        linears = [weights.lm_head]
        for layer in weights.layers:
            linears += [layer.attention, layer.output, layer.up, layer.down]
        assert all(weight.dtype == torch.bfloat16 for linear in linears for weight in linear.weights)
        converted.append([weight for linear in linears for weight in linear.weights])
    assert all(first is second for first, second in zip(*converted, strict=True))
    copies = [weakref.ref(weight) for weight in converted[0]]
    del converted, linears, weights, layer
    gc.collect()
    assert not any(copy() is not None for copy in copies)  # nothing of them stays behind the last adapter


def test_a_base_stays_in_memory_while_an_adapter_uses_it(beside_starter, monkeypatch):
    """It is not loaded again where another base was asked for meanwhile; what nothing uses is dropped."""
    first = models.load(beside_starter[0].folder)
    shared._load.cache_clear()  # as another base does
    monkeypatch.setattr(shared, "load_base", lambda _: pytest.fail("loaded again"))
    second = models.load(beside_starter[1].folder)
    assert first.tokenizer is second.tokenizer
    del first, second
    shared._load.cache_clear()
    gc.collect()
    assert not shared._IN_USE


def test_an_adapter_of_other_weights_is_refused(beside_starter, tmp_path):
    """Where the base has changed since, the adapter fits no more, and nothing is written with it."""
    folder = shutil.copytree(beside_starter[0].folder, tmp_path / "m")
    config = json.loads((folder / "adapter_config.json").read_text("utf-8"))
    (folder / "adapter_config.json").write_text(json.dumps({**config, "revision": "0" * 64}), "utf-8")
    with pytest.raises(ModelError, match="another version of the base starter"):
        models.load(folder)


def test_an_adapter_alone_needs_a_base_that_all_can_have(tmp_path):
    """A folder is on this machine only: that is said before anything is trained."""
    with pytest.raises(BaseError, match="would name a place of this machine"):
        fine_tune(str(tiny_base(tmp_path / "base")), tmp_path / "m", "adapter_only=true")
