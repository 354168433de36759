"""Undoes what spreadsheets do that read UTF-8 as another encoding and write it again, see encoding.py."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from itertools import product

_UNKNOWN = "\ufffd"
_LOST_BYTE = ord("_")
_FREQUENT = "…➡❤🎥🚨⚾√אבגדהוזחטיכלמנסעפצקרשתךםןףץ"
_DAMAGED_RUN = re.compile("(?<!_)_*[\x80-\xff][_\x80-\xff]*")  # bytes, as latin-1 characters


def _round_trip(byte: int) -> int:
    """Read a byte as cp1252 and write it as Mac Roman; bytes that cp1252 does not assign stay."""
    try:
        character = bytes([byte]).decode("cp1252")
        return character.encode("mac_roman")[0]
    except UnicodeDecodeError:
        return byte
    except UnicodeEncodeError:
        return _LOST_BYTE


_ROUND_TRIP = bytes(map(_round_trip, range(256)))


@cache
def _originals(trips: int) -> tuple[bytes, ...]:
    """Return for each byte the bytes that `trips` round trips turn into it."""
    after = bytes(range(256))
    for _ in range(trips):
        after = after.translate(_ROUND_TRIP)
    return tuple(bytes(byte for byte in range(0x80, 0x100) if after[byte] == result) for result in range(256))


def undo_round_trips(line: str, trips: int) -> str:
    """Undo `trips` round trips in a line that was decoded as latin-1."""
    return _DAMAGED_RUN.sub(lambda run: _repair_run(run[0].encode("latin-1"), trips), line)


def _repair_run(run: bytes, trips: int) -> str:
    text, position = [], 0
    while position < len(run):
        length, character = _first_character(run[position : position + 4], trips)
        text.append(character)
        position += length
    return "".join(text)


@lru_cache(maxsize=1 << 14)
def _first_character(run: bytes, trips: int) -> tuple[int, str]:
    """Return how many bytes the first character of a damaged run takes, and what it was."""
    for length in range(len(run), 1, -1):
        raw = run[:length]
        possible = _characters(raw, trips) if raw.strip(b"_") else ""
        if possible:
            frequent = [character for character in _FREQUENT if character in possible]
            return length, (frequent or [possible if len(possible) == 1 else _UNKNOWN])[0]
    return 1, "_" if run[0] == _LOST_BYTE else _UNKNOWN


def _characters(raw: bytes, trips: int) -> str:
    """Return the characters whose UTF-8 form can have become `raw`, without those that posts do not have."""
    leads = {2: range(0xC2, 0xE0), 3: range(0xE0, 0xF0), 4: range(0xF0, 0xF5)}[len(raw)]
    first, *others = (_originals(trips)[byte] for byte in raw)
    combinations = product(
        filter(leads.__contains__, first), *(filter(range(0x80, 0xC0).__contains__, o) for o in others)
    )
    decoded = (bytes(combination).decode("utf-8", "ignore") for combination in combinations)
    return "".join(filter(_is_likely, "".join(decoded)))


def _is_likely(character: str) -> bool:
    """Whether posts may have a character: not unassigned, ancient scripts, or rare Han beyond U+FFFF."""
    rare = "\U00010000" <= character < "\U0001d400" or "\U00020000" <= character < "\U000e0000"
    return not rare and unicodedata.category(character) != "Cn"
