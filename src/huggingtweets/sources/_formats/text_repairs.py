r"""Repairs of texts that a program has written wrongly: decoded as another encoding, or escaped once more.

A text alone does not show it: somebody may write about `&amp;` or `\u2019`. So the first texts of a table
decide together: it is damaged where several have a mark of a damage, and none has a sign that this damage
would have changed. Otherwise nothing is repaired.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import ftfy
from ftfy.badness import badness
from msgspec import Struct

from .markup import unescape_html

_SOME = 2  # texts that show a damage
_MOST_ESCAPES = 4  # of one sign
_TYPED = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u(?![dD][89a-fA-F])[0-9a-fA-F]{4}"
    r"|U000[1-9a-fA-F][0-9a-fA-F]{4}|U0010[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|[nrtbf\"'/\\])"
)
_CODE = re.compile(r"\\[uU][0-9a-fA-F]{4}")
_IN_WORD = re.compile(
    r"[A-Za-z]\\u(?:20[0-9a-fA-F]{2}|00[c-fC-F][0-9a-fA-F])[A-Za-z]"
)  # It\u2019s, caf\u00e9s
_SIGNS = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_REFERENCE = re.compile(r"&(?:amp|lt|gt|quot|apos|nbsp|#\d{1,6}|#[xX][0-9a-fA-F]{1,5});")
_SIGN_OF_HTML = re.compile(r"[<>]|&(?!(?:amp|lt|gt|quot|apos|nbsp|#\d{1,6}|#[xX][0-9a-fA-F]{1,5});)")


class Repairs(Struct, frozen=True, kw_only=True):
    """What is wrong with all texts of a table."""

    is_typed: bool = False  # `\u2019` stands for its sign
    is_misread: bool = False  # UTF-8 was decoded as another encoding
    escapes: int = 1  # how often `&` was written as `&amp;`


def find_repairs(texts: Sequence[str]) -> Repairs:
    """Find out what is wrong with all texts of a table by the first ones, as they are in it."""
    is_typed = _are_typed(texts)
    if is_typed:
        texts = list(map(_without_typed, texts))
    return Repairs(is_typed=is_typed, is_misread=_are_misread(texts), escapes=_escapes(texts))


def repaired(text: str, repairs: Repairs) -> str:
    """Return a text without what is wrong with it, but for `&amp;`."""
    if repairs.is_typed and "\\" in text:
        text = _without_typed(text)
    return ftfy.fix_encoding(text) if repairs.is_misread and not text.isascii() else text


def unescaped(text: str, repairs: Repairs) -> str:
    """Undo `&amp;` and the like, as often as they were written."""
    for _ in range(repairs.escapes if "&" in text else 0):
        text = unescape_html(text)
    return text


def _are_typed(texts: Sequence[str]) -> bool:
    r"""Whether a program has written all signs beyond ASCII as `\u2019`, so that none of them is left."""
    coded = [text for text in texts if _CODE.search(text)]
    return (
        (len(coded) >= _SOME or any(map(_IN_WORD.search, coded)))
        and all(map(str.isascii, texts))
        and not any("\\" in _TYPED.sub("", text) for text in texts)
    )


def _without_typed(text: str) -> str:
    return _TYPED.sub(lambda match: _sign(match[0][1:]), text)


def _sign(code: str) -> str:
    """Return the sign of what is behind a backslash; two halves beyond U+FFFF make one."""
    if code[0] not in "uUx" or len(code) == 1:
        return _SIGNS.get(code, code)
    halves = [int(half, 16) for half in code[1:].split("\\u")]
    if len(halves) > 1:
        return chr(0x10000 + ((halves[0] - 0xD800) << 10) + (halves[1] - 0xDC00))
    return chr(halves[0])


def _are_misread(texts: Sequence[str]) -> bool:
    """Whether half of the texts with signs beyond ASCII look misread, and better when that is undone."""
    wide = [text for text in texts if not text.isascii()]
    wrong = [text for text in wide if (damage := badness(text)) and badness(ftfy.fix_encoding(text)) < damage]
    return len(wrong) >= _SOME and 2 * len(wrong) >= len(wide)


def _escapes(texts: Sequence[str]) -> int:
    """Count how often signs of HTML were escaped: again where all are escaped still, after it was undone."""
    marked = [text for text in texts if "&" in text]
    for times in range(1, _MOST_ESCAPES):
        marked = list(map(unescape_html, marked))
        if any(map(_SIGN_OF_HTML.search, [*marked, *texts])):
            return times
        if sum(_REFERENCE.search(text) is not None for text in marked) < _SOME:
            return times
    return _MOST_ESCAPES
