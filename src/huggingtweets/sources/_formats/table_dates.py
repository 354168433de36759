"""Finds the columns of a table that say when its posts were written, and reads them together.

A date is in one column, perhaps with the time of day in another, or its year, month and day have one each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from .calendars import gregorian, month_of
from .dates import full_year, is_day_first, read_date
from .fields import is_empty, names, parts
from .record_shapes import Row

_DATE = re.compile(
    r"(?=.{6,50}\Z)(?=.*\d)[^\d\n]{0,24}\d{1,4}\D.*\d"
)  # more than a number: 2024-01-02, Jan 2, 2024
_DATE_OR_NUMBER = re.compile(rf"\d{{9,19}}(?:\.\d*)?\Z|{_DATE.pattern}")
_CLOCK = re.compile(r"\d{1,2}:\d\d(?::\d\d)?(?:\s*[ap]\.?\s?m\.?)?", re.IGNORECASE)
_SOME = re.compile(r"[1-9]|[^\W0-9]")  # databases write 0000-00-00 where there is no date
_NUMBER = re.compile(r"\s*(\d{1,4})(?:\.0+)?\s*")  # as pandas writes it where some are missing


class DateColumns(Struct, frozen=True, kw_only=True):
    """The names of the columns of a table that say when its posts were written."""

    date: str | None = None
    clock: str | None = None  # where the time of day has a column of its own
    day_first: bool = False  # whether dates write the day before the month
    day: tuple[str, ...] = ()  # the year, the month and the day, where each has a column
    time: tuple[str, ...] = ()  # the hour, and perhaps the minute and the second, beside these

    def read(self, row: Mapping[str, Any]) -> datetime | None:
        """Return when a row was written, in UTC; None if it does not say."""
        date = _day(row, self.day) if self.day else row.get(self.date) if self.date else None
        if date and self.clock:
            date = f"{date} {row.get(self.clock)}"
        elif date and self.time:
            date = f"{date} {_time(row, self.time)}"
        return read_date(date, day_first=self.day_first) if date else None

    def names(self) -> Iterator[str | None]:
        """Yield the names of the columns."""
        yield from (self.date, self.clock, *self.day, *self.time)


def find_dates(sample: Sequence[Row], by_key: Mapping[str, str]) -> DateColumns:
    """Find the columns of dates in the first rows of a table.

    Args:
        sample: The first rows.
        by_key: The names of the columns by their plain forms.
    """
    if date := _date_column(sample, by_key):
        day_first = is_day_first(row.get(date) for row in sample)
        has_clock = any(":" in str(row.get(date)) for row in sample)
        clock = None if has_clock else _clock_column(sample, by_key)
        return DateColumns(date=date, clock=clock if clock != date else None, day_first=day_first)
    day = _split(by_key, ("year", "month", "day"))
    if not day or 2 * sum(_day(row, day) is not None for row in sample) <= len(sample):
        return DateColumns()
    clock = _clock_column(sample, by_key)
    return DateColumns(day=day, clock=clock, time=() if clock else _split_time(by_key))


def _date_column(sample: Sequence[Row], by_key: Mapping[str, str]) -> str | None:
    """Return the first usual column of dates most of which can be read, or the first one that holds dates."""
    usual = [by_key[key] for key in names("columns")["created_at"] if key in by_key]
    others = [
        name for name in reversed([*by_key.values()]) if name not in usual and _may_be_of_dates(sample, name)
    ]
    for name in (*usual, *others):
        present = (value for row in sample if not is_empty(value := row.get(name)))
        values = [value for value in present if _SOME.search(str(value))]
        if 2 * sum(read_date(value) is not None for value in values) > len(values):
            return name
    return None


def _may_be_of_dates(sample: Sequence[Row], name: str) -> bool:
    """Whether a column without a usual name may say when its posts were written.

    Its values look like dates; numbers do only where the name says so.
    """
    known, words = names("column_parts"), set(parts(name))
    values = [str(value) for row in sample if not is_empty(value := row.get(name))]
    looks = _DATE_OR_NUMBER if not words.isdisjoint(known["dates"]) else _DATE
    return bool(values) and words.isdisjoint(known["never_dates"]) and all(map(looks.match, values))


def _clock_column(sample: Sequence[Row], by_key: Mapping[str, str]) -> str | None:
    """Return the column of the time of day, if there is one."""
    candidates = (by_key.get("time"), _part_column(by_key, "hour"))
    return next((name for name in candidates if name and _are_clocks(sample, name)), None)


def _are_clocks(sample: Sequence[Row], name: str) -> bool:
    return all(_CLOCK.fullmatch(str(row.get(name))) for row in sample)


def _split(by_key: Mapping[str, str], kinds: Sequence[str]) -> tuple[str, ...]:
    """Return a column for each part of a date; none if one lacks."""
    columns = [_part_column(by_key, kind) for kind in kinds]
    return tuple(filter(None, columns)) if all(columns) else ()


def _split_time(by_key: Mapping[str, str]) -> tuple[str, ...]:
    time = ("hour", "minute", "second")
    return next(filter(None, (_split(by_key, time[:count]) for count in (3, 2, 1))), ())


def _part_column(by_key: Mapping[str, str], kind: str) -> str | None:
    """Return the column of a year, a month and so on: `year`, `post_year`; no year of birth."""
    known, never = {*names("date_parts")[kind]}, {*names("column_parts")["never_dates"]}
    usual = (column for key, column in by_key.items() if key in known)
    others = (
        column
        for column in by_key.values()
        if not known.isdisjoint(parts(column)) and never.isdisjoint(parts(column))
    )
    return next(usual, None) or next(others, None)


def _day(row: Mapping[str, Any], columns: Sequence[str]) -> str | None:
    """Return the date in three columns as `2024-01-31`; None if it is none."""
    year, month, day = (str(row.get(column)) for column in columns)
    try:
        number = month_of(month) or _number(month)
        return gregorian(full_year(f"{_number(year):02}"), number, _number(day)).isoformat()
    except ValueError:
        return None


def _time(row: Mapping[str, Any], columns: Sequence[str]) -> str:
    """Return the time of day in columns as `07:05:00`; nothing if it is none."""
    try:
        hour, minute, second = [*(_number(str(row.get(column))) for column in columns), 0, 0][:3]
    except ValueError:
        return ""
    return f"{hour:02}:{minute:02}:{second:02}"


def _number(text: str) -> int:
    match = _NUMBER.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is no part of a date")
    return int(match[1])
