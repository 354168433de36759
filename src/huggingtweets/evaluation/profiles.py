"""What is counted in a post besides its words: length, marks and capitals, each in a few classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..text import EMOJI, HASHTAG, MENTION

MARKS = (".", ",", "!", "?", "…", ":", ";", "-", "–", "—", '"', "'", "(", "/", "&", "*")  # noqa: RUF001 -- dashes
SAME_MARK = str.maketrans(  # of other scripts and widths
    "“”„«»「」『』‘’`)（）。｡．।、，،；؛！？؟：",  # noqa: RUF001
    '"""""""""\'\'\'(((....,,,;;!??:',
)
CAPITALS = (0.0, 0.05, 0.1, 0.2, 0.5, 1.0)  # upper limits of the share of capital letters
LENGTHS = tuple(range(20, 281, 20))  # upper limits of the length in characters
MANY = 3  # from here on counts are one class


class Profile(NamedTuple):
    """Something that is counted in posts."""

    name: str
    title: str
    labels: tuple[str, ...]  # of the classes
    counts: Callable[[str], Sequence[int]]  # how often each class is in a post

    def table(self, texts: Sequence[str]) -> NDArray[np.int64]:
        """(texts, labels) counts; every text has at least one."""
        return np.array([self.counts(text) for text in texts], np.int64).reshape(-1, len(self.labels))


def _length(text: str) -> list[int]:
    return _one_of(sum(len(text) > limit for limit in LENGTHS), len(LENGTHS) + 1)


def _occurrences(count: int) -> list[int]:
    return _one_of(min(count, MANY), MANY + 1)


def _punctuation(text: str) -> list[int]:
    characters = Counter(text.translate(SAME_MARK).replace("...", "…"))
    marks = [characters[mark] for mark in MARKS]
    return [*marks, int(not any(marks))]


def _capitals(text: str) -> list[int]:
    cased = [letter for letter in text if letter.isupper() or letter.islower()]
    if not cased:
        return _one_of(len(CAPITALS), len(CAPITALS) + 1)
    share = sum(letter.isupper() for letter in cased) / len(cased)
    return _one_of(sum(share > limit for limit in CAPITALS), len(CAPITALS) + 1)


def _one_of(place: int, size: int) -> list[int]:
    return [int(i == place) for i in range(size)]


_TIMES = (*map(str, range(MANY)), f"{MANY} or more")

PROFILES = (
    Profile("length", "Length in characters", (*(f"up to {limit}" for limit in LENGTHS), "longer"), _length),
    Profile("emoji", "Emoji in a post", _TIMES, lambda text: _occurrences(len(EMOJI.findall(text)))),
    Profile("hashtags", "Hashtags in a post", _TIMES, lambda text: _occurrences(len(HASHTAG.findall(text)))),
    Profile("mentions", "Mentions in a post", _TIMES, lambda text: _occurrences(len(MENTION.findall(text)))),
    Profile("punctuation", "Punctuation", (*MARKS, "none"), _punctuation),
    Profile(
        "capitals",
        "Capital letters among all letters",
        (*(f"up to {limit:.0%}" for limit in CAPITALS), "no letter that has capitals"),
        _capitals,
    ),
)
