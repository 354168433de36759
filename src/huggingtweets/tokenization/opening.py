"""What stands between the BOS token of a post and the post itself: nothing, or the opening of a recipe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from .special_tokens import AddedTokens, suppressed_tokens


class PromptTokenizer(AddedTokens, Protocol):
    """A tokenizer that may put tokens before a text."""

    def __call__(self, text: str) -> Mapping[str, list[int]]:
        """The tokens of a text and those that are put before it, as "input_ids"."""


def opening(tokenizer: PromptTokenizer) -> list[int]:
    """The tokens that a tokenizer puts before every text, without those that stand for no text."""
    special = no_text(tokenizer)
    return [token for token in tokenizer("")["input_ids"] if token not in special]


def no_text(tokenizer: AddedTokens) -> set[int]:
    """The tokens that neither an opening nor a post may contain."""
    return {*suppressed_tokens(tokenizer), *tokenizer.all_special_ids}
