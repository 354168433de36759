"""Python's regular expressions and case folding for JavaScript, whose own know other characters.

Its classes become ranges of code points, so that both languages find the same in every text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from itertools import groupby

from ..text.words import MARKS, UNSPACED

_CLASSES = "wds"  # \w, \d, \s
_SURROGATES = range(0xD800, 0xE000)


def case_folds() -> dict[str, str]:
    """Every character that `str.casefold` changes, and what becomes of it."""
    return {c: c.casefold() for c in map(chr, _code_points()) if c.casefold() != c}


def decimals() -> dict[str, str]:
    """The digits of every script but those of ASCII, and 0 to 9 for them."""
    digits = ((c, unicodedata.decimal(c, None)) for c in map(chr, _code_points()) if not c.isascii())
    return {c: str(digit) for c, digit in digits if digit is not None}


def word_pattern() -> str:
    """What `text.WORD` matches, for JavaScript with the flag u."""
    letter, mark = _ranges(rf"[^\W{UNSPACED}]"), _ranges(f"[{MARKS}]")
    letters = f"[{letter}]+(?:[{mark}]+[{letter}]*)*"
    first, further = _ranges(rf"(?=\w)[{UNSPACED}]"), _ranges(rf"(?!\w)[{UNSPACED}]")
    return f"[{first}][{further}]*|{letters}(?:['\u2019]{letters})*"


def for_javascript(pattern: str) -> str:
    """A pattern that uses classes, sets, groups and lookarounds only, for JavaScript with the flag u."""
    parts, in_set = [], False
    for part in re.findall(r"\\U.{8}|\\.|.", pattern, re.DOTALL):
        if part.startswith(r"\U"):
            parts.append(f"\\u{{{part[2:]}}}")
            continue
        if part[0] == "\\" and part[1] in _CLASSES:
            ranges = _ranges(part)
            parts.append(ranges if in_set else f"[{ranges}]")
            continue
        in_set = part == "[" or (in_set and part != "]")
        parts.append(part)
    return "".join(parts)


@cache
def _ranges(pattern: str) -> str:
    """The characters that a pattern matches, as the inside of a set."""
    match = re.compile(pattern).match
    points = [point for point in _code_points() if match(chr(point))]
    runs = groupby(enumerate(points), key=lambda pair: pair[1] - pair[0])
    ends = ((run[0][1], run[-1][1]) for run in (list(group) for _, group in runs))
    return "".join(f"\\u{{{a:x}}}" if a == b else f"\\u{{{a:x}}}-\\u{{{b:x}}}" for a, b in ends)


def _code_points() -> Iterable[int]:
    return (point for point in range(0x110000) if point not in _SURROGATES)
