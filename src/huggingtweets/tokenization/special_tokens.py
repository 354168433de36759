"""The tokens of a base that stand for no text: they are never sampled."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from tokenizers import AddedToken

_TAG = re.compile(r"<.+>|\[[A-Z_]+\]", re.DOTALL)  # <|im_start|>, <tool_call>, <unused7>, [INST]


class AddedTokens(Protocol):
    """The tokens of a tokenizer that were added to those that were learnt."""

    @property
    def added_tokens_decoder(self) -> dict[int, AddedToken]:
        """Each, by its number."""

    @property
    def all_special_ids(self) -> list[int]:
        """Those that the tokenizer has names for: begin, end, padding."""

    @property
    def eos_token_id(self) -> int | None:
        """The end of a text."""

    def get_added_vocab(self) -> dict[str, int]:
        """The number of each."""


def suppressed_tokens(tokenizer: AddedTokens, rows: float = math.inf) -> list[int]:
    """The tokens that no post may contain, sorted: all special ones but the end.

    Among them are the tokens with which a chat names its turns, those that name a speaker, and padding.
    Tokens that a base added for text, as Gemma's for several line breaks, are not.

    Args:
        tokenizer: of the base.
        rows: of its table of embeddings. Some tokenizers have special tokens beyond it, as for pictures that
            only larger models of the family see: nothing can sample them.
    """
    added = {
        token
        for token, content in tokenizer.added_tokens_decoder.items()
        if content.special or _TAG.fullmatch(content.content)
    }
    special = (added | set(tokenizer.all_special_ids)) - {tokenizer.eos_token_id}
    return sorted(token for token in special if token < rows)
