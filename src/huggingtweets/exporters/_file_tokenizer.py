"""How llama.cpp reads a text with the tokenizer of a GGUF file, by its own conventions (llama-vocab.cpp)."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

from gguf import GGUFReader, TokenType
from tokenizers import AddedToken, Regex, Tokenizer, models, pre_tokenizers

from ._tokenizer import SPACE

TextReader = Callable[[str], list[int]]

_WORDS = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)"
_LINES = r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_SHORT = r"'(?i:s|t|re|ve|m|ll|d)|[^\r\n\p{L}\p{N}]?\p{L}+"
_CUTS = {  # by `tokenizer.ggml.pre`: the patterns that cut a text, one after the other
    "gpt-2": (_WORDS,),
    "smollm": (r"\p{N}", _WORDS),
    "llama-bpe": (rf"{_SHORT}|\p{{N}}{{1,3}}|{_LINES}",),
    "qwen2": (rf"{_SHORT}|\p{{N}}|{_LINES}",),
}


def text_reader(file: GGUFReader) -> TextReader:
    """What gives the tokens of a text, without any that are put before it."""
    read = {key: field.contents() for key, field in file.fields.items() if key.startswith("tokenizer.ggml.")}
    tokens, types = read["tokenizer.ggml.tokens"], read["tokenizer.ggml.token_type"]
    defined = {t: n for n, t in enumerate(tokens) if types[n] == TokenType.USER_DEFINED}
    if read["tokenizer.ggml.model"] == "llama":
        numbers = {t: n for n, t in enumerate(tokens) if types[n] in {TokenType.NORMAL, TokenType.BYTE}}
        return _SentencePiece(numbers, read["tokenizer.ggml.scores"], defined)
    merges = [(a, b) for a, _, b in (merge.partition(" ") for merge in read["tokenizer.ggml.merges"])]
    return _byte_level(tokens, merges, read["tokenizer.ggml.pre"], list(defined))


def _byte_level(
    tokens: list[str], merges: list[tuple[str, str]], name: str, defined: list[str]
) -> TextReader:
    numbers = {token: number for number, token in enumerate(tokens)}
    tokenizer = Tokenizer(models.BPE(numbers, merges, ignore_merges=name == "llama-bpe"))
    cuts = [pre_tokenizers.Split(Regex(cut), "isolated") for cut in _CUTS[name]]
    as_bytes = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([*cuts, as_bytes])
    tokenizer.add_tokens([AddedToken(token, normalized=False) for token in defined])

    def read(text: str) -> list[int]:
        ids: list[int] = tokenizer.encode(text, add_special_tokens=False).ids
        return ids

    return read


class _SentencePiece:
    """Merges the neighbours whose token has the best score, the first of equals, until none make a token."""

    def __init__(self, numbers: dict[str, int], scores: list[float], defined: dict[str, int]) -> None:
        self._numbers, self._scores, self._defined = numbers, scores, defined
        longest_first = sorted(map(re.escape, defined), key=len, reverse=True)
        self._cut = re.compile(f"({'|'.join(longest_first) or '(?!)'})")

    def __call__(self, text: str) -> list[int]:
        ids: list[int] = []
        for part in filter(None, self._cut.split(text)):
            ids += [self._defined[part]] if part in self._defined else self._merged(part)
        return ids

    def _merged(self, text: str) -> list[int]:
        pieces = list(text.replace(" ", SPACE))
        while best := max(self._candidates(pieces), default=None):
            at = -best[1]
            pieces[at : at + 2] = [pieces[at] + pieces[at + 1]]
        return [number for piece in pieces for number in self._of(piece)]

    def _candidates(self, pieces: list[str]) -> list[tuple[float, int]]:
        """The score of each pair of neighbours that makes a token, and minus its place."""
        pairs = ((at, self._numbers.get(a + b)) for at, (a, b) in enumerate(pairwise(pieces)))
        return [(self._scores[number], -at) for at, number in pairs if number is not None]

    def _of(self, piece: str) -> list[int]:
        if piece in self._numbers:
            return [self._numbers[piece]]
        return [self._numbers[f"<0x{byte:02X}>"] for byte in piece.encode()]
