"""What a tokenizer puts before every prompt: the BOS token of a post, and what a recipe adds to it.

At the first position a model such as SmolLM2 has a hidden state ten times as long as elsewhere (an attention
sink: Xiao et al. 2024, "Efficient streaming language models with attention sinks"), by which it hardly learns
how posts begin. With a text between the BOS token and the post it learns that from the end of this text.
"""

from __future__ import annotations

import json
from typing import Any

from tokenizers.processors import TemplateProcessing
from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast

from ..errors import BaseError, RecipeError
from .opening import no_text, opening
from .speakers import speakers

MOST = 32  # tokens of an opening
STARTS = ("a", "The", "1", "#a", "@a", '"', "(", ":", "é", "\U0001f426")  # of posts, one of each kind


def set_opening(tokenizer: PreTrainedTokenizerBase, text: str) -> None:
    """Make a text stand between the BOS token and each post, in place.

    Raises:
        BaseError: the tokenizer has no fast form.
        RecipeError: the text is too long, or no plain text for the tokenizer, or runs together with the post
            behind it: llama.cpp, which reads both as one, would then read other tokens than training did.
    """
    fast = _fast(tokenizer)
    tokens = _tokens(tokenizer, text)
    if len(tokens) > MOST:
        raise RecipeError(
            f"opening={json.dumps(text)}: {len(tokens)} tokens of this base; expected at most {MOST}, since "
            "each post has them in front of it"
        )
    if no_text(tokenizer).intersection(tokens):
        raise RecipeError(
            f"opening={json.dumps(text)}: it contains a special token of this base; expected plain text"
        )
    if any(tokens + _tokens(tokenizer, post) != _tokens(tokenizer, text + post) for post in STARTS):
        remedy = "leave it out: --set opening=" if text.endswith("\n") else "end it with one line break"
        raise RecipeError(
            f"opening={json.dumps(text)}: its end and the beginning of a post are one word for this base; "
            f"{remedy}"
        )
    fast.post_processor = _template(tokenizer, tokens)


def with_bos_token(tokenizer: PreTrainedTokenizerBase) -> PreTrainedTokenizerFast:
    """A copy of the tokenizer that puts the BOS token of a post before every prompt.

    It puts none where each author has a BOS token of their own: the prompt then says who speaks. What
    stands between the BOS token and a text stays there.

    Raises:
        BaseError: the tokenizer has no fast form.
    """
    backend = _fast(tokenizer)
    begin = tokenizer.bos_token or tokenizer.eos_token
    begin_id: Any = tokenizer.convert_tokens_to_ids(begin)
    fast = type(backend).from_str(backend.to_str())
    first: list[int] = [] if speakers(tokenizer) else [begin_id]
    fast.post_processor = _template(tokenizer, [*first, *opening(tokenizer)])
    return PreTrainedTokenizerFast(
        tokenizer_object=fast,
        bos_token=begin,
        eos_token=tokenizer.eos_token,
        pad_token=tokenizer.pad_token or tokenizer.eos_token,
        model_max_length=tokenizer.model_max_length,
        clean_up_tokenization_spaces=False,
        padding_side="left",
    )


def _template(tokenizer: PreTrainedTokenizerBase, before: list[int]) -> TemplateProcessing:
    """Puts tokens before every text, under one name: their own may have a meaning in templates."""
    if not before:
        return TemplateProcessing(single="$A", pair="$A $B", special_tokens=[])
    tokens = {"id": "begin", "ids": before, "tokens": tokenizer.convert_ids_to_tokens(before)}
    return TemplateProcessing(single="begin $A", pair="begin $A $B", special_tokens=[tokens])


def _tokens(tokenizer: PreTrainedTokenizerBase, text: str) -> list[int]:
    tokens: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
    return tokens


def _fast(tokenizer: PreTrainedTokenizerBase) -> Any:
    """The tokenizer of the library tokenizers."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise BaseError(f"{type(tokenizer).__name__} has no fast form; choose a base with a tokenizer.json")
    return backend
