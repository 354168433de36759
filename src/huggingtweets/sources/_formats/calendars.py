"""Months by their names in many languages, and years of the Buddhist, Persian and Islamic calendars."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache, lru_cache
from importlib.resources import files

_FIRST_ACCENT, _LAST_ACCENT = "\u0300", "\u036f"  # vowel signs of other scripts tell months apart
_BUDDHIST_FROM = 2400  # years; the calendar of Thailand is 543 years ahead
_BUDDHIST_AHEAD = 543
_OF_TAIWAN = range(100, 200)  # 2011 to 2110
_TAIWAN_BEHIND = 1911
_ERAS = {
    "令和": 2018,
    "平成": 1988,
    "昭和": 1925,
    "民國": _TAIWAN_BEHIND,
    "民国": _TAIWAN_BEHIND,
}  # years before
_OF_ERA = re.compile(r"(令和|平成|昭和|民國|民国)\s?(\d{1,3}|元)\s?年")
_PERSIAN = range(1300, 1420)  # 1921 to 2041
_ISLAMIC = range(1420, 1500)  # 1999 to 2076
_PERSIAN_NEW_YEAR = date(1921, 3, 21)  # of the year 1300
_ISLAMIC_NEW_YEAR = date(1999, 4, 17)  # of the year 1420
_LONG_MONTHS = 6  # the Persian year begins with as many months of 31 days
_PERSIAN_CYCLE, _PERSIAN_LEAP_YEARS = 33, (1, 5, 9, 13, 17, 22, 26, 30)
_ISLAMIC_CYCLE, _ISLAMIC_LEAP_YEARS = 30, (2, 5, 7, 10, 13, 16, 18, 21, 24, 26, 29)


@lru_cache(maxsize=1000)  # dates repeat few words
def month_of(name: str) -> int | None:
    """Return the number of the month that a name, or its abbreviation, means in one of many languages."""
    folded = _folded(name).removeprefix("ב")  # Hebrew: in January
    fitting = [beginning for beginning in _months() if folded.startswith(beginning)]
    return _months()[max(fitting, key=len)] if fitting else None


def gregorian(year: int, month: int, day: int) -> date:
    """Return a date of the Gregorian, Buddhist, Persian, Islamic or Taiwanese calendar, which the year shows.

    Persian years are those of the arithmetic cycle of 33 years, Islamic ones those of the tabular calendar,
    which differs from the observed one by a day at most.

    Raises:
        ValueError: There is no such date.
    """
    if year in _OF_TAIWAN:
        return date(year + _TAIWAN_BEHIND, month, day)
    if year >= _BUDDHIST_FROM:
        return date(year - _BUDDHIST_AHEAD, month, day)
    if year in _PERSIAN:
        days = sum(
            365 + _is_leap(before, _PERSIAN_CYCLE, _PERSIAN_LEAP_YEARS) for before in range(1300, year)
        )
        days += 31 * min(month - 1, _LONG_MONTHS) + 30 * max(0, month - 1 - _LONG_MONTHS)
        return _plus(_PERSIAN_NEW_YEAR, days, month, day, 31)
    if year in _ISLAMIC:
        days = sum(
            354 + _is_leap(before, _ISLAMIC_CYCLE, _ISLAMIC_LEAP_YEARS) for before in range(1420, year)
        )
        days += (59 * (month - 1) + 1) // 2
        return _plus(_ISLAMIC_NEW_YEAR, days, month, day, 30)
    return date(year, month, day)


def gregorian_year(text: str) -> str:
    """Write a year of Japan or Taiwan in a text as of the Gregorian calendar: 令和6年, 民國113年."""
    return _OF_ERA.sub(
        lambda match: f"{_ERAS[match[1]] + (1 if match[2] == '元' else int(match[2]))}\u5e74", text
    )


def _plus(new_year: date, days: int, month: int, day: int, longest: int) -> date:
    if not (1 <= month <= 12 and 1 <= day <= longest):  # noqa: PLR2004 -- as years have months
        raise ValueError(f"no date has the month {month} and the day {day}")
    return new_year + timedelta(days=days + day - 1)


def _is_leap(year: int, cycle: int, leap_years: tuple[int, ...]) -> bool:
    return year % cycle in leap_years


@cache
def _months() -> Mapping[str, int]:
    content = tomllib.loads((files(__package__) / "months.toml").read_text("utf-8"))
    return {
        _folded(beginning): number
        for number, beginnings in enumerate(content["months"], start=1)
        for beginning in beginnings.split()
    }


def _folded(name: str) -> str:
    """Return a name in small letters without accents and dots at its end."""
    decomposed = unicodedata.normalize("NFD", name.casefold())
    return "".join(c for c in decomposed if not _FIRST_ACCENT <= c <= _LAST_ACCENT).rstrip(".")
