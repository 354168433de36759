"""Any causal model: tiny ones of each architecture learn, are measured rightly, and load elsewhere."""

from __future__ import annotations

import math
from itertools import takewhile

import pytest
import torch
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from huggingtweets import load_recipe
from huggingtweets.generation.decoder import decoder_weights, open_decoder
from huggingtweets.generation.generator import Generator
from huggingtweets.generation.sampler import stream_tokens
from huggingtweets.training import Device, TrainOptions, bits_per_post, load_base, train
from huggingtweets.training.attention import use_short_rows
from huggingtweets.training.batches import batches, context_length, encode
from huggingtweets.training.cross_entropy import find_lm_head
from huggingtweets.training.loss import summed_loss
from huggingtweets.types import Sampling
from tests.helpers.tiny import STARTER, tiny_dataset

CPU, BF16 = Device("cpu", "test", bf16=False), Device("cpu", "test", bf16=True)
SHAPE = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4}
HEADS = {"num_key_value_heads": 2, "head_dim": 8}  # fewer for keys and values, as all but GPT-2 have
COMMON = {
    "bos_token_id": 0,
    "eos_token_id": 0,
    "initializer_range": 0.3,  # wide, so that what a token attends to shows in what comes out
}
ARCHITECTURES = {
    "gpt2": (GPT2LMHeadModel, GPT2Config, {"n_positions": 64, "n_embd": 32, "n_layer": 2, "n_head": 4}),
    "llama": (LlamaForCausalLM, LlamaConfig, {**SHAPE, **HEADS, "max_position_embeddings": 64}),
    "smollm2": (
        LlamaForCausalLM,
        LlamaConfig,
        {**SHAPE, **HEADS, "max_position_embeddings": 64, "tie_word_embeddings": True},
    ),
    "qwen3": (
        Qwen3ForCausalLM,
        Qwen3Config,
        {**SHAPE, **HEADS, "max_position_embeddings": 64, "tie_word_embeddings": True},
    ),
    "gemma3": (
        Gemma3ForCausalLM,
        Gemma3TextConfig,
        {**SHAPE, **HEADS, "max_position_embeddings": 64, "sliding_window": 24, "query_pre_attn_scalar": 8}
        | {"layer_types": ["sliding_attention", "full_attention"], "pad_token_id": 0},
    ),
}
TEXTS = [
    "one",
    "two words",
    "the gull sat on the rail and waited for a letter",
    "a long post about the lamp and the rail " * 6,
]


@pytest.fixture(scope="module", params=ARCHITECTURES)
def base(request, tmp_path_factory):
    """A random model of an architecture with the starter's tokenizer, on disk."""
    kind, config, shape = ARCHITECTURES[request.param]
    folder = tmp_path_factory.mktemp(request.param)
    tokenizer = AutoTokenizer.from_pretrained(STARTER)
    torch.manual_seed(0)
    kind(config(vocab_size=len(tokenizer), **COMMON, **shape)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def by_hand(model, tokenizer, text, length):
    """What a text costs in bits when transformers is asked for it alone, with nothing but its tokens."""
    begin = end = tokenizer.eos_token_id
    ids = [begin, *tokenizer(text, add_special_tokens=False)["input_ids"], end]
    cost = 0.0
    for i in range(0, len(ids) - 1, length):
        row = torch.tensor(ids[i : i + length + 1])
        scores = model(input_ids=row[None, :-1]).logits[0].double().log_softmax(-1)
        cost -= scores.gather(1, row[1:, None]).sum().item() / math.log(2)
    return cost


@torch.no_grad()
def test_packed_rows_cost_what_posts_alone_cost(base):
    """Each post's bits are those of the plain model: packing, masks and positions suit the architecture."""
    tokenizer = AutoTokenizer.from_pretrained(base)
    model = AutoModelForCausalLM.from_pretrained(base).eval()
    expected = [by_hand(model, tokenizer, text, context_length(model)) for text in TEXTS]
    assert bits_per_post(model, tokenizer, TEXTS, CPU) == pytest.approx(expected, rel=1e-4)


def test_our_attention_has_the_gradient_of_theirs(base):
    """What training computes on a CPU, fused and with attention of its own, has transformers' gradient."""
    tokenizer = AutoTokenizer.from_pretrained(base)
    gradients = []
    for ours in (True, False):
        model = AutoModelForCausalLM.from_pretrained(base)
        gradients.append(_gradient(model, tokenizer, ours=ours))
    assert torch.allclose(*gradients, rtol=1e-3, atol=1e-3)


def _gradient(model, tokenizer, *, ours):
    rows = encode(TEXTS, tokenizer, context_length(model))
    if ours:
        use_short_rows(model)
    for batch in batches(rows, 1024, 0, None):
        summed_loss(model, batch, CPU, find_lm_head(model) if ours else None).backward()
    return torch.cat([p.grad.flatten() for p in model.parameters()])


@pytest.mark.parametrize("method", ["full", "lora"])
def test_a_model_learns_and_is_saved_whole(base, method, tmp_path):
    """A few steps lower the bits, and the folder holds in transformers what was measured at the end."""
    recipe = load_recipe(
        "starter",
        [f"base={base}", f"method={method}", "learning_rate=1e-2", "batch_tokens=256", "evaluations=1"],
    )
    data = tiny_dataset(train=40, held_out=4)
    device = BF16 if method == "lora" else CPU
    checkpoint = train(data, recipe, load_base(str(base)), tmp_path, TrainOptions(device=device))
    first, last = checkpoint.curve
    assert last.bits_per_byte < first.bits_per_byte
    tokenizer, model = AutoTokenizer.from_pretrained(tmp_path), AutoModelForCausalLM.from_pretrained(tmp_path)
    assert model.dtype == torch.float32
    texts = [post.text for post in data.held_out]
    with torch.no_grad():
        bits = sum(by_hand(model.eval(), tokenizer, text, context_length(model)) for text in texts)
    measured = last.bits_per_byte * sum(len(text.encode()) + 1 for text in texts)
    assert bits == pytest.approx(measured, rel=2e-2 if device.bf16 else 1e-4)
    (sample,) = Generator.load(tmp_path).generate("the lamp", count=1, seed=1).samples
    assert sample.text.startswith("the lamp")


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_we_write_what_transformers_writes(name):
    """Token by token, with rows that end at different times, the likeliest text is that of `generate`."""
    torch.manual_seed(3)
    model_class, config, shape = ARCHITECTURES[name]
    model = model_class(config(vocab_size=40, **COMMON, **shape)).eval()
    prompts = torch.randint(1, 40, (12, 5))
    generated = model.generate(
        prompts, attention_mask=torch.ones_like(prompts), do_sample=False, max_new_tokens=40, eos_token_id=40
    )
    theirs = generated[:, 5:].tolist()
    ends = {theirs[row][row * 3] for row in range(3, 12, 4)}
    *_, ours = stream_tokens(
        open_decoder(model, decoder_weights(model)),
        prompts,
        Sampling(temperature=1e-4, max_new_tokens=40),
        ends,
    )
    assert ours == [list(takewhile(lambda token: token not in ends, row)) for row in theirs]
    assert len({len(text) for text in ours}) > 1
