"""Refuses a tokenizer that makes so much of each letter that a timeline would take hours, or all memory."""

from __future__ import annotations

import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

MOST = 64  # letters or tokens that one letter may become; NFKD makes 18 letters of one, UTF-8 4 bytes
_SIGNS = string.printable + "é🙂"


class _Growing(Struct):
    """The parts of tokenizer.json that replace texts by others."""

    normalizer: Any = None
    decoder: Any = None


def require_bounded_file(file: Path) -> None:
    """Look at the replacements of tokenizer.json, each of which multiplies what those before it made.

    Raises:
        ValueError: they make more than `MOST` letters of one.
    """
    parts = msgspec.json.decode(file.read_bytes(), type=_Growing)
    for part in (parts.normalizer, parts.decoder):
        growth = 1.0
        for factor in _factors(part):
            growth *= factor
        if growth > MOST:
            raise ValueError(f"its replacements make more than {MOST} letters of one")


def _factors(part: Any) -> Iterator[float]:
    """How many letters each replacement makes of one, at most."""
    if isinstance(part, list):
        for each in part:
            yield from _factors(each)
    elif isinstance(part, dict):
        if part.get("type") == "Replace":
            pattern = part.get("pattern")
            replaced = pattern.get("String", "") if isinstance(pattern, dict) else ""
            yield max(1.0, len(str(part.get("content", ""))) / max(1, len(str(replaced))))
        for each in part.values():
            yield from _factors(each)


def require_bounded(tokenizer: Any) -> None:
    """Let a tokenizer read each of the usual signs alone, and say what it puts before a text.

    Raises:
        ValueError: a sign becomes more than `MOST` tokens, or more stand before each text.
    """
    before = len(tokenizer("")["input_ids"])
    if before > MOST:
        raise ValueError(f"it puts {before:,} tokens before each text; at most {MOST} are usual")
    for sign in _SIGNS:
        tokens = len(tokenizer(sign, add_special_tokens=False)["input_ids"])
        if tokens > MOST:
            raise ValueError(f"it makes {tokens:,} tokens of one sign; at most {MOST} are usual")
