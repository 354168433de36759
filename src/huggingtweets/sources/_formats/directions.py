"""Whether a field says which way a message went, or to whom: its records are those of a chat, and no posts.

A word (`incoming`), a flag (`mine`, `sent by me`), an arrow, a code of SMS or a telephone number says so.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from .fields import is_empty, names, parts, plain

_ARROWS = set("→ ← ➡ ⬅ ↗ ↙ ⇒ ⇐ -> <- => <= >> << > < » «".split())  # noqa: SIM905 -- shorter
_OF_WRITING = {"ltr", "rtl"}  # the directions of scripts
_CODES = {*map(str, range(1, 7))}  # of SMS on Android: received, sent, draft, outbox, failed, queued
_RECEIVED_AND_SENT = {"1", "2"}
_SIDES = ({"0", "1"}, {"0", "2"}, {"1", "2"}, {"-1", "1"})
_LONGEST_CODE = 9  # digits
_BASE_TYPE, _SIGNAL_RECEIVED, _SIGNAL_LAST = (
    0x1F,
    20,
    27,
)  # of Signal; other bits say how it was sent and kept
_TELEPHONE = re.compile(r"(?:.*\()?\s*(\+?)[\d\s().-]{6,20}\)?")
_LEAST_DIGITS = 6  # of a telephone number


def says_direction(name: str, words: Collection[str], *, is_author: bool = False) -> bool:
    """Whether a field says which of two sides its records are from.

    Args:
        name: Of the field.
        words: What is in it, as far as that is known.
        is_author: Whether it says who wrote; then the telephone number is a name.
    """
    filled = [word for word in words if not is_empty(word)]
    key, known = plain(name), names("directions")
    if key in known["names"]:
        return bool(filled) and not set(map(plain, filled)) <= _OF_WRITING
    return (
        (key in known["codes"] and _are_codes({word.strip() for word in filled}))
        or (key in known["codes_of_messages"] and {word.strip() for word in words} in _SIDES)
        or _is_flag_of_side(name, filled)
        or _are_sides(filled)
        or (not is_author and _are_telephones(name, filled))
    )


def are_fields_of_sides(records: Sequence[Mapping[str, Any]]) -> bool:
    """Whether each record has one of two fields, for what came in and for what went out: `inbound_ts`."""
    fields = {name: parts(name) for record in records for name in record}
    known = names("audience")
    received = [name for name, words in fields.items() if not {*known["received"]}.isdisjoint(words)]
    sent = [name for name, words in fields.items() if not {*known["outgoing"]}.isdisjoint(words)]
    pairs = (
        (one, other)
        for one in received
        for other in sent
        if one != other and _differ_in_side(fields[one], fields[other])
    )
    return any(_take_turns(records, one, other) for one, other in pairs)


def _differ_in_side(received: Sequence[str], sent: Sequence[str]) -> bool:
    known = names("audience")
    one, other = set(received) - set(sent), set(sent) - set(received)
    return bool(one and other) and one <= {*known["received"]} and other <= {*known["outgoing"]}


def _take_turns(records: Sequence[Mapping[str, Any]], one: str, other: str) -> bool:
    filled = {(not is_empty(record.get(one)), not is_empty(record.get(other))) for record in records}
    return filled <= {(True, False), (False, True), (False, False)} and len(filled - {(False, False)}) > 1


def says_receiver(name: str, fields: Collection[str]) -> bool:
    """Whether a field says to whom a record went, as the field beside it says from whom."""
    known = names("directions")
    return plain(name) in known["receivers"] and not {*known["givers"]}.isdisjoint(map(plain, fields))


def asks_for_speaker(name: str) -> bool:
    """Whether a flag asks for somebody else than the person who uses a place: `is_bot`, `by_staff`."""
    asked, known = _asked(name), names("directions")
    return bool(asked) and asked <= {*known["speakers"]} - {*known["persons"]}


def _are_codes(words: Collection[str]) -> bool:
    """Whether numbers are the codes of SMS or of Signal for messages that came in, among others."""
    if _RECEIVED_AND_SENT <= set(words) <= _CODES:
        return True
    if not all(word.isascii() and word.isdecimal() and len(word) <= _LONGEST_CODE for word in words):
        return False
    of_signal = {int(word) & _BASE_TYPE for word in words if word not in _CODES}
    return (
        len(words) > 1
        and _SIGNAL_RECEIVED in of_signal
        and max(of_signal) <= _SIGNAL_LAST
        and min(of_signal) >= _SIGNAL_RECEIVED
    )


def _is_flag_of_side(name: str, words: Collection[str]) -> bool:
    """Whether a flag asks for nothing but the side: `is_mine`, `written by me`, `reply from other`."""
    flags, known = names("audience"), names("directions")
    asked = _asked(name)
    if not asked or not all(plain(word) in {*flags["yes"], *flags["no"]} or _is_sign(word) for word in words):
        return False
    if not words and asks_for_speaker(name):  # nothing is by one
        return False
    sides = {*known["sides"], *names("authors")["marks"], *flags["received"], *flags["outgoing"]}
    speakers = {*known["speakers"]}
    if asked <= sides | speakers and asked & sides:
        return True
    is_number = not words or any(map(str.isdecimal, words))  # `user: 1` is a number of a person
    return asked <= speakers and (len(parts(name)) > 1 or not is_number)


def _is_sign(word: str) -> bool:
    """Whether a word is a single sign, such as a tick."""
    return len(word.strip()) == 1 and not plain(word)


def _asked(name: str) -> set[str]:
    """The words of a flag's name that say what it asks: of `is reply from other` the last one."""
    words, known = parts(name), names("directions")
    asked = [word for word in words if word not in known["around_sides"]]
    without = [word for word in asked if word not in known["answers"]]
    says_by = not {"from", *names("authors")["by"]}.isdisjoint(words)
    is_whose = says_by or set(without) <= {*known["speakers"]}
    return set(without if is_whose and {"has", "to"}.isdisjoint(words) else asked)


def _are_sides(words: Collection[str]) -> bool:
    """Whether words, or arrows, are those of what came in and what went out."""
    if words and {word.strip() for word in words} <= _ARROWS:
        return True
    known, around = names("audience"), {*names("directions")["around_sides"], *names("directions")["folders"]}
    sides = set()
    for word in words:
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
