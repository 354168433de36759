"""Decoding: GPT-2 and Llama give the logits of transformers by fewer operations, in float32 and bfloat16."""

from __future__ import annotations

import pytest
import torch
from peft import LoraConfig
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

from huggingtweets.generation.decoder import StaticDecoder
from huggingtweets.generation.module_decoder import ModuleDecoder
from huggingtweets.generation.module_weights import decoder_weights

GPT2 = {"vocab_size": 300, "n_positions": 64, "n_embd": 32, "n_layer": 2, "n_head": 2}
LLAMA = {
    "vocab_size": 300,
    "hidden_size": 96,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 6,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "max_position_embeddings": 64,
}
ROTATION = {"rope_type": "linear", "rope_theta": 500.0, "factor": 2.0}
MODELS = {
    "gpt2": lambda: GPT2LMHeadModel(GPT2Config(**GPT2)),
    "llama": lambda: LlamaForCausalLM(LlamaConfig(**LLAMA)),
    "llama with biases and scaled positions": lambda: LlamaForCausalLM(
        LlamaConfig(**LLAMA, attention_bias=True, mlp_bias=True, rope_parameters=ROTATION)
    ),
}


def adapted(model, **fields):
    """A model with LoRA beside its matrices."""
    config = LoraConfig(r=4, lora_alpha=8, target_modules="all-linear", task_type="CAUSAL_LM", **fields)
    model.add_adapter(config)
    return model


MODELS |= {
    "gpt2 with adapters": lambda: adapted(MODELS["gpt2"](), fan_in_fan_out=True),
    "llama with adapters": lambda: adapted(MODELS["llama"]()),
}
OTHERS = {
    "scaled by layer": lambda: GPT2LMHeadModel(GPT2Config(**GPT2, scale_attn_by_inverse_layer_idx=True)),
    "unscaled": lambda: GPT2LMHeadModel(GPT2Config(**GPT2, scale_attn_weights=False)),
    "adapters of another kind": lambda: adapted(MODELS["llama"](), use_dora=True),
    "angles that follow the length": lambda: LlamaForCausalLM(
        LlamaConfig(**LLAMA, rope_parameters={**ROTATION, "rope_type": "dynamic"})
    ),
}


@pytest.fixture
def model(request):
    torch.manual_seed(0)
    made = request.param().eval()
    for parameter in made.parameters():  # biases and norms begin as 0 and 1, which hides mistakes
        torch.nn.init.normal_(parameter, mean=0.1, std=0.3)
    return made


@torch.inference_mode()
def logits(decoder, rows=5, steps=12):
    """The logits of every step, some rows leaving on the way, after prompts that differ."""
    generator = torch.Generator().manual_seed(1)
    prompts = torch.randint(300, (rows, 4), generator=generator)
    steps_logits = [decoder.read(prompts, steps)]
    for step in range(steps):
        steps_logits.append(decoder.step(torch.randint(300, (rows,), generator=generator)))
        if step == steps // 2:
            decoder.select(torch.tensor([0, 3]))
            rows = 2
    return torch.cat(steps_logits).float()


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS, indirect=True)
def test_the_logits_are_those_of_the_modules(model):
    """Every step gives what transformers' modules give, also after rows have left."""
    decoder = StaticDecoder(decoder_weights(model))
    torch.testing.assert_close(logits(decoder), logits(ModuleDecoder(model)), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS, indirect=True)
def test_bfloat16_stays_as_near_as_autocast(model):
    """In bfloat16 the distributions differ from float32 no more than those of autocast, with some leeway."""
    exact = logits(ModuleDecoder(model)).log_softmax(-1)
    ours = logits(StaticDecoder(decoder_weights(model, torch.bfloat16))).log_softmax(-1)
    with torch.autocast("cpu", torch.bfloat16):
        theirs = logits(ModuleDecoder(model)).log_softmax(-1)
    divergence, accepted = ((exact.exp() * (exact - other)).sum(-1).mean().item() for other in (ours, theirs))
    assert 0 < divergence < 2 * accepted


@pytest.mark.parametrize("model", OTHERS.values(), ids=OTHERS, indirect=True)
def test_what_is_computed_otherwise_is_left_to_transformers(model):
    """A variant of GPT-2 or Llama that the decoder does not compute is computed by its own modules."""
    assert decoder_weights(model) is None


def test_changed_weights_are_seen():
    """In the model's own precision nothing is copied, so training can go on: samples are the new model's."""
    model = MODELS["llama"]().eval()
    weights = decoder_weights(model)
    with torch.no_grad():
        model.model.layers[0].self_attn.q_proj.weight.mul_(3.0)
    torch.testing.assert_close(
        logits(StaticDecoder(weights)), logits(ModuleDecoder(model)), rtol=1e-4, atol=1e-4
    )


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS, indirect=True)
def test_float16_is_nearer_than_bfloat16(model):
    """One row in float16 has a distribution nearer to that of float32 than bfloat16's."""
    exact = logits(ModuleDecoder(model)).log_softmax(-1)
    weights, halves = decoder_weights(model), decoder_weights(model, torch.float16)
    half = logits(StaticDecoder(weights, halves)).log_softmax(-1)
    brain = logits(StaticDecoder(decoder_weights(model, torch.bfloat16))).log_softmax(-1)
    of_half, of_brain = ((exact.exp() * (exact - other)).sum(-1).mean().item() for other in (half, brain))
    assert 0 < of_half < of_brain


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS, indirect=True)
def test_numbers_that_float16_cannot_hold_are_computed_in_the_wider_precision(model):
    """Weights that overflow float16 give the logits of transformers: the position is computed again."""
    with torch.no_grad():
        model.get_output_embeddings().weight.mul_(1e6)
    weights, halves = decoder_weights(model), decoder_weights(model, torch.float16)
    torch.testing.assert_close(
        logits(StaticDecoder(weights, halves)), logits(ModuleDecoder(model)), rtol=1e-2, atol=1e3
    )
