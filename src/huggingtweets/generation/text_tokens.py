"""From prompts to the tokens that texts begin with, and from tokens back to texts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import torch

from ..errors import UserError
from ..tokenization.opening import opening
from ..tokenization.speakers import speaker_token, speakers
from ..tokenization.special_tokens import AddedTokens, suppressed_tokens
from .sampler import suppress, suppress_rare

_NO_CHARACTER = "\N{REPLACEMENT CHARACTER}"  # what bytes are decoded to that make no character
_BEFORE = 8  # tokens before one, that are more than what the first bytes of a character take
_SPACES = ("\u0120", "\u2581")  # what stands for a space in tokens: of byte-level BPE, of SentencePiece
_WHITE = (*_SPACES, "\u0109", "\u010a", "\u010d")  # and for a tab and ends of lines, of byte-level BPE


class TextTokenizer(AddedTokens, Protocol):
    """What is used of a tokenizer of transformers."""

    def __call__(self, text: str, *, add_special_tokens: bool = True) -> Mapping[str, list[int]]:
        """The tokens of a text, as "input_ids"."""

    def decode(self, token_ids: Sequence[int], /) -> str:
        """The text of tokens, special ones included."""

    def batch_decode(self, rows: Sequence[Sequence[int]], /, *, skip_special_tokens: bool) -> list[str]:
        """The text of each row of tokens."""

    def get_vocab(self) -> dict[str, int]:
        """The number of each token."""


class TextTokens:
    """The tokens of one model's texts."""

    def __init__(self, tokenizer: TextTokenizer, rows: int, context: int, ends: Sequence[int]) -> None:
        """Use a tokenizer.

        Args:
            tokenizer: one that puts the BOS token of a post before every prompt.
            rows: of the model's table of embeddings; some tokenizers have more special tokens.
            context: how many tokens the model sees.
            ends: the tokens that end a text.
        """
        self._tokenizer = tokenizer
        self._speakers = speakers(tokenizer)
        self.opening = opening(tokenizer)  # tokens between the BOS token and every text
        self._rows, self._context, self.ends = rows, context, ends
        self.suppressed = suppressed_tokens(tokenizer, rows)  # never sampled
        vocabulary = {token: number for token, number in tokenizer.get_vocab().items() if number < rows}
        self._word_ends = word_ends(vocabulary)
        self._spaces = spaces(vocabulary, tokenizer("a", add_special_tokens=False)["input_ids"])

    def begin(self, prompt: str, count: int, speaker: str | None, random: torch.Generator) -> torch.Tensor:
        """The tokens that texts begin with, (count, tokens).

        In a model of several authors each text begins with the token of one: of the speaker who is named, or
        of a random one.

        Raises:
            UserError: the prompt fills the model's context or holds a token that is not the model's, or the
                model does not know the speaker.
        """
        known = self._speakers
        speaker_tokens = [speaker_token(known, speaker)] if speaker else list(known.values())
        ids = self._tokenizer(prompt)["input_ids"]
        if len(ids) + bool(speaker_tokens) >= self._context:
            raise UserError(
                f"the prompt has {len(ids)} tokens; this model sees {self._context}: give a shorter one"
            )
        if unknown := [token for token in ids if token >= self._rows]:
            raise UserError(f"the prompt holds {self.piece(unknown[0])!r}, which this model has no token for")
        if not speaker_tokens:
            return torch.tensor([ids]).repeat(count, 1)
        choices = torch.randint(len(speaker_tokens), (count,), generator=random).tolist()
        return torch.tensor([[speaker_tokens[choice], *ids] for choice in choices])

    def first_logits(self, prompt: str, logits: torch.Tensor) -> torch.Tensor:
        """The logits of the first token after a prompt, (rows, vocabulary), some of them suppressed.

        A text without a prompt begins with no white space, as no post does, and hardly ever within a word.
        What a base gives to either at the very beginning, it unlearns in thousands of posts only.
        """
        if prompt:
            return logits
        return suppress(suppress_rare(logits, self._word_ends), self._spaces)

    def remaining(self, length: int) -> int:
        """How many tokens the model sees after so many."""
        return self._context - length

    def texts(self, prompt: str, ids: Iterable[Sequence[int]]) -> list[str]:
        """The text of each row of new tokens, without bytes that make no character, as of half an emoji.

        Each is decoded with the prompt before it, which is then cut off: some decoders, such as that of Llama
        2, drop the space of the first word.
        """
        begin = self._tokenizer(prompt)["input_ids"]
        rows = [begin, *([*begin, *row] for row in ids)]
        head, *texts = self._tokenizer.batch_decode(rows, skip_special_tokens=True)
        return [prompt + text[len(head) :].replace(_NO_CHARACTER, "") for text in texts]

    def piece(self, token: int) -> str:
        """A single token as text; the bytes of half a character are U+FFFD."""
        return "".join(self._tokenizer.decode([token]))

    def pieces(self, prompt: str, ids: Sequence[int]) -> list[str]:
        """What each new token adds to the text: that of half a character adds nothing, its last one all."""
        tokens = [*self._tokenizer(prompt)["input_ids"], *ids]
        ends = range(len(tokens) - len(ids), len(tokens))
        rows = [tokens[max(0, end - _BEFORE) : end + more] for end in ends for more in (0, 1)]
        texts = self._tokenizer.batch_decode(rows, skip_special_tokens=True)
        plain = [text.replace(_NO_CHARACTER, "") for text in texts]
        return [after[len(before) :] for before, after in zip(plain[::2], plain[1::2], strict=True)]

    def count(self, text: str) -> int:
        """How many tokens a text has, without any that are put before it."""
        return len(self._tokenizer(text, add_special_tokens=False)["input_ids"])


def spaces(vocabulary: Mapping[str, int], first_word: Iterable[int]) -> list[int]:
    """The tokens that begin with white space, sorted; none where the first word of a text has it, too."""
    white = {number for token, number in vocabulary.items() if token[:1].isspace() or token[:1] in _WHITE}
    return [] if white.intersection(first_word) else sorted(white)


def word_ends(vocabulary: Mapping[str, int]) -> list[int]:
    """The tokens that only stand inside words or at their end, as "umber" of "N-umber", sorted.

    A small model gives each of thousands of them a little probability at the beginning of a post. They are
    known by their spelling: small letters of which the vocabulary has no copy with a space in front, as it
    has of words and of what words begin with. Of 100,000 posts of the starter's corpus 172 begin with one.
    """
    return sorted(
        number
        for token, number in vocabulary.items()
        if len(token) > 1
        and token[0].isascii()
        and token[0].islower()
        and not any(space + token in vocabulary for space in _SPACES)
    )
