"""Hides the topic of posts: masks all words but the most frequent ones (text distortion, Stamatatos 2017)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache

from ..text import WORD, folded, words


def masker(visible: set[str]) -> Callable[[str], str]:
    """Make a function that masks all words but `visible`: capitals as X, other letters as x, digits as 0."""

    @cache  # a few thousand words make up most of what people write
    def masked(word: str) -> str:
        return word if folded(word) in visible else re.sub(r"\w", _shape, word)

    return lambda text: WORD.sub(lambda match: masked(match.group()), text)


def shared_words(mine: Sequence[str], theirs: Sequence[str], count: int) -> set[str]:
    """The `count` words that both sides use in most of their posts: these depend little on the topic."""
    here, there = _document_frequency(mine), _document_frequency(theirs)
    both = {word: min(share, there.get(word, 0.0)) for word, share in here.items()}
    return set(sorted(both, key=lambda word: (-both[word], word))[:count])


def _document_frequency(texts: Sequence[str]) -> dict[str, float]:
    """The share of texts that hold each word."""
    counts = Counter(word for text in texts for word in set(words(text)))
    return {word: count / len(texts) for word, count in counts.items()}


def _shape(letter: re.Match[str]) -> str:
    if letter.group().isdigit():
        return "0"
    return "X" if letter.group().isupper() else "x"
