"""Takes away tokens that were added to a tokenizer; what it learnt stays as it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast

AddedToken = dict[str, Any]  # as tokenizer.json has it


def drop_tokens_beyond(tokenizer: PreTrainedTokenizerBase, rows: int) -> PreTrainedTokenizerBase:
    """A tokenizer without added tokens for which a model has no row: text that looks like one is plain text.

    Some have such tokens, as for pictures that only larger models of the family see.

    Args:
        tokenizer: of a model.
        rows: of the model's table of embeddings.
    """
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None or max(tokenizer.added_tokens_decoder, default=0) < rows:
        return tokenizer
    return with_added_tokens(tokenizer, lambda tokens: [token for token in tokens if token["id"] < rows])


def with_added_tokens(
    tokenizer: Any, change: Callable[[list[AddedToken]], list[AddedToken]]
) -> PreTrainedTokenizerFast:
    """A copy of a tokenizer with other added tokens.

    Args:
        tokenizer: of the library tokenizers.
        change: makes the new tokens of those it has.
    """
    from tokenizers import Tokenizer  # noqa: PLC0415 -- the command line's --help needs none
    from transformers import PreTrainedTokenizerFast  # noqa: PLC0415 -- the same

    state = json.loads(tokenizer.backend_tokenizer.to_str())
    state["added_tokens"] = change(state["added_tokens"])
    changed = Tokenizer.from_str(json.dumps(state))
    names = (tokenizer.bos_token, tokenizer.eos_token, tokenizer.pad_token)
    begin, end, padding = (name if changed.token_to_id(name or "") is not None else None for name in names)
    return PreTrainedTokenizerFast(
        tokenizer_object=changed,
        bos_token=begin,
        eos_token=end,
        pad_token=padding,
        model_max_length=tokenizer.model_max_length,
        clean_up_tokenization_spaces=False,
    )
