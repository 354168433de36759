"""Finds the columns of a table by their names, as many programs and languages write them, and their forms."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from ...errors import LocationError, NoTextColumn
from .dates import is_day_first, read_date
from .fields import is_empty, names, parts, plain
from .record_shapes import Row

_LONGEST_NAME = 40  # characters of the name of a column
_LISTED = 20  # columns named in messages
_COUNT = re.compile(r"\d{1,9}(?:\.0)?")
_TAG = re.compile(r"<(?:p|br|a|span|div|blockquote|ul|h-card)\b[^<>]*>", re.IGNORECASE)
_BYTES = re.compile(r"""b(["']).*\1""", re.DOTALL)
_DATE = re.compile(
    r"(?=.{6,50}\Z)(?=.*\d)[^\d\n]{0,24}\d{1,4}\D.*\d"
)  # more than a number: 2024-01-02, Jan 2, 2024
_DATE_OR_NUMBER = re.compile(rf"\d{{9,19}}(?:\.\d*)?\Z|{_DATE.pattern}")
_CLOCK = re.compile(r"\d{1,2}:\d\d(?::\d\d)?(?:\s*[ap]\.?\s?m\.?)?", re.IGNORECASE)


class Columns(Struct, frozen=True, kw_only=True):
    """The names of a table's columns, and the form of what is in them."""

    text: str
    id: str | None = None
    created_at: str | None = None
    clock: str | None = None  # where the time of day has a column of its own
    lang: str | None = None
    url: str | None = None
    reply_to: str | None = None
    replies: tuple[str, ...] = ()
    reposts: tuple[str, ...] = ()
    quotes: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    long_texts: tuple[str, ...] = ()  # the whole of texts that `text` has cut
    day_first: bool = False  # whether dates write the day before the month
    is_html: bool = False
    has_quotations: bool = False  # whether lines after `>` are quotations, as on Reddit
    is_bytes: bool = False  # whether texts are literals of Python, `b'...'`


def find_columns(place: str, sample: list[Row], text_column: str | None) -> Columns:
    """Find the columns of a table in its first rows.

    Args:
        place: The location, for messages.
        sample: The first rows.
        text_column: The column of text, if the user names it.

    Raises:
        LocationError: The table has no rows, or no column of text.
    """
    if not sample:
        raise LocationError(f"{place} holds no posts; give another file")
    columns = list(dict.fromkeys(name for row in sample for name in row))
    by_key = {plain(name): name for name in reversed(columns)}
    text = _text_column(place, sample, by_key, columns, text_column)
    dates = _date_column(sample, by_key)
    several = {
        field: tuple(by_key[key] for key in keys if key in by_key and not _is_count(sample, by_key[key]))
        for field, keys in names("several").items()
    }
    texts = [value for row in sample if isinstance(value := rendered(row.get(text)), str) and value]
    values: dict[str, object] = {
        **{field: _find(by_key, field) for field in ("id", "lang", "url", "reply_to")},
        **several,
        "text": text,
        "created_at": dates,
        "clock": _clock_column(sample, dates, by_key),
        "day_first": is_day_first(row.get(dates or "") for row in sample),
        "is_html": _share(_TAG.search, texts) > 0.1,  # noqa: PLR2004 -- posts of one line may have no tag
        "has_quotations": "subreddit" in by_key,
        "is_bytes": _share(_BYTES.fullmatch, texts) > 0.5,  # noqa: PLR2004 -- most
    }
    return msgspec.convert(values, Columns)


def with_fields(columns: Columns, fields: Iterable[str]) -> Columns:
    """Add fields that only later rows have: JSON has some fields only where they are needed."""
    by_key = {plain(name): name for name in fields}
    more = {
        field: (*getattr(columns, field), *(by_key[key] for key in keys if key in by_key))
        for field, keys in names("several").items()
    }
    return replace(columns, **more)


def rendered(value: object) -> object:
    """Return the text inside of an object around it, as WordPress has it; else the value itself."""
    return value.get("rendered") if isinstance(value, dict) else value


def _find(by_key: dict[str, str], field: str) -> str | None:
    """Return the name of the column that holds a field, by the most reliable of its usual names."""
    return next((by_key[key] for key in names("columns")[field] if key in by_key), None)


def _text_column(
    place: str, sample: list[Row], by_key: dict[str, str], columns: list[str], text_column: str | None
) -> str:
    """Return the column that the user names, or the first usual one whose texts differ as posts do."""
    if text_column:
        keys = [text_column] if text_column in columns else [by_key.get(plain(text_column), "")]
        candidates = list(filter(None, keys))
    else:
        candidates = [by_key[key] for key in names("columns")["text"] if key in by_key]
        candidates = candidates or list(filter(_seems_of_text, columns))
    if not candidates:
        if not text_column and any(len(name) > _LONGEST_NAME or read_date(name) for name in columns):
            raise NoTextColumn(
                f"{place} has no names of columns; put them into its first line, such as: date,text", columns
            )
        lacking = f"no column {text_column!r}" if text_column else "no column of text"
        present = ", ".join(map(repr, columns[:_LISTED]))
        raise NoTextColumn(
            f"{place} has {lacking}, only {present}; name that of the text with --text-column", columns
        )
    different = {name: len({str(row.get(name)) for row in sample}) for name in candidates}
    return next(name for name in candidates if 2 * different[name] >= max(different.values()))


def _date_column(sample: list[Row], by_key: dict[str, str]) -> str | None:
    """Return the first usual column of dates most of which can be read, or the first one that holds dates."""
    usual = [by_key[key] for key in names("columns")["created_at"] if key in by_key]
    others = [
        name for name in reversed(by_key.values()) if name not in usual and _may_be_of_dates(sample, name)
    ]
    for name in (*usual, *others):
        values = [value for row in sample if not is_empty(value := row.get(name))]
        if 2 * sum(read_date(value) is not None for value in values) > len(values):
            return name
    return None


def _seems_of_text(name: str) -> bool:
    """Whether a column without a usual name seems to hold the text: `Text of the tweet`, `clean_text`."""
    known, words = names("column_parts"), parts(name)
    others = {*known["never_texts"], *names("authors")["descriptions"], *names("authors")["parts"]}
    others |= {*names("authors")["parts_of_others"]} - {*known["texts"]}
    key, compound = plain(name), tuple(word for word in known["texts"] if not word.isascii())  # 投稿内容
    says_so = not set(words).isdisjoint(known["texts"]) or key.endswith(compound)
    return says_so and others.isdisjoint(words)


def _may_be_of_dates(sample: list[Row], name: str) -> bool:
    """Whether a column without a usual name may say when its posts were written.

    Its values look like dates; numbers do only where the name says so.
    """
    known, words = names("column_parts"), set(parts(name))
    values = [str(value) for row in sample if not is_empty(value := row.get(name))]
    looks = _DATE_OR_NUMBER if not words.isdisjoint(known["dates"]) else _DATE
    return bool(values) and words.isdisjoint(known["never_dates"]) and all(map(looks.match, values))


def _clock_column(sample: list[Row], dates: str | None, by_key: dict[str, str]) -> str | None:
    """Return the column of the time of day, if the dates have none."""
    clock = by_key.get("time")
    if not dates or not clock or clock == dates:
        return None
    has_clock = any(":" in str(row.get(dates)) for row in sample)
    is_clock = all(_CLOCK.fullmatch(str(row.get(clock))) for row in sample)
    return clock if is_clock and not has_clock else None


def _is_count(sample: list[Row], name: str) -> bool:
    """Whether a column counts something: how often others have reposted, not whether this is a repost."""
    values = {str(row.get(name)) for row in sample} - {"0", "1", "0.0", "1.0"}
    return any(map(_COUNT.fullmatch, values))


def _share(test: Any, texts: Iterable[str]) -> float:
    results = [test(text.strip()) is not None for text in texts]
    return sum(results) / max(1, len(results))
