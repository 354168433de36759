"""Dates in the many forms that people's tables have. A date without a time zone counts as UTC."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from unicodedata import decimal

from .calendars import gregorian, gregorian_year, month_of
from .clocks import clock_of, without_clock

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_UNIX = re.compile(r"\d{9,19}(?:\.\d*)?|\d\.\d{6,}[eE]\+(?:09|1[0-8])")  # 1.704103200E+09
_LATEST_SECOND = 1e11  # larger Unix times count milliseconds, microseconds or nanoseconds
_OF_SCRIPTS = re.compile(r"\\?/Date\((\d+)(?:[+-]\d{4})?\)\\?/")  # as ASP.NET writes JSON
_WORD = re.compile(r"[^\W\d_][^\s\d,:/-]+")  # with the vowel signs of scripts that have them
_COMPACT = re.compile(r"(?:19|20)\d{12}")  # 20240113220005
_OTHER_EPOCHS = (  # ticks of .NET, file times of Windows, and times of Chrome; how many are in a second
    (re.compile(r"6\d{17}"), datetime(1, 1, 1, tzinfo=UTC), 10_000_000),
    (re.compile(r"1[2-4]\d{16}"), datetime(1601, 1, 1, tzinfo=UTC), 10_000_000),
    (re.compile(r"1[2-4]\d{15}"), datetime(1601, 1, 1, tzinfo=UTC), 1_000_000),
)
_SERIAL = re.compile(r"[2-7]\d{4}(?:\.\d+)?")  # days since the end of 1899, as spreadsheets count them
_FIRST_SERIAL = datetime(1899, 12, 30, tzinfo=UTC)
_NUMBERS = re.compile(r"\d+")
_DAY_ABOVE_12 = re.compile(r"\s*(?:1[3-9]|2\d|3[01])[/-]\d{1,2}[/-]\d{2}")
_MONTH_IN_VIETNAMESE = "tháng"  # before its number: 31 tháng 1, 2024
_SHORT = 2  # digits of a day, a month, or a year without its century
_LAST_MONTH = 12
_FIRST_OF_1900S = 69  # two-digit years from here on are 19xx, as in POSIX


def read_date(value: object, *, day_first: bool = False) -> datetime | None:
    """Read a date of any form, or Unix time; return it in UTC, or None if it cannot be understood.

    Args:
        value: A date, a number or a text.
        day_first: Whether 5/4/17 is the fifth of April; see `is_day_first`.
    """
    try:
        moment = _read(value, day_first)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def is_day_first(values: Iterable[object]) -> bool:
    """Whether a column writes the day first: some date begins with a number that cannot be a month."""
    return any(_DAY_ABOVE_12.match(with_ascii_digits(str(value))) for value in values)


def with_ascii_digits(text: str) -> str:
    """Return a text with the digits of all scripts as 0 to 9."""
    if text.isascii():
        return text
    return "".join(str(decimal(sign)) if sign.isdecimal() else sign for sign in text)


def _read(value: object, day_first: bool) -> datetime:
    while isinstance(value, Mapping) and value:  # as databases write them: {"$date": ...}, {"seconds": ...}
        value = next(iter(value.values()))
    if isinstance(value, datetime):  # perhaps of pandas, whose dates are of a type of their own
        return datetime.combine(value.date(), value.time(), value.tzinfo)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    text = with_ascii_digits(str(value).strip()).replace("\u2212", "-")
    if of_scripts := _OF_SCRIPTS.fullmatch(text):
        text = of_scripts[1]
    if _UNIX.fullmatch(text):
        return _from_digits(text)
    if _SERIAL.fullmatch(text):
        return _FIRST_SERIAL + timedelta(seconds=round(float(text) * 86400))
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return _from_parts(text, day_first)


def _from_digits(text: str) -> datetime:
    for digits, epoch, ticks in _OTHER_EPOCHS:
        if digits.fullmatch(text):
            return epoch + timedelta(microseconds=int(text) * 1_000_000 // ticks)
    if _COMPACT.fullmatch(text):
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    seconds = float(text)
    while seconds > _LATEST_SECOND:
        seconds /= 1000
    return datetime.fromtimestamp(seconds, UTC)


def _from_parts(text: str, day_first: bool) -> datetime:
    """Parse `10/16/17 22:59`, `16.10.2017`, `Oct 16, 2017 · 10:59 PM`, `16 Oct 2017 22:59 GMT` and so on."""
    clock = clock_of(text)
    date = gregorian(*_day(gregorian_year(without_clock(text) if clock else text), day_first))
    return datetime.combine(date, clock or time(tzinfo=UTC))


def _day(text: str, day_first: bool) -> tuple[int, int, int]:
    """Return year, month and day of a date without its time; ValueError unless it has exactly these."""
    months = list(filter(None, map(month_of, _WORD.findall(text))))
    if months:
        day, year = sorted(_NUMBERS.findall(text), key=len)
        return full_year(year), months[-1], int(day)  # a weekday may look like a month, and comes first
    first, second, third = _NUMBERS.findall(text)
    if len(first) > _SHORT:
        return int(first), int(second), int(third)
    if day_first or "." in text or _MONTH_IN_VIETNAMESE in text or int(first) > _LAST_MONTH:
        first, second = second, first
    return full_year(third), int(first), int(second)


def full_year(year: str) -> int:
    """Return a year that may be written without its century."""
    if len(year) > _SHORT:
        return int(year)
    return int(year) + (1900 if int(year) >= _FIRST_OF_1900S else 2000)
