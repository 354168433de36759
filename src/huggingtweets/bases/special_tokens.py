"""The tokens of a base that stand for no text: they are never sampled."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_TAG = re.compile(r"<.+>|\[[A-Z_]+\]", re.DOTALL)  # <|im_start|>, <tool_call>, <unused7>, [INST]


def suppressed_tokens(tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """The tokens that no post may contain, sorted: all special ones but the end.

    Among them are the tokens with which a chat names its turns, those that name a speaker, and padding.
    Tokens that a base added for text, as Gemma's for several line breaks, are not.
    """
    added = {
        token
        for token, content in tokenizer.added_tokens_decoder.items()
        if content.special or _TAG.fullmatch(content.content)
    }
    return sorted((added | set(tokenizer.all_special_ids)) - {tokenizer.eos_token_id})
