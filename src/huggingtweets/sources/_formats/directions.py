"""Whether a field says which way a message went, or to whom: its records are those of a chat, and no posts.

A word (`incoming`), a flag (`mine`, `sent by me`), an arrow, a code of SMS or a telephone number says so.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from .fields import names, parts, plain

_ARROWS = set("→ ← ➡ ⬅ ↗ ↙ ⇒ ⇐ -> <- => <= >> << > < » «".split())  # noqa: SIM905 -- shorter
_OF_WRITING = {"ltr", "rtl"}  # the directions of scripts
_CODES = {*map(str, range(1, 7))}  # of SMS on Android: received, sent, draft, outbox, failed, queued
_RECEIVED_AND_SENT = {"1", "2"}
_TELEPHONE = re.compile(r"(?:.*\()?\s*(\+?)[\d\s().-]{6,20}\)?")
_LEAST_DIGITS = 6  # of a telephone number


def says_direction(name: str, words: Collection[str], *, is_author: bool = False) -> bool:
    """Whether a field says which of two sides its records are from.

    Args:
        name: Of the field.
        words: What is in it, as far as that is known; without what is empty.
        is_author: Whether it says who wrote; then the telephone number is a name.
    """
    plain_words = set(map(plain, words))
    key, known = plain(name), names("directions")
    if key in known["names"]:
        return bool(words) and not plain_words <= _OF_WRITING
    if key in known["codes"] and _RECEIVED_AND_SENT <= plain_words <= _CODES:
        return True
    return (
        _is_flag_of_side(name, words) or _are_sides(words) or (not is_author and _are_telephones(name, words))
    )


def says_receiver(name: str, fields: Collection[str]) -> bool:
    """Whether a field says to whom a record went, as the field beside it says from whom."""
    known = names("directions")
    return plain(name) in known["receivers"] and not {*known["givers"]}.isdisjoint(map(plain, fields))


def _is_flag_of_side(name: str, words: Collection[str]) -> bool:
    """Whether a flag asks for nothing but the side: `is_mine`, `written by me`, `theirs`."""
    flags, known = names("audience"), names("directions")
    asked = [part for part in parts(name) if part not in known["around_sides"]]
    plain_words = set(map(plain, words))
    if not asked or not plain_words <= {*flags["yes"], *flags["no"]}:
        return False
    if set(asked) <= {*known["sides"], *names("authors")["marks"]}:
        return True
    is_asked = len(parts(name)) > 1 or not any(
        map(str.isdecimal, words)
    )  # `author: 1` is a number of a person
    return is_asked and set(asked) <= {*known["speakers"]}


def _are_sides(words: Collection[str]) -> bool:
    """Whether words, or arrows, are those of what came in and what went out."""
    if words and {word.strip() for word in words} <= _ARROWS:
        return True
    known = names("audience")
    sides = set()
    for word in words:
        around = names("directions")["around_sides"]
        sides.add("".join(part for part in parts(word) if part not in around) or plain(word))
    return (
        bool(sides)
        and sides <= {*known["received"], *known["outgoing"]}
        and bool(sides & {*known["received"]})
    )


def _are_telephones(name: str, words: Collection[str]) -> bool:
    """Whether each word is the telephone number: it has a `+`, or the field's name says so."""
    matches = [match for word in words if (match := _TELEPHONE.fullmatch(word.strip()))]
    if not matches or len(matches) < len(words):
        return False
    if min(sum(map(str.isdecimal, match[0])) for match in matches) < _LEAST_DIGITS:
        return False
    is_said = not set(parts(name)).isdisjoint(names("directions")["telephones"])
    return is_said or all(match[1] for match in matches)
