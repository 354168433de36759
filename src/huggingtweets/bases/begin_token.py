"""The begin token of a post, which a tokenizer puts before every prompt."""

from __future__ import annotations

from tokenizers.processors import TemplateProcessing
from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast

from ..errors import BaseError
from .speakers import speakers


def with_begin_token(tokenizer: PreTrainedTokenizerBase) -> PreTrainedTokenizerFast:
    """A copy of the tokenizer that puts the begin token of a post before every prompt.

    It puts none where each author has a begin token of their own: the prompt then says who speaks.

    Raises:
        BaseError: the tokenizer has no fast form.
    """
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise BaseError(f"{type(tokenizer).__name__} has no fast form; choose a base with a tokenizer.json")
    begin = tokenizer.bos_token or tokenizer.eos_token
    begin_id = tokenizer.convert_tokens_to_ids(begin)
    fast = type(backend).from_str(backend.to_str())
    prefix = "" if speakers(tokenizer) else f"{begin} "
    fast.post_processor = TemplateProcessing(
        single=f"{prefix}$A", pair=f"{prefix}$A $B", special_tokens=[(begin, begin_id)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=fast,
        bos_token=begin,
        eos_token=tokenizer.eos_token,
        pad_token=tokenizer.pad_token or tokenizer.eos_token,
        model_max_length=tokenizer.model_max_length,
        clean_up_tokenization_spaces=False,
        padding_side="left",
    )
