"""Writing straight from a folder: the same posts without transformers, or transformers itself."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest
import torch
from msgspec.structs import replace
from safetensors.torch import load_file, save_file
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

from huggingtweets import models
from huggingtweets.bases.pretrained import load_tokenizer
from huggingtweets.errors import ModelError
from huggingtweets.generation.batch import SamplingRequest
from huggingtweets.generation.folder_generator import FolderGenerator
from huggingtweets.generation.folder_tokenizer import FolderTokenizer
from huggingtweets.generation.transformers_generator import TransformersGenerator
from huggingtweets.model_folder import CONFIG, GENERATION_CONFIG, TOKENIZER, TOKENIZER_CONFIG, WHOLE_WEIGHTS
from huggingtweets.training.saving import save_model
from huggingtweets.types import Sampling
from tests.helpers.tiny import small_tokenizer

GPT2 = {"n_positions": 64, "n_embd": 32, "n_layer": 2, "n_head": 2}
LLAMA = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 64,
}
SHAPES = {
    "gpt2": (GPT2LMHeadModel, GPT2Config, {**GPT2, "bos_token_id": 0, "eos_token_id": 0}),
    "llama": (LlamaForCausalLM, LlamaConfig, {**LLAMA, "tie_word_embeddings": True}),
    "llama with biases": (LlamaForCausalLM, LlamaConfig, {**LLAMA, "attention_bias": True, "mlp_bias": True}),
}
USUAL = [("gpt2", "float32"), ("llama", "bfloat16"), ("llama with biases", "float32")]
TEXTS = [
    "",
    " ",
    "My dream",
    "I\u2019m\n\nhere  now",
    "🤖👩‍👩‍👧 مرحبا 日本語 @ada #go",
    "<|endoftext|> x",
    "e\u0301\u200d\ufeff",
]


@pytest.fixture(
    scope="module",
    params=[
        pytest.param((shape, dtype), marks=() if (shape, dtype) in USUAL else pytest.mark.slow)
        for shape in SHAPES
        for dtype in ("float32", "bfloat16")
    ],
)
def folder(request, tmp_path_factory):
    """A random model as training saves it."""
    return saved(tmp_path_factory.mktemp("model"), *request.param)


def saved(folder, shape, dtype):
    torch.manual_seed(0)
    tokenizer = small_tokenizer()
    model, config, fields = SHAPES[shape]
    made = model(config(vocab_size=len(tokenizer), **fields))
    for parameter in made.parameters():  # biases and norms begin as 0 and 1, which hides mistakes
        torch.nn.init.normal_(parameter, mean=0.02, std=0.2)
    save_model(made, tokenizer, Sampling(max_new_tokens=12, repetition_penalty=1.3), folder, dtype=dtype)
    return folder


def opened(folder, dtype=torch.float32):
    return FolderGenerator.open(folder, dtype)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("prompt", ["", "My dream is 🤖"])
def test_the_posts_are_those_of_transformers_weights(folder, dtype, prompt):
    """The same seed gives the same posts, alone, in a group and one by one beside others."""
    ours, theirs = opened(folder, dtype), TransformersGenerator.load(folder)
    theirs = TransformersGenerator(theirs.model, theirs.tokenizer, dtype)
    assert ours.sampling == theirs.sampling
    sampling, stored = ours.sampling, json.loads((folder / CONFIG).read_text("utf-8"))["dtype"]
    if (stored, dtype) == ("bfloat16", torch.float32):  # ours are joined when converted: they round otherwise
        sampling = replace(sampling, temperature=1e-4)
    for count in (1, 6):
        one, other = (g.generate(prompt, count=count, sampling=sampling, seed=3) for g in (ours, theirs))
        assert one == other
    texts = []
    for generator in (ours, theirs):
        batch = generator.batch()
        batch.add(0, SamplingRequest(prompt, sampling, seed=5))
        while not (finished := batch.advance()):
            pass
        texts.append(finished)
    assert texts[0] == texts[1]


@pytest.mark.parametrize("prompt", ["", "My dream"])
def test_a_post_says_less_often_again_what_it_says(folder, prompt):
    """The likeliest words are repeated; the penalty leads on, in groups, one by one, and beside others."""
    generator = opened(folder)
    cold = Sampling(temperature=1e-4, max_new_tokens=40, repetition_penalty=1.0)
    penalized = replace(cold, repetition_penalty=2.0)
    plain, *others = (
        sample.text
        for count, how in ((1, cold), (1, penalized), (3, penalized))
        for sample in generator.generate(prompt, count=count, sampling=how).samples
    )
    batch, served = generator.batch(), {}
    for ticket, how in enumerate((cold, penalized)):
        batch.add(ticket, SamplingRequest(prompt, how))
    while len(batch):
        served.update(batch.advance())
    for text in (*others, served[1].text):
        assert repeated(generator, text) < repeated(generator, plain)
    assert repeated(generator, served[1].text) < repeated(generator, served[0].text)


def repeated(generator, text):
    """How many tokens of a text stand there before."""
    tokens = generator._tokens._tokenizer(text, add_special_tokens=False)["input_ids"]
    return len(tokens) - len(set(tokens))


def test_the_tokens_are_those_of_transformers(folder):
    """Texts of all kinds have the same tokens, and tokens the same texts; so have the special ones."""
    ours, theirs = FolderTokenizer(folder), load_tokenizer(folder)
    for text in TEXTS:
        ids = ours(text)["input_ids"]
        assert ids == theirs(text)["input_ids"]
        assert ours(text, add_special_tokens=False)["input_ids"] == theirs.encode(
            text, add_special_tokens=False
        )
        for skipped in (True, False):
            assert ours.batch_decode([ids, ids[:-1]], skip_special_tokens=skipped) == theirs.batch_decode(
                [ids, ids[:-1]], skip_special_tokens=skipped
            )
        assert [ours.decode([token]) for token in ids] == [theirs.decode([token]) for token in ids]
    assert ours.get_vocab() == theirs.get_vocab()
    assert ours.get_added_vocab() == theirs.get_added_vocab()
    assert set(ours.all_special_ids) == set(theirs.all_special_ids)
    assert ours.eos_token_id == theirs.eos_token_id


def fields(file, **changes):
    """What changes fields of a JSON file; None takes one out."""

    def change(folder):
        content = {**json.loads((folder / file).read_text("utf-8")), **changes}
        content = {key: value for key, value in content.items() if value is not None}
        (folder / file).write_text(json.dumps(content), "utf-8")

    return change


def tensors(change):
    """What changes the tensors of the weights."""

    def rewrite(folder):
        weights = load_file(folder / WHOLE_WEIGHTS)
        change(weights)
        save_file(weights, folder / WHOLE_WEIGHTS)

    return rewrite


def cut(file):
    """What halves a file."""

    def halve(folder):
        content = (folder / file).read_bytes()
        (folder / file).write_bytes(content[: len(content) // 2])

    return halve


NORM, UP = "transformer.h.0.ln_1.weight", "transformer.h.1.mlp.c_fc.weight"
DAMAGED = {
    "a tensor missing": tensors(lambda weights: weights.pop(UP)),
    "a tensor more": tensors(lambda weights: weights.update(more=torch.ones(2))),
    "no numbers": tensors(lambda weights: weights[NORM].fill_(torch.nan)),
    "a matrix of another shape": tensors(lambda weights: weights.update({UP: torch.ones(32, 64)})),
    "another vocabulary": fields(CONFIG, vocab_size=40),
    "a million layers": fields(CONFIG, n_layer=1_000_000),
    "code": fields(CONFIG, model_type="mine", auto_map={"AutoModelForCausalLM": "mine.Mine"}),
    "half a config": cut(CONFIG),
    "half the weights": cut(WHOLE_WEIGHTS),
    "half a tokenizer": cut(TOKENIZER),
}
UNUSUAL = {
    "a field that is not known": fields(CONFIG, of_tomorrow=1),
    "attention scaled by layer": fields(CONFIG, scale_attn_by_inverse_layer_idx=True),
    "unscaled attention": fields(CONFIG, scale_attn_weights=False),
    "a rare activation": fields(CONFIG, activation_function="quick_gelu"),
    "texts cleaned up": fields(TOKENIZER_CONFIG, clean_up_tokenization_spaces=True),
    "a tokenizer of another class": fields(TOKENIZER_CONFIG, tokenizer_class="GPT2TokenizerFast"),
    "several ends": fields(GENERATION_CONFIG, eos_token_id=[0, 5]),
    "more tokens in a file beside": lambda folder: (folder / "added_tokens.json").write_text("{}", "utf-8"),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return saved(tmp_path_factory.mktemp("whole"), "gpt2", "float32")


@pytest.mark.parametrize("damage", DAMAGED.values(), ids=DAMAGED)
def test_what_is_damaged_is_refused_as_by_transformers(whole, tmp_path, damage):
    """It is not written with; the error is the one line that tells which file it is."""
    folder = shutil.copytree(whole, tmp_path / "model")
    damage(folder)
    assert opened(folder) is None
    with pytest.raises(ModelError, match=r"json|safetensors"):
        models.load_generator(folder)


@pytest.mark.parametrize("change", UNUSUAL.values(), ids=UNUSUAL)
def test_what_is_not_known_is_left_to_transformers(whole, tmp_path, change):
    """A model that may compute something else is written with by transformers."""
    folder = shutil.copytree(whole, tmp_path / "model")
    change(folder)
    assert opened(folder) is None
    assert isinstance(models.load_generator(folder), TransformersGenerator)


def test_writing_needs_no_transformers(whole):
    """A model as this program saves it is loaded and written with, and transformers is not imported."""
    code = (
        "import sys; from pathlib import Path; from huggingtweets import models; "
        f"generator = models.load_generator(Path({str(whole)!r})); "
        "assert generator.generate('My dream', count=3).samples; "
        "assert 'transformers' not in sys.modules"
    )
    subprocess.run(
        [sys.executable, "-c", code], check=True, env={**os.environ, "HUGGINGTWEETS_DEVICE": "cpu"}
    )
