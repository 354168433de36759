"""Reads the time of day, its half and its zone, beside a date of any form: `3.05 p.m.`, `下午3:05`, `PDT`."""

from __future__ import annotations

import re
from datetime import UTC, time, timedelta, timezone

_CLOCK = re.compile(
    r"(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?(?:\s*([ap])\.?\s?m\b\.?)?(?:\s*([+-])(\d\d):?(\d\d))?",
    re.IGNORECASE,
)
_DOTTED = re.compile(  # at the end, and behind a date, which may have dots, too
    r"(?<=\d)(?P<space>\D*\s)(?P<hour>\d{1,2})\.(?P<minute>\d\d)(?:\.(?P<second>\d\d)(?:\.\d+)?)?"
    r"(?P<half>\s*(?:[ap]\.?\s?m\.?|Uhr|h))?\Z",
    re.IGNORECASE,
)
_WITH_LETTER = re.compile(r"(?<!\d)(\d{1,2})\s?h\s?(\d\d)(?!\d)")  # 10h11
_MOST_NUMBERS = re.compile(r"\d+\D+\d+")
_AFTERNOON = re.compile(
    r"(?<!\w)(?:下午|晚上|中午|午後|오후|μ\.?\s?μ\.?|م|بعدازظهر|ب\.?ظ|CH|odp\.?|popoldne|अपराह्न|i\.?p\.?|e\.?m\.?)(?!\w)"
    r"|(?:下午|晚上|中午|午後)(?=\d)"
)
_MORNING = re.compile(
    r"(?<!\w)(?:上午|凌晨|早上|午前|오전|π\.?\s?μ\.?|ص|قبلازظهر|ق\.?ظ|SA|dop\.?|पूर्वाह्न|a\.?p\.?|f\.?m\.?)(?!\w)"
    r"|(?:上午|凌晨|早上|午前)(?=\d)"
)
_ZONE = re.compile(r"\b(?:UTC|GMT|Z)\s?([+\u2212-])(\d{1,2})(?::?(\d\d))?(?!\d)")
_ZONES = {  # hours from UTC, of zones whose letters mean no other one
    "EST": -5,
    "EDT": -4,
    "CDT": -5,
    "MST": -7,
    "MDT": -6,
    "PST": -8,
    "PDT": -7,
    "AKST": -9,
    "HST": -10,
    "WEST": 1,
    "CET": 1,
    "CEST": 2,
    "MEZ": 1,
    "MESZ": 2,
    "EET": 2,
    "EEST": 3,
    "MSK": 3,
    "JST": 9,
    "KST": 9,
    "AEST": 10,
    "AEDT": 11,
    "NZST": 12,
    "NZDT": 13,
}
_LETTERS = re.compile(r"\b[A-Z]{3,4}\b")
_NOON = 12


def clock_of(text: str) -> time | None:
    """Return the time of day in a text with its zone, UTC where it names none; None if there is no time.

    Raises:
        ValueError: The clock has no such time.
    """
    match = _CLOCK.search(_with_colons(text))
    if not match:
        return None
    hour, minute, second, letter, sign, zone_hours, zone_minutes = match.groups()
    is_afternoon = letter.lower() == "p" if letter else _AFTERNOON.search(text) is not None
    if is_afternoon or letter or _MORNING.search(text):
        hour = int(hour) % _NOON + (_NOON if is_afternoon else 0)
    offset = timedelta(hours=int(zone_hours or 0), minutes=int(zone_minutes or 0))
    zone = timezone(-offset if sign == "-" else offset) if sign else _zone_of(text)
    return time(int(hour), int(minute), int(second or 0), tzinfo=zone)


def without_clock(text: str) -> str:
    """Return a text without its time of day and its zone, so that only the date is left."""
    return _ZONE.sub(" ", _CLOCK.sub(" ", _with_colons(text)))


def _with_colons(text: str) -> str:
    """Write `10.11` and `10h11` as `10:11`."""
    text = _WITH_LETTER.sub(r"\1:\2", text)
    dotted = _DOTTED.search(text)
    if not dotted or not _MOST_NUMBERS.search(text[: dotted.start("hour")]):
        return text
    clock = ":".join(filter(None, dotted.group("hour", "minute", "second")))
    return f"{text[: dotted.start('hour')]}{clock}{dotted['half'] or ''}"


def _zone_of(text: str) -> timezone:
    """Return the zone that a text names in letters."""
    if match := _ZONE.search(text):
        sign, hours, minutes = match.groups()
        offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
        return timezone(offset if sign == "+" else -offset)
    hours_of_name = next((_ZONES[name] for name in _LETTERS.findall(text) if name in _ZONES), None)
    return UTC if hours_of_name is None else timezone(timedelta(hours=hours_of_name))
