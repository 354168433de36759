"""A model that is not trained any more needs half of the memory, and computes what it did."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

from huggingtweets.generation.module_decoder import ModuleDecoder
from huggingtweets.generation.transformers_generator import TransformersGenerator
from huggingtweets.machine.device import Device
from huggingtweets.training import Predictor, narrow_matrices
from tests.helpers.tiny import STARTER

BF16, FLOAT32 = Device("cpu", "test", bf16=True), Device("cpu", "test", bf16=False)
SHAPE = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "max_position_embeddings": 64,
    "initializer_range": 0.3,
}
GEMMA = {"sliding_window": 24, "query_pre_attn_scalar": 8, "attn_logit_softcapping": 2.0}
KINDS = {
    "gpt2": {"n_positions": 64, "n_embd": 32, "n_layer": 2, "n_head": 4},
    "llama": SHAPE,
    "qwen3": {**SHAPE, "tie_word_embeddings": True},
    "gemma2": {**SHAPE, **GEMMA},
    "gemma3_text": {**SHAPE, **GEMMA, "layer_types": ["sliding_attention", "full_attention"]},
    "gpt_oss": {**SHAPE, "sliding_window": 64, "num_local_experts": 2, "num_experts_per_tok": 1}
    | {"rope_parameters": {"rope_type": "default", "rope_theta": 1e4}},
    "falcon_h1": {**SHAPE, "mamba_d_ssm": 32, "mamba_n_heads": 4, "mamba_d_head": 8, "mamba_n_groups": 1}
    | {"mamba_d_state": 8},
    "mamba": {"hidden_size": 32, "state_size": 8, "num_hidden_layers": 2},
}
TEXTS = ["one", "two words", "a long post about the lamp and the rail " * 6]


@pytest.fixture(params=KINDS)
def model(request):
    """A random model of an architecture, in float32, whose weights bfloat16 holds exactly."""
    torch.manual_seed(0)
    ends = {"vocab_size": 8192, "bos_token_id": 0, "eos_token_id": 0, "pad_token_id": 0}
    config = AutoConfig.for_model(request.param, **ends, **KINDS[request.param])
    return AutoModelForCausalLM.from_config(config).bfloat16().float().eval()


@pytest.fixture(scope="module")
def tokenizer():
    """The starter's."""
    return AutoTokenizer.from_pretrained(STARTER)


def matrices(model):
    """The matrices of a model that are no embedding tables."""
    tables = {id(module.weight) for module in model.modules() if isinstance(module, nn.Embedding)}
    linear = [module.weight for module in model.modules() if isinstance(module, nn.Linear)]
    return [weight for weight in linear if id(weight) not in tables]


def test_narrow_matrices_change_no_prediction(model, tokenizer):
    """Each post costs the same bits, to the last digit, with matrices of half the size."""
    predictor = Predictor(model, tokenizer, BF16)
    expected = predictor.bits(TEXTS)
    narrow_matrices(model, BF16)
    assert {weight.dtype for weight in matrices(model)} <= {torch.bfloat16}
    assert model.dtype == torch.float32
    assert predictor.bits(TEXTS) == expected


@torch.inference_mode()
def test_a_model_with_narrow_matrices_writes_as_before(model, tokenizer):
    """The next token has the same probabilities as with matrices that are narrowed at each step."""
    prompts = torch.tensor([[0, 70, 12], [0, 5, 9]])
    wide = ModuleDecoder(model, torch.bfloat16).read(prompts, 1)
    narrow_matrices(model, BF16)
    torch.testing.assert_close(ModuleDecoder(model, torch.bfloat16).read(prompts, 1), wide, rtol=0, atol=0)
    written = TransformersGenerator(model, tokenizer, torch.bfloat16).generate("the lamp", count=2, seed=1)
    assert all(sample.text.startswith("the lamp") for sample in written.samples)


@pytest.mark.parametrize("device", [BF16, FLOAT32])
def test_nothing_is_rounded(device):
    """Weights that bfloat16 cannot hold stay, and all of them where it is not fast."""
    config = AutoConfig.for_model("llama", vocab_size=64, **SHAPE)
    model = AutoModelForCausalLM.from_config(config)
    first, *others = matrices(model)
    with torch.no_grad():
        for weight in others:
            weight.copy_(weight.bfloat16())
    before = [weight.clone() for weight in matrices(model)]
    narrow_matrices(model, device)
    assert first.dtype == torch.float32
    assert {weight.dtype for weight in others} == {torch.bfloat16 if device.bf16 else torch.float32}
    assert all(map(torch.equal, before, (weight.float() for weight in matrices(model))))


def test_a_base_that_adapters_may_share_stays(tokenizer):
    """The next adapter beside the same weights finds them as they were loaded."""
    peft = pytest.importorskip("peft")
    config = AutoConfig.for_model("llama", vocab_size=len(tokenizer), **SHAPE)
    model = AutoModelForCausalLM.from_config(config).bfloat16().float()
    model.add_adapter(peft.LoraConfig(target_modules="all-linear"))
    narrow_matrices(model, BF16)
    assert {weight.dtype for weight in matrices(model)} == {torch.float32}
