"""Tiny models with a real tokenizer, so that training and writing take a moment."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import AutoTokenizer, GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

import huggingtweets
from huggingtweets.dataset import AuthorData, build
from huggingtweets.types import Account, Dataset, Funnel
from tests.conftest import post

STARTER = Path(huggingtweets.__file__).parent / "data" / "bases" / "starter"
SENTENCE = "the lamp was lit at seven and the gull sat on the rail with a letter for you"
WORDS = SENTENCE.split()


def tiny_tokenizer(texts: Iterable[str]) -> Any:
    """The starter's tokenizer learnt anew with 500 tokens, for tests that go through every token."""
    return AutoTokenizer.from_pretrained(STARTER).train_new_from_iterator(texts, vocab_size=500)


def tiny_base(folder: Path, seed: int = 0, tokenizer: Any = None) -> Path:
    """A GPT-2 of 64 positions with the starter's tokenizer or another, random, on disk."""
    torch.manual_seed(seed)
    tokenizer = tokenizer or AutoTokenizer.from_pretrained(STARTER)
    shape = {"n_positions": 64, "n_embd": 32, "n_layer": 2, "n_head": 2}
    config = GPT2Config(vocab_size=len(tokenizer), bos_token_id=0, eos_token_id=0, **shape)
    GPT2LMHeadModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def small_base(folder: Path, seed: int = 0) -> Path:
    """A `tiny_base` with 500 tokens in place of 9,216, which take most of its time."""
    return tiny_base(folder, seed, small_tokenizer())


@cache
def small_tokenizer() -> Any:
    """The tokenizer of a `small_base`."""
    return tiny_tokenizer([*varied_texts(200, seed=0), *tiny_texts(60)])


def tiny_texts(count: int) -> list[str]:
    """One sentence shifted and cut: easy to learn, no two alike next to each other."""
    return [" ".join(WORDS[(i * 7 + k) % len(WORDS)] for k in range(4 + i % 9)) for i in range(count)]


def varied_texts(count: int, seed: int) -> list[str]:
    """Sentences of words drawn at random: no two are alike, and each seed has favourites of its own."""
    rng = random.Random(seed)
    words = [f"{first}{second}" for first in ("ba", "do", "ke", "lu", "mi", "so") for second in WORDS[:12]]
    weights = [rng.random() ** 3 for _ in words]
    return [" ".join(rng.choices(words, weights, k=rng.randint(6, 14))) for _ in range(count)]


def tiny_dataset(train: int = 60, held_out: int = 8) -> Dataset:
    """A dataset of one author."""
    posts = tuple(post(text, i) for i, text in enumerate(tiny_texts(train + held_out)))
    funnel = Funnel(read=len(posts), dropped={}, kept=len(posts))
    account = Account(handle="me", name="Me", source="table")
    return build([AuthorData(account, funnel, posts)], held_out=held_out / len(posts))


def sentencepiece_tokenizer(texts: Iterable[str], size: int = 600) -> PreTrainedTokenizerFast:
    """A tokenizer of Gemma's kind: of characters, spaces among them, and bytes for those it has not learnt.

    Every pair of tokens that makes a token is merged, the likeliest token first, as SentencePiece does.
    """
    special = ["<pad>", "<eos>", "<bos>", "<unk>"]
    space = normalizers.Replace(" ", "\u2581")
    learnt = Tokenizer(models.BPE())
    learnt.normalizer = space
    learnt.pre_tokenizer = pre_tokenizers.Split("\u2581", "merged_with_next")
    learnt.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=size, limit_alphabet=80))
    learnt_merges = json.loads(learnt.to_str())["model"]["merges"]
    characters = sorted(token for token in learnt.get_vocab() if len(token) == 1)
    longer = list(dict.fromkeys("".join(merge) for merge in learnt_merges))
    lines = ["\n", "\n\n"]
    tokens = [*special, *(f"<0x{byte:02X}>" for byte in range(256)), *lines, *longer, *characters]
    vocabulary = {token: number for number, token in enumerate(dict.fromkeys(tokens))}
    merges = [
        (token[:cut], token[cut:])
        for token in longer
        for cut in range(1, len(token))
        if token[:cut] in vocabulary and token[cut:] in vocabulary
    ]
    backend = Tokenizer(
        models.BPE(vocabulary, merges, unk_token=special[3], byte_fallback=True, fuse_unk=True)
    )
    backend.normalizer = space
    backend.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    backend.decoder = decoders.Sequence(
        [decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse()]
    )
    backend.add_special_tokens(special)
    backend.add_tokens([AddedToken("\n\n", normalized=False)])
    names = dict(zip(("pad_token", "eos_token", "bos_token", "unk_token"), special, strict=True))
    return PreTrainedTokenizerFast(tokenizer_object=backend, **names)
