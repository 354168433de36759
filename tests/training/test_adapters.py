"""LoRA: small files beside a base on the Hub, whole models everywhere else, the same figures in both."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from huggingface_hub.constants import HF_HUB_CACHE
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig, pipeline

from huggingtweets import load_recipe, models
from huggingtweets.errors import MissingExtra
from huggingtweets.files import CheckpointConfig
from huggingtweets.generation.generator import Generator
from huggingtweets.progress import Silence
from huggingtweets.training import Device, TrainOptions, bits_per_post, load_base, train
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
    values += ["sampling.max_new_tokens=30", *settings]
    recipe = load_recipe("starter", values)
    return train(DATA, recipe, load_base(base), folder, TrainOptions(device=CPU, **options))


def held_out_bits(folder):
    model, tokenizer = AutoModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    texts = [post.text for post in DATA.held_out]
    return sum(bits_per_post(model, tokenizer, texts, CPU)) / sum(len(t.encode()) + 1 for t in texts)


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
    cold = Sampling(temperature=1e-4, max_new_tokens=30)
    ours = models.load(adapter.folder).generate("the lamp", count=1, sampling=cold).samples[0].text
    writer = pipeline("text-generation", model=str(adapter.folder), tokenizer=str(adapter.folder))
    settings = GenerationConfig.from_pretrained(adapter.folder, do_sample=False, max_new_tokens=30)
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
        Generator.load(adapter.folder)
