"""Reads the date at the beginning of each message of a chat, by its shape, in whatever language it is.

    [04.03.25, 14:05:09] Name: ...          3/4/25, 2:05 PM - Name: ...
    04/03/2025 à 14:05 - Name: ...          2025/3/4 下午2:05 - Name: ...
    Jan 3, 1:07 PM - Name: ...              14. 3. 2025. 14:05:00 Name: ...

Digits may be of any script, marks of direction may be anywhere, and a short word beside the clock is the half
of the day, or means nothing. A date alone does not show whether the day or the month comes first, and a word
not which half it is; all dates of a chat together do.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, time
from typing import NamedTuple

from .calendars import gregorian, month_of

_MARKS = " \t\u200e\u200f\u061c\u202f\xa0"
MARK = "[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff]*"  # marks of direction
NUMBERS = (  # 4.3.25 or 2025-03-04
    rf"(?P<first>\d{{1,4}}){MARK}(?P<dot>[-/.]){MARK}\s?(?P<second>\d{{1,2}}){MARK}(?P=dot){MARK}\s?(?P<third>\d{{1,4}})"
)
_SIGNS = r"(?P<y1>\d{4})\s?[年년]\s?(?P<m1>\d{1,2})\s?[月월]\s?(?P<d1>\d{1,2})\s?[日일]"
_DAY_MONTH = r"(?P<d2>\d{1,2})\.?\s(?:de\s|d')?(?P<m2>[^\W\d_]{3,12})\.?(?:,?\s(?:de\s)?(?P<y2>\d{4}))?"
_MONTH_DAY = r"(?P<m3>[^\W\d_]{3,12})\.?\s{1,2}(?P<d3>\d{1,2})(?:,?\s(?P<y3>\d{4}))?"  # Jan 3, 2014
_WORD = rf"\s*{MARK}[^\W\d_][^\d\n:\[\]]{{0,11}}?"  # the half of the day, and the like
DATE = rf"(?:{NUMBERS}|{_SIGNS}|{_DAY_MONTH}|{_MONTH_DAY})"
_STAMP = re.compile(
    rf"{MARK}(?P<bracket>\[?){MARK}{DATE}"
    rf"(?:\s?[^\W\d_]{{1,3}}(?:\.|(?=[,\u060c])))?{MARK}[.,\u060c]?{MARK}\s{MARK}"
    rf"(?P<before>[^\d\n]{{0,12}}?)"  # klo, à, kl., or the half of the day
    rf"(?P<hour>\d{{1,2}}){MARK}(?:[.:]|\s?h\s?){MARK}(?P<minute>\d{{2}})(?:{MARK}[.:]{MARK}(?P<seconds>\d{{2}}))?"
    rf"(?:(?P<inside>{_WORD})?{MARK}\](?P<end1>:?\s)|(?P<after>{_WORD})?{MARK}(?P<end2>\s{MARK}[-\u2013\u2014]{MARK}\s)"
    r"|(?:\s?(?P<letter>[ap])\.?\s?m\b\.?)?(?P<end3>:?\s))"
    r"(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_CLOCK_FIRST = re.compile(  # 14:05, 3/4/2025 - Name: ...
    rf"(?P<before>{MARK}\[?{MARK})(?P<clock>\d{{1,2}}:\d{{2}}(?::\d{{2}})?(?:\s?[^\W\d_]{{1,4}})?),?\s"
    rf"(?P<date>{DATE})(?=\]|\s[-\u2013\u2014])",
    re.IGNORECASE,
)
_AFTERNOON = set(
    "p pm 下午 晚上 中午 午後 오후 م μμ ch ptg em du بظ بعدازظهر अपराह्न odp popoldne ip".split()  # noqa: SIM905 -- shorter
)
_MORNING = set("a am 上午 凌晨 早上 午前 오전 ص πμ sa pg fm de قظ पूर्वाह्न dop ap".split())  # noqa: SIM905 -- shorter
_FIRST_YEAR = 100  # smaller numbers are days, months, or years without their century
_LAST_MONTH = 12
_NOON = 12
_FIRST_CHAT = 52  # years of two digits from here on are Buddhist: 2552 is 2009, when WhatsApp began


class Stamp(NamedTuple):
    """The date of a message, and the rest of its first line."""

    numbers: tuple[int, int, int]  # day, month and year, in the order of the text; 0 for a lacking year
    clock: tuple[int, int, int]  # hour, minute and second
    half: str  # the word beside the clock
    is_named: bool  # whether the month has a name, so that the numbers are day, month and year
    rest: str
    style: str  # the punctuation around the date, the same in all dates of a chat


def stamped(line: str) -> Stamp | None:
    """Split a line into date and rest; None if the line continues a message."""
    match = _STAMP.match(line)
    if not match and (first := _CLOCK_FIRST.match(line)):
        turned = f"{first['before']}{first['date']}, {first['clock']}"
        match = _STAMP.match(turned + line[first.end() :])
    if not match:
        return None
    numbers = _numbers(match)
    half = next(filter(None, (match[name] for name in ("before", "inside", "after", "letter"))), "")
    clock = int(match["hour"]), int(match["minute"]), int(match["seconds"] or 0)
    plausible = max(_days(numbers)) <= 31 and clock <= (23, 59, 59)  # noqa: PLR2004 -- as calendars have it
    if not plausible or min(_days(numbers)) == 0:
        return None
    style = match["bracket"] + (match["end1"] or match["end2"] or match["end3"]).strip(_MARKS)
    return Stamp(numbers, clock, _plain(half), bool(match["m2"] or match["m3"]), match["rest"], style)


class ChatDates:
    """Finds out from all dates of a chat whether the day comes first, and which word is the afternoon."""

    def __init__(self) -> None:
        self._first_is_day = self._second_is_day = False
        self._steps_back = [0, 0]  # if the day comes first, if the month does
        self._distances = [0, 0]  # in days, roughly, between messages that follow each other
        self._last: list[Sequence[int]] = []
        self._last_stamp: Stamp | None = None
        self._later = Counter[str]()  # words that follow another on the same day
        self._of_24_hours: set[str] = set()  # words beside hours of the afternoon

    def add(self, stamp: Stamp) -> None:
        """Add a date of the chat."""
        first, second = _days(stamp.numbers)
        if not stamp.is_named:
            self._first_is_day |= first > _LAST_MONTH
            self._second_is_day |= second > _LAST_MONTH
        readings = [(_year(stamp.numbers), second, first), (_year(stamp.numbers), first, second)]
        for index, (before, after) in enumerate(zip(self._last, readings, strict=False)):
            self._steps_back[index] += tuple(after) < tuple(before)
            self._distances[index] += abs(_day_number(after) - _day_number(before))
        self._last = [*readings]
        last, self._last_stamp = self._last_stamp, stamp
        if last and last.numbers == stamp.numbers and last.half != stamp.half:
            self._later[stamp.half] += 1
        if stamp.clock[0] > _NOON or stamp.clock[0] == 0:
            self._of_24_hours.add(stamp.half)

    @property
    def day_first(self) -> bool:
        """Whether the day comes first: the only possible order, or that with fewer and shorter steps back."""
        if self._first_is_day != self._second_is_day:
            return self._first_is_day
        day_first, month_first = zip(self._steps_back, self._distances, strict=True)
        return day_first <= month_first

    def to_datetime(self, stamp: Stamp) -> datetime | None:
        """Return the date of a message in UTC; None if there is no such date, or it has no year."""
        first, second = _days(stamp.numbers)
        year_first = stamp.numbers[0] >= _FIRST_YEAR
        month_last = stamp.is_named or (self.day_first and not year_first)
        month, day = (second, first) if month_last else (first, second)
        try:
            date = gregorian(_year(stamp.numbers), month, day)
            return datetime.combine(date, time(self._hour(stamp), *stamp.clock[1:]), UTC)
        except ValueError:
            return None

    def _hour(self, stamp: Stamp) -> int:
        hour, half = stamp.clock[0], stamp.half
        if not half or half in self._of_24_hours:
            return hour
        if half in _AFTERNOON or (half not in _MORNING and self._is_afternoon(half)):
            return hour % _NOON + _NOON
        return hour % _NOON if half in _MORNING or self._later else hour

    def _is_afternoon(self, half: str) -> bool:
        """Whether a word that is not known mostly follows another on the same day."""
        return bool(self._later) and self._later.most_common(1)[0][0] == half


def _numbers(date: re.Match[str]) -> tuple[int, int, int]:
    """Return day, month and year, in the order of the text; if the month has a name, in this order."""
    if date["first"]:
        return int(date["first"]), int(date["second"]), int(date["third"])
    if date["y1"]:
        return int(date["y1"]), int(date["m1"]), int(date["d1"])
    name, day, year = (date[f"{part}2"] or date[f"{part}3"] or "0" for part in "mdy")
    return int(day), month_of(name) or 0, int(year)


def _days(numbers: tuple[int, int, int]) -> tuple[int, int]:
    """Return day and month, in the order of the text."""
    return numbers[1:] if numbers[0] >= _FIRST_YEAR else numbers[:2]


def _day_number(date: Sequence[int]) -> int:
    """Return a number that grows by one a day within a month."""
    year, month, day = date
    return (year * 12 + month) * 31 + day


def _year(numbers: tuple[int, int, int]) -> int:
    year = numbers[0] if numbers[0] >= _FIRST_YEAR else numbers[2]
    if 0 < year < _FIRST_YEAR:
        return year + (1957 if year >= _FIRST_CHAT else 2000)
    return year


def _plain(word: str) -> str:
    """Return a word without case, spaces and dots: `p. m.` -> `pm`."""
    return re.sub(r"[\s.\u202f\xa0\u200e\u200f,]", "", word.casefold())
