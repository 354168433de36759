"""Splits posts into words, hashtags, mentions and emoji, to compare them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

SHINGLE = 5  # characters of the n-grams that are compared between posts
NEAR = 0.7  # the least Jaccard similarity of the n-grams of two near-identical posts

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
_SIGN = re.compile(rf"(?<!\w)[@#]\w+|{WORD.pattern}|{EMOJI.pattern}")

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # but for tabs and line breaks


class Word(NamedTuple):
    """A word in its normal form, and its begin and end in the text."""

    text: str
    start: int
    end: int


def spans(text: str) -> Iterator[Word]:
    """Yield the words of a text in order, without case, punctuation and kinds of apostrophe."""
    for match in WORD.finditer(text):
        yield Word(folded(match.group()), match.start(), match.end())


def words(text: str) -> list[str]:
    """Return the words of a text in their normal form."""
    return [folded(word) for word in WORD.findall(text)]


def signs(text: str) -> list[str]:
    """Return the words, hashtags (`#...`), mentions (`@...`) and emoji of a text, in order."""
    return [folded(sign) for sign in _SIGN.findall(text)]


def folded(word: str) -> str:
    """Return a word in its normal form: in lower case, with the straight apostrophe."""
    return word.casefold().replace(_APOSTROPHE, "'")


def normalized(text: str) -> str:
    """Return a text without what makes no difference: case, punctuation and white space."""
    return re.sub(r"[\s!-/:-@\[-`{-~]+", " ", text.casefold()).strip() or text


def printable(text: str) -> str:
    """Return a text without control codes, which could change the terminal that shows it."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)
