"""Finds the JSON in a script: given a name, exported, handed to a function (JSONP), or after a guard."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from ...errors import LocationError
from .record_shapes import is_never_read

AFTER_JSON = b" \t\r\n;)"  # signs that end a script
_HEAD = 4096  # bytes in which JSON begins
_COMMENTS = rb"(?:\xef\xbb\xbf)?\s*(?:(?:/\*.{0,1000}?\*/|//[^\n]*\n)\s*)*"
_NAME = rb"[\w.$]+(?:\[\s*[\"'][\w.$-]*[\"']\s*\][\w.$]*)*"
_BEFORE_JSON = re.compile(
    _COMMENTS
    + rb"(?:"
    + rb"(?:export\s+)?(?:(?:var|let|const)\s+)?(?P<assigned>"
    + _NAME
    + rb")\s*="
    + rb"|export\s+default\b"
    + rb"|(?:[^\n(){}\[\]]{0,100}&&\s*)?(?P<called>"
    + _NAME
    + rb")\s*\("
    + rb"|\)\]\}',?|(?:for\s*\(;;\)|while\s*\(1\))\s*;"  # so that other sites cannot run it
    + rb")\s*(?=\[\s*[\[{\"\]]|\{\s*[\"}])",
    re.DOTALL,
)
_OF_X = re.compile(r"(?:window)?\W*(?:YTD|Grailbird)\b")
_POSTS_OF_X = re.compile(r"(?:window)?\W*(?:YTD\W+tweets?(?:\W+part\d+)?|Grailbird\.data\.tweets_\w+)\W*")


def is_script(head: bytes) -> bool:
    """Whether a file that begins so is a script with JSON."""
    return _BEFORE_JSON.match(head[:_HEAD]) is not None


def without_script(chunks: Iterator[bytes], name: str) -> Iterator[bytes]:
    """Yield the bytes of a file from its JSON on; what follows the JSON stays.

    Raises:
        LocationError: The script's name for it says that it is none of the person's published posts.
    """
    head = b""
    while len(head) < _HEAD and (chunk := next(chunks, b"")):
        head += chunk
    match = _BEFORE_JSON.match(head[:_HEAD])
    if not match:
        return chain([head], chunks)
    called = (match["assigned"] or match["called"] or b"").decode(errors="replace")
    if _OF_X.match(called) and not _POSTS_OF_X.fullmatch(called):
        raise LocationError(f"{name} holds no published posts of X; give data/tweets.js, or the whole zip")
    if is_never_read(called):
        raise LocationError(f"{name} holds {called!r}, which are no published posts; give a file of these")
    return chain([head[match.end() :]], chunks)
