"""Reads the date at the beginning of each message of WhatsApp, in the forms of many countries.

    [04.03.25, 14:05:09] Name: ...          3/4/25, 2:05 PM - Name: ...
    04/03/2025 à 14:05 - Name: ...          2025/3/4 下午2:05 - Name: ...

A date alone does not show whether the day or the month comes first; all dates of a chat together do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

_STAMP = re.compile(
    r"[\u200e\u200f\ufeff]*(\[?)"
    r"(\d{1,4})([-/.])\s?(\d{1,2})\3\s?(\d{1,4})[.,]?\s"  # 4.3.25 or 2025-03-04
    r"([^\d\n]{0,12}?)"  # klo, à, kl., or the half of the day
    r"(\d{1,2})[.:](\d{2})(?:[.:](\d{2}))?"
    r"(?:\s?([ap])\.?\s?m\b\.?)?"
    r"\]?(\s[-\u2013]\s|:?\s)"
    r"(.*)",
    re.IGNORECASE | re.DOTALL,
)
_AFTERNOON = ("下午", "晚上", "午後", "오후")
_MORNING = ("上午", "凌晨", "早上", "午前", "오전")
_FIRST_YEAR = 100  # smaller numbers are days, months, or years without their century
_LAST_MONTH = 12


class Stamp(NamedTuple):
    """The date of a message, and the rest of its first line."""

    numbers: tuple[int, int, int]  # day, month and year, in the order of the text
    clock: tuple[int, int, int]  # hour, minute and second
    rest: str
    style: str  # the punctuation around the date, the same in all dates of a chat


def stamped(line: str) -> Stamp | None:
    """Split a line into date and rest; None if the line continues a message."""
    match = _STAMP.match(line)
    if not match:
        return None
    before, first, _, second, third, half, hour, minute, seconds, letter, after, rest = match.groups()
    numbers = int(first), int(second), int(third)
    clock = _hour(int(hour), half.strip(), (letter or "").lower()), int(minute), int(seconds or 0)
    plausible = max(_days(numbers)) <= 31 and clock <= (23, 59, 59)  # noqa: PLR2004 -- as calendars have it
    return Stamp(numbers, clock, rest, before + after.strip()) if plausible and min(_days(numbers)) else None


class DateOrder:
    """Finds out from all dates of a chat whether the day comes before the month."""

    def __init__(self) -> None:
        self._first_is_day = self._second_is_day = False
        self._steps_back = [0, 0]  # if the day comes first, if the month does
        self._last: list[Sequence[int]] = []

    def add(self, stamp: Stamp) -> None:
        """Add a date of the chat."""
        first, second = _days(stamp.numbers)
        self._first_is_day |= first > _LAST_MONTH
        self._second_is_day |= second > _LAST_MONTH
        readings = [(_year(stamp.numbers), second, first), (_year(stamp.numbers), first, second)]
        for index, (before, after) in enumerate(zip(self._last, readings, strict=False)):
            self._steps_back[index] += tuple(after) < tuple(before)
        self._last = [*readings]

    @property
    def day_first(self) -> bool:
        """Whether the day comes first: the only possible order, or the one with fewer steps back in time."""
        if self._first_is_day != self._second_is_day:
            return self._first_is_day
        return self._steps_back[0] <= self._steps_back[1]

    def to_datetime(self, stamp: Stamp) -> datetime | None:
        """Return the date of a message in UTC; None if there is no such date."""
        first, second = _days(stamp.numbers)
        year_first = stamp.numbers[0] >= _FIRST_YEAR
        month, day = (second, first) if self.day_first and not year_first else (first, second)
        try:
            return datetime(_year(stamp.numbers), month, day, *stamp.clock, tzinfo=UTC)
        except ValueError:
            return None


def _days(numbers: tuple[int, int, int]) -> tuple[int, int]:
    """Return day and month, in the order of the text."""
    return numbers[1:] if numbers[0] >= _FIRST_YEAR else numbers[:2]


def _year(numbers: tuple[int, int, int]) -> int:
    year = numbers[0] if numbers[0] >= _FIRST_YEAR else numbers[2]
    return year if year >= _FIRST_YEAR else 2000 + year


def _hour(hour: int, half: str, letter: str) -> int:
    if letter == "p" or half in _AFTERNOON:
        return hour % 12 + 12
    return hour % 12 if letter == "a" or half in _MORNING else hour
