"""Generation: a model folder writes the same with our generator as with everyone's pipeline."""

from __future__ import annotations

import json

import pytest
import torch
from transformers import pipeline

from huggingtweets import generate, load_recipe
from huggingtweets.errors import ModelError, UserError
from huggingtweets.generation import Generator
from huggingtweets.training import Device, load_base, train
from huggingtweets.types import Sampling
from tiny import tiny_base, tiny_dataset


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    base = tiny_base(tmp_path_factory.mktemp("base"))
    recipe = load_recipe(
        "starter", [f"base={base}", "epochs=30", "learning_rate=1e-2", "sampling.max_new_tokens=30"]
    )
    train(tiny_dataset(), recipe, load_base(str(base)), folder, device=Device("cpu", "test", bf16=False))
    return folder


@pytest.mark.parametrize("prompt", ["the lamp", "My dream is", "é 🙂", ""])
def test_the_plain_pipeline_writes_what_we_write(model, prompt):
    """transformers.pipeline with nothing but the folder draws the very same texts from the same seed."""
    ours = [sample.text for sample in Generator(model).generate(prompt, count=4, seed=7)]
    writer = pipeline("text-generation", model=str(model))
    torch.manual_seed(7)
    theirs = [entry["generated_text"] for entry in writer(prompt, num_return_sequences=4)]
    assert theirs == ours


def test_a_prompt_begins_like_a_post(model):
    """The saved tokenizer puts the begin token before a prompt by itself, once, and takes it off again."""
    tokenizer = Generator(model)._tokenizer
    assert tokenizer("the lamp")["input_ids"][0] == tokenizer.bos_token_id
    assert tokenizer("the lamp")["input_ids"].count(tokenizer.bos_token_id) == 1
    assert tokenizer.decode(tokenizer("the lamp")["input_ids"], skip_special_tokens=True) == "the lamp"


def test_the_saved_settings_sample(model):
    """The folder's own generation settings are those of the recipe."""
    config = json.loads((model / "generation_config.json").read_text())
    assert config["do_sample"] is True
    assert (config["temperature"], config["top_p"], config["max_new_tokens"]) == (1.0, 0.95, 30)
    assert (
        json.loads((model / "tokenizer_config.json").read_text())["tokenizer_class"]
        == "PreTrainedTokenizerFast"
    )


def test_only_safetensors_are_written(model):
    """No pickle is in a model folder."""
    assert not [path for path in model.iterdir() if path.suffix in {".bin", ".pt", ".pkl", ".pth"}]


def test_the_same_seed_writes_the_same(model):
    """A seed repeats the text; without one it is drawn anew."""
    generator = Generator(model)
    assert generator.generate("the", seed=3) == generator.generate("the", seed=3)
    assert generator.generate("the", seed=3) != generator.generate("the", seed=4)


def test_text_keeps_its_prompt_and_has_no_markers(model):
    """Each sample begins with the prompt, white space at its end aside, and shows no special token."""
    for sample in Generator(model).generate("the lamp ", count=8, seed=1):
        assert sample.prompt == "the lamp"
        assert sample.text.startswith("the lamp")
        assert "<|" not in sample.text


def test_low_temperature_is_less_varied(model):
    """The sampling that is asked for is the one that is used."""
    generator = Generator(model)
    cold = generator.generate("the", count=20, seed=1, sampling=Sampling(temperature=0.01))
    warm = generator.generate("the", count=20, seed=1, sampling=Sampling(temperature=1.5, top_p=1.0))
    assert len({s.text for s in cold}) < len({s.text for s in warm})


def test_a_prompt_as_long_as_the_model_sees_is_refused(model):
    """A prompt that leaves no room is an error; one that leaves little is continued within it."""
    generator = Generator(model)
    with pytest.raises(UserError, match="this model sees 64"):
        generator.generate("word " * 100)
    assert generator.generate("the " * 60, count=1, seed=1)


def test_wrong_places_and_settings_are_one_line(model, tmp_path):
    """No model, a damaged one and a setting out of range each say what is wrong."""
    with pytest.raises(ModelError, match="holds no model"):
        generate(tmp_path / "nothing")
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(ModelError, match="train it again"):
        generate(tmp_path)
    with pytest.raises(UserError, match="temperature"):
        generate(model, sampling={"temperature": -1})
