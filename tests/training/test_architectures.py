"""Any causal model: tiny ones of each architecture learn, are measured rightly, and load elsewhere."""

from __future__ import annotations

import dataclasses
import math
from itertools import takewhile

import pytest
import torch
from msgspec.structs import replace
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoTokenizer,
    Gemma3Config,
    Gemma3ForCausalLM,
    Gemma3ForConditionalGeneration,
    Gemma3TextConfig,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from huggingtweets import load_recipe
from huggingtweets.bases.loading import load_base
from huggingtweets.errors import BaseError
from huggingtweets.generation.module_decoder import open_decoder
from huggingtweets.generation.module_weights import decoder_weights
from huggingtweets.generation.sampler import RandomNumbers, stream_tokens
from huggingtweets.generation.transformers_generator import TransformersGenerator
from huggingtweets.machine.device import Device
from huggingtweets.training import Predictor, TrainOptions, train
from huggingtweets.training.attention import use_short_rows
from huggingtweets.training.batches import MAX_LENGTH, batches, encode, row_length
from huggingtweets.training.context import TrainContext
from huggingtweets.training.cross_entropy import find_lm_head
from huggingtweets.training.loss import summed_loss
from huggingtweets.types import Sampling
from tests.helpers.tiny import small_tokenizer, tiny_dataset, varied_texts

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
ADAPTED = ("gpt2", "llama")  # in a usual run; they differ in what their layers are made of, the others do not
ENDS = {"bos_token_id": 0, "eos_token_id": 0, "pad_token_id": 0}
ODD = {  # a model type, its shape, whether its posts can share a row, whether our attention is its own
    "lfm2": (
        "lfm2",
        {**SHAPE, **HEADS, "max_position_embeddings": 64, "layer_types": ["conv", "full_attention"]},
        (False, False),
    ),
    "falcon-h1": (
        "falcon_h1",
        {**SHAPE, **HEADS, "max_position_embeddings": 64, "mamba_d_ssm": 32, "mamba_n_heads": 4}
        | {"mamba_d_head": 8, "mamba_n_groups": 1, "mamba_d_state": 8},
        (False, False),
    ),
    "rwkv": (
        "rwkv",
        {"hidden_size": 32, "attention_hidden_size": 32, "num_hidden_layers": 7, "intermediate_size": 48}
        | {"context_length": 64},
        (False, False),
    ),
    "mamba": ("mamba", {"hidden_size": 32, "state_size": 8, "num_hidden_layers": 2}, (False, False)),
    "bloom": ("bloom", {"hidden_size": 32, "n_layer": 2, "n_head": 4}, (False, False)),
    "falcon with alibi": (
        "falcon",
        {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "alibi": True},
        (False, False),
    ),
    "gemma 2": (
        "gemma2",
        {**SHAPE, **HEADS, "max_position_embeddings": 64, "sliding_window": 64, "query_pre_attn_scalar": 8}
        | {"attn_logit_softcapping": 2.0},
        (True, False),
    ),
    "gpt-oss": (
        "gpt_oss",
        {**SHAPE, **HEADS, "max_position_embeddings": 64, "sliding_window": 64, "num_local_experts": 2}
        | {"num_experts_per_tok": 1, "rope_parameters": {"rope_type": "default", "rope_theta": 1e4}},
        (True, False),
    ),
    "qwen 3": ("qwen3", {**SHAPE, **HEADS, "max_position_embeddings": 64}, (True, True)),
}
MOST_ODD = ("mamba", "bloom", "gpt-oss")  # learn in a usual run: no attention, no positions, several experts
TEXTS = [
    "one",
    "two words",
    "the gull sat on the rail and waited for a letter",
    "a long post about the lamp and the rail " * 6,
]


@pytest.fixture(scope="module", params=ARCHITECTURES)
def base(request, tmp_path_factory):
    """A random model of an architecture with a tokenizer, on disk."""
    kind, config, shape = ARCHITECTURES[request.param]
    folder = tmp_path_factory.mktemp(request.param)
    tokenizer = small_tokenizer()
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
def test_no_row_is_wider_than_memory_holds(base):
    """A post of many pages is cut, however wide the context: each token is predicted once."""
    tokenizer = AutoTokenizer.from_pretrained(base)
    model = AutoModelForCausalLM.from_pretrained(base).eval()
    model.config.max_position_embeddings, model.config.sliding_window = 8192, None
    assert row_length(model) == MAX_LENGTH
    text = " ".join(varied_texts(400, seed=2))
    [rows] = encode([text], tokenizer, row_length(model))
    assert max(map(len, rows)) == MAX_LENGTH + 1
    tokens = tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]
    assert [token for row in rows for token in row[1:]] == [*tokens, tokenizer.eos_token_id]


@torch.no_grad()
def test_packed_rows_cost_what_posts_alone_cost(base):
    """Each post's bits are those of the plain model: packing, masks and positions suit the architecture."""
    tokenizer = AutoTokenizer.from_pretrained(base)
    model = AutoModelForCausalLM.from_pretrained(base).eval()
    expected = [by_hand(model, tokenizer, text, row_length(model)) for text in TEXTS]
    assert Predictor(model, tokenizer, CPU).bits(TEXTS) == pytest.approx(expected, rel=1e-4)


def test_our_attention_has_the_gradient_of_theirs(base):
    """What training computes on a CPU, fused and with attention of its own, has transformers' gradient."""
    tokenizer = AutoTokenizer.from_pretrained(base)
    gradients = []
    for ours in (True, False):
        model = AutoModelForCausalLM.from_pretrained(base)
        gradients.append(_gradient(model, tokenizer, ours=ours))
    assert torch.allclose(*gradients, rtol=1e-3, atol=1e-3)


def _gradient(model, tokenizer, *, ours):
    rows = encode(TEXTS, tokenizer, row_length(model))
    if ours:
        use_short_rows(model)
    for batch in batches(rows, 1024, 0, None):
        summed_loss(model, batch, CPU, find_lm_head(model) if ours else None).backward()
    return torch.cat([p.grad.flatten() for p in model.parameters()])


@pytest.mark.parametrize(
    ("base", "method"),
    [
        *((name, "full") for name in ARCHITECTURES),
        *(
            pytest.param(name, "lora", marks=() if name in ADAPTED else pytest.mark.slow)
            for name in ARCHITECTURES
        ),
    ],
    indirect=["base"],
)
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
        bits = sum(by_hand(model.eval(), tokenizer, text, row_length(model)) for text in texts)
    measured = last.bits_per_byte * sum(len(text.encode()) + 1 for text in texts)
    assert bits == pytest.approx(measured, rel=2e-2 if device.bf16 else 1e-4)
    (sample,) = TransformersGenerator.load(tmp_path).generate("the lamp", count=1, seed=1).samples
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
        RandomNumbers(0).uniform,
        ends,
    )
    assert ours == [list(takewhile(lambda token: token not in ends, row)) for row in theirs]
    assert len({len(text) for text in ours}) > 1


@pytest.fixture
def seeing(tmp_path):
    """A random Gemma 3 that reads pictures, too, in bfloat16, on disk."""
    tokenizer = small_tokenizer()
    _, _, shape = ARCHITECTURES["gemma3"]
    pictures = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = Gemma3Config(
        text_config={"vocab_size": len(tokenizer), **COMMON, **shape},
        vision_config={**pictures, "image_size": 28, "patch_size": 14},
        mm_tokens_per_image=4,
    )
    torch.manual_seed(0)
    folder = tmp_path / "seeing"
    model = Gemma3ForConditionalGeneration(config).bfloat16()
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder, model.float()


@torch.no_grad()
def test_a_base_that_reads_pictures_is_its_language_model(seeing):
    """It is loaded without what sees, and predicts what the whole predicts."""
    folder, whole = seeing
    loaded = load_base(str(folder))
    assert isinstance(loaded.model, Gemma3ForCausalLM)
    assert (loaded.is_part, loaded.base.dtype) == (True, "bfloat16")
    tokens = torch.tensor([[5, 70, 12, 100]])
    assert torch.allclose(loaded.model(tokens).logits, whole(tokens).logits, atol=1e-3)


@pytest.mark.parametrize("method", ["full", "lora"])
def test_weights_are_saved_in_the_precision_of_the_base(seeing, method, tmp_path):
    """A model of a bfloat16 base takes half the disk and says so in its config; it is whole, LoRA or not."""
    folder, _ = seeing
    recipe = load_recipe("starter", [f"base={folder}", f"method={method}", "epochs=1", "batch_tokens=256"])
    trained = train(tiny_dataset(), recipe, load_base(str(folder)), tmp_path, TrainOptions(device=BF16))
    model = AutoModelForCausalLM.from_pretrained(tmp_path)
    assert isinstance(model, Gemma3ForCausalLM)
    assert model.dtype == torch.bfloat16
    assert trained.is_merged == (method == "lora"), "the record says so, and the card shows a whole model"


def test_saving_in_bfloat16_loses_nothing(seeing, tmp_path):
    """Where training computes in bfloat16, the weights are those that float32 would hold, bit for bit."""
    folder, _ = seeing
    recipe = load_recipe("starter", [f"base={folder}", "epochs=1", "batch_tokens=256"])
    saved = []
    for dtype in ("bfloat16", "float32"):
        base = load_base(str(folder))
        base = dataclasses.replace(base, base=replace(base.base, dtype=dtype))
        (tmp_path / dtype).mkdir()
        train(tiny_dataset(), recipe, base, tmp_path / dtype, TrainOptions(device=BF16))
        saved.append(AutoModelForCausalLM.from_pretrained(tmp_path / dtype, dtype="float32").state_dict())
    assert all(torch.equal(tensor, saved[1][name]) for name, tensor in saved[0].items())


@pytest.fixture(scope="module", params=ODD)
def odd(request, tmp_path_factory):
    """A random model of an odd architecture on disk, and what can be done with it."""
    kind, shape, traits = ODD[request.param]
    folder = tmp_path_factory.mktemp(kind)
    tokenizer = small_tokenizer()
    torch.manual_seed(0)
    config = AutoConfig.for_model(kind, vocab_size=len(tokenizer), initializer_range=0.3, **ENDS, **shape)
    AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder, traits


def test_posts_share_rows_and_our_attention_only_where_nothing_changes(odd):
    """One post must not leak into the next, and no soft cap or sink may be lost: it is tried out."""
    folder, traits = odd
    base = load_base(str(folder))
    own = base.model.config._attn_implementation
    context = TrainContext.prepare(base.model, base.tokenizer, TrainOptions(device=CPU))
    ours = base.model.config._attn_implementation == "short_rows" != own
    assert (context.packed, ours) == traits


@torch.no_grad()
def test_an_odd_model_predicts_each_post_as_if_it_were_alone(odd):
    """Each post's bits are those of the plain model, whatever the architecture does with packed rows."""
    folder, _ = odd
    base = load_base(str(folder))
    model, tokenizer = base.model.eval(), base.tokenizer
    expected = [by_hand(model, tokenizer, text, row_length(model)) for text in TEXTS]
    assert Predictor(model, tokenizer, CPU).bits(TEXTS) == pytest.approx(expected, rel=1e-4)


def test_the_loss_of_an_odd_model_is_that_of_its_posts(odd):
    """What training minimizes is what each post costs alone, with the model's own attention."""
    folder, _ = odd
    base = load_base(str(folder))
    context = TrainContext.prepare(base.model, base.tokenizer, TrainOptions(device=CPU))
    rows = encode(TEXTS, base.tokenizer, row_length(base.model))
    base.model.eval()  # no dropout
    losses = [context.loss(batch) for batch in batches(rows, 1024, 0, None, packed=context.packed)]
    plain = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    with torch.no_grad():
        bits = [by_hand(plain, base.tokenizer, text, row_length(plain)) for text in TEXTS]
    assert sum(losses).item() / math.log(2) == pytest.approx(sum(bits), rel=1e-4)
    sum(losses).backward()
    assert all(parameter.grad is not None for parameter in base.model.parameters())


@pytest.mark.parametrize(
    "odd",
    [pytest.param(name, marks=() if name in MOST_ODD else pytest.mark.slow) for name in ODD],
    indirect=True,
)
def test_an_odd_model_learns_and_writes(odd, tmp_path):
    """A whole training ends with a folder that transformers loads, and that posts are written with."""
    folder, _ = odd
    settings = ["learning_rate=1e-2", "batch_tokens=256", "epochs=1", "evaluations=1"]
    recipe = load_recipe("starter", [f"base={folder}", *settings])
    data = tiny_dataset(train=40, held_out=4)
    trained = train(data, recipe, load_base(str(folder)), tmp_path, TrainOptions(device=CPU))
    assert trained.curve[1].bits_per_byte < trained.curve[0].bits_per_byte
    samples = TransformersGenerator.load(tmp_path).generate("the lamp", count=3, seed=1).samples
    assert all(sample.text.startswith("the lamp") for sample in samples)


def test_a_model_that_looks_ahead_is_refused():
    """A model that sees the token it should predict is refused in one line before training."""
    torch.manual_seed(0)
    tokenizer = small_tokenizer()
    shape = {**SHAPE, "max_position_embeddings": 64, "vocab_size": len(tokenizer), "initializer_range": 0.3}
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model("bert", is_decoder=False, **shape))
    with pytest.raises(BaseError, match="BertLMHeadModel cannot be trained") as caught:
        TrainContext.prepare(model, tokenizer, TrainOptions(device=CPU))
    assert "\n" not in str(caught.value)
    assert model.training
