"""Splits posts into words, hashtags, mentions and emoji, to compare them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from string import punctuation
from typing import NamedTuple

SHINGLE = 5  # characters of the n-grams that are compared between posts
NEAR = 0.7  # the least Jaccard similarity of the n-grams of two near-identical posts
REPEATED = 0.8  # that of two posts of which cleaning keeps one

# Scripts without spaces (Thai to Javanese; Chinese, Japanese), as ranges of a set of characters: each letter
# is a word, with its marks.
UNSPACED = (
    r"\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u1950-\u19df\u1a20-\u1aaf\ua980-\ua9ff\uaa60-\uaadf"
    r"\u3005-\u3007\u3040-\u312f\u3400-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U000323af"
)
# letters that stand right beside a number or an address that is no part of their word: those, and Hangul
GLUED = rf"{UNSPACED}\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3"
VOWEL_SIGNS = (  # and the like, which are no letters to `\w`
    r"\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u0711-\u074a"
    r"\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963\u0981-\u0983\u09bc-\u09d7\u0a01-\u0a03\u0a3c-\u0a51"
    r"\u0a81-\u0a83\u0abc-\u0acd\u0b01-\u0b03\u0b3c-\u0b57\u0b82\u0bbe-\u0bd7\u0c00-\u0c04\u0c3c-\u0c56"
    r"\u0c81-\u0c83\u0cbc-\u0cd6\u0d00-\u0d03\u0d3b-\u0d57\u0d81-\u0d83\u0dca-\u0ddf"
)
MARKS = rf"{VOWEL_SIGNS}\u200c\u200d"  # and joiners
NAME = rf"\w{VOWEL_SIGNS}{UNSPACED}"  # what names of people and folders are made of, as ranges of a set
_LETTERS = rf"[^\W{UNSPACED}]+(?:[{MARKS}]+[^\W{UNSPACED}]*)*"
_CLUSTER = rf"(?=\w)[{UNSPACED}](?:(?!\w)[{UNSPACED}])*"
_PICTURE = r"[\u231a-\u23ff\u25aa-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]"
_APOSTROPHE = "\u2019"  # the curly one
WORD = re.compile(rf"{_CLUSTER}|{_LETTERS}(?:['{_APOSTROPHE}]{_LETTERS})*")
_ASCII_WORD = re.compile(r"\w+(?:'\w+)*", re.ASCII)
HASHTAG = re.compile(r"(?<!\w)[#\uff03]\w+")
MENTION = re.compile(
    r"(?<![A-Za-z0-9_])@[A-Za-z0-9_]+"
)  # handles are ASCII; the text behind may be glued to them
EMOJI = re.compile(
    rf"[\U0001f1e6-\U0001f1ff]{{2}}|{_PICTURE}(?:[\ufe0f\u20e3\U0001f3fb-\U0001f3ff]|\u200d{_PICTURE})*"
)
_ASCII_SIGN = re.compile(rf"(?<!\w)#\w+|(?<!\w)@\w+|{_ASCII_WORD.pattern}", re.ASCII)
_SIGN = re.compile(rf"{HASHTAG.pattern}|{MENTION.pattern}|{WORD.pattern}|{EMOJI.pattern}")

_SPACED = bytes(ord(" ") if chr(code) in punctuation else code for code in range(256))
_SPACED_ASCII = re.sub(rb"[\s\x1c-\x1f]", b" ", _SPACED.lower())
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
    if text.isascii():  # as most English posts are: the same, in two thirds of the time
        return _ASCII_WORD.findall(text.lower())
    return [folded(word) for word in WORD.findall(text)]


def signs(text: str) -> list[str]:
    """Return the words, hashtags (`#...`), mentions (`@...`) and emoji of a text, in order."""
    if text.isascii():
        return _ASCII_SIGN.findall(text.lower())
    return [folded(sign) for sign in _SIGN.findall(text)]


def folded(word: str) -> str:
    """Return a word in its normal form: in lower case, with the straight apostrophe."""
    return word.casefold().replace(_APOSTROPHE, "'")


def normalized(text: str) -> str:
    """Return a text without what makes no difference: case, punctuation and white space."""
    if text.isascii():  # the same, in half of the time
        letters = text.encode().translate(_SPACED_ASCII).strip(b" ")
        while b"  " in letters:
            letters = letters.replace(b"  ", b" ")
        return letters.decode() or text
    spaced = text.casefold().encode("utf-8", "surrogatepass").translate(_SPACED)  # faster on bytes
    return " ".join(spaced.decode("utf-8", "surrogatepass").split()) or text


def printable(text: str) -> str:
    """Return a text without control codes, which could change the terminal that shows it."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)
