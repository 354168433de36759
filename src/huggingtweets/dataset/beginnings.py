"""How a person often begins a post: words to press instead of typing, and the prompts of samples."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from ..text import MARKS, UNSPACED
from ..types import PROMPT

SHOWN = 5
LEAST = 3  # posts that begin so; what only one post has is not the person's habit
MAX_LENGTH = 30  # characters
ENGLISH = "en"
ENGLISH_PROMPTS = (PROMPT, "I like", "Today", "Why")  # of the samples on every card
_LETTER = rf"(?:[^\W\d_]|[{MARKS}'\u2019])"
_WORDS = re.compile(rf"{_LETTER}+ {_LETTER}+(?= \S)")  # two words, and more behind them
_CLUSTER = rf"(?=\w)[{UNSPACED}](?:(?!\w)[{UNSPACED}])*"
_LETTERS = re.compile(rf"(?:{_CLUSTER}){{3}}(?=\w)")  # where words have no spaces


def beginnings(texts: Iterable[str]) -> list[str]:
    """The first words that posts share most often, the most frequent first, each first word once.

    In scripts without spaces they are the first three letters. Mentions, hashtags and numbers are no words.
    """
    counts = Counter(filter(None, map(_beginning, texts)))
    by_first_word: dict[str, str] = {}
    for beginning, count in counts.most_common():
        if count >= LEAST and len(beginning) <= MAX_LENGTH:
            by_first_word.setdefault(beginning.split()[0].casefold(), beginning)
    return list(by_first_word.values())[:SHOWN]


def prompts(texts: Sequence[str], languages: Collection[str]) -> tuple[str, ...]:
    """The prompts of a model's samples: those that every card has, or own beginnings in another language.

    Args:
        texts: of the posts that it learns from.
        languages: of most of each author's posts, ISO 639-1; "" where it is not known.

    Returns:
        At least one; an empty one, where no post of another language begins like others.
    """
    if not languages or not {*languages}.isdisjoint({ENGLISH, ""}):
        return ENGLISH_PROMPTS
    return tuple(beginnings(texts)[: len(ENGLISH_PROMPTS)]) or ("",)


def _beginning(text: str) -> str:
    match = _LETTERS.match(text) or _WORDS.match(text)
    return match[0] if match else ""
