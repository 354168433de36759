"""What counts as a word, a mark and an emoji when posts are compared."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

SHINGLE = 5  # characters of the n-grams by which whole posts are compared
NEAR = 0.7  # their Jaccard similarity from which on a post nearly is another one

_UNSPACED = r"\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff"  # scripts without spaces: each letter is a word
_LETTERS = rf"[^\W{_UNSPACED}]+"
_PICTURE = r"[\u231a-\u23ff\u25aa-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]"
_APOSTROPHE = "\u2019"  # the curly one
WORD = re.compile(rf"[{_UNSPACED}]|{_LETTERS}(?:['{_APOSTROPHE}]{_LETTERS})*")
HASHTAG = re.compile(r"(?<!\w)#\w+")
MENTION = re.compile(r"(?<!\w)@\w+")
EMOJI = re.compile(
    rf"[\U0001f1e6-\U0001f1ff]{{2}}|{_PICTURE}(?:[\ufe0f\u20e3\U0001f3fb-\U0001f3ff]|\u200d{_PICTURE})*"
)
_SIGNED = re.compile(rf"(?<!\w)[@#]\w+|{WORD.pattern}|{EMOJI.pattern}")


class Word(NamedTuple):
    """A word as it is compared, and where it stands in the text."""

    text: str
    start: int
    end: int


def spans(text: str) -> Iterator[Word]:
    """Words in order: case, punctuation and the kind of apostrophe make no difference."""
    for found in WORD.finditer(text):
        yield Word(folded(found.group()), found.start(), found.end())


def words(text: str) -> list[str]:
    """The words of a text, as `spans` compares them."""
    return [folded(found) for found in WORD.findall(text)]


def signs(text: str) -> list[str]:
    """Words, hashtags and mentions with their sign, and emoji."""
    return [folded(found) for found in _SIGNED.findall(text)]


def folded(word: str) -> str:
    """A word without its case and its kind of apostrophe."""
    return word.casefold().replace(_APOSTROPHE, "'")


def normalized(text: str) -> str:
    """The text without what makes no post a new one: case, punctuation, white space."""
    return re.sub(r"[\s!-/:-@\[-`{-~]+", " ", text.casefold()).strip() or text
