"""Frozen layers: they keep the base's weights, the rest learns, and nothing is computed for them in vain."""

from __future__ import annotations

import pytest
import torch
from transformers import AutoModelForCausalLM

from huggingtweets import load_recipe
from huggingtweets.bases.loading import load_base
from huggingtweets.errors import RecipeError
from huggingtweets.machine.device import Device
from huggingtweets.training import TrainOptions, train
from huggingtweets.training.freezing import freeze_lower_layers
from tests.helpers.tiny import small_base, tiny_dataset

CPU = Device("cpu", "test", bf16=False)


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return small_base(tmp_path_factory.mktemp("base"))


def recipe(base, *settings):
    values = [f"base={base}", "learning_rate=1e-2", "batch_tokens=256", "epochs=4", *settings]
    return load_recipe("starter", values)


def learnt(base, folder, *settings, device=CPU):
    """The result of a run, and the weights before and after it by name."""
    folder.mkdir()
    before = AutoModelForCausalLM.from_pretrained(base).state_dict()
    chosen = recipe(base, *settings)
    result = train(tiny_dataset(), chosen, load_base(str(base)), folder, TrainOptions(device=device))
    return result, before, AutoModelForCausalLM.from_pretrained(folder).state_dict()


@pytest.mark.parametrize("bf16", [False, True])
def test_frozen_layers_keep_the_weights_of_the_base_and_the_rest_learns(base, tmp_path, bf16):
    """The lower layer is saved as it was, the upper layer and the embeddings move, and the model learns."""
    device = Device("cpu", "test", bf16=bf16)
    result, before, after = learnt(base, tmp_path / "model", "frozen_layers=1", device=device)
    before = {name: tensor.bfloat16().float() if bf16 else tensor for name, tensor in before.items()}
    moved = {name for name, tensor in after.items() if not torch.equal(tensor, before[name])}
    assert not [name for name in moved if ".h.0." in name]
    assert {name for name in after if ".h.1.attn.c_attn" in name} <= moved
    assert "transformer.wte.weight" in moved
    assert min(point.bits_per_byte for point in result.curve[1:]) < result.curve[0].bits_per_byte


def test_no_gradient_is_computed_for_frozen_layers(base):
    """What comes out of the last frozen layer hangs on no weight that learns."""
    loaded = load_base(str(base))
    freeze_lower_layers(loaded.model, recipe(base, "frozen_layers=1"))
    hidden = loaded.model(torch.tensor([[5, 6, 7]]), output_hidden_states=True).hidden_states
    assert [layer.requires_grad for layer in hidden] == [False, False, True]


def test_tokens_of_speakers_learn_although_layers_are_frozen(base):
    """They are only ever inputs: a gradient reaches them through the frozen layers."""
    loaded = load_base(str(base))
    freeze_lower_layers(loaded.model, recipe(base, "frozen_layers=1", "speakers=true"))
    loaded.model(torch.tensor([[5, 6, 7]])).logits[0, 0, 0].backward()
    assert loaded.model.transformer.wte.weight.grad[5].abs().sum() > 0


@pytest.mark.parametrize("settings", [("frozen_layers=2",), ("frozen_layers=1", "method=lora")])
def test_what_would_train_nothing_is_refused(base, settings):
    """As many as the base has, or frozen layers beside adapters: one line that names the setting."""
    with pytest.raises(RecipeError, match="frozen_layers"):
        freeze_lower_layers(load_base(str(base)).model, recipe(base, *settings))
