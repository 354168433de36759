"""Finds the columns of a table by their names, as many programs and languages write them, and their forms."""

from __future__ import annotations

import re
from collections.abc import Iterable
from types import NoneType
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from ...errors import LocationError, NoTextColumn
from .dates import read_date
from .fields import names, parts, plain
from .record_shapes import Row
from .table_dates import DateColumns, find_dates
from .text_repairs import Repairs, find_repairs

_TEXTS_OF_REDDIT = {"body", "selftext"}  # of a comment, and of a post
_SAME_TEXTS = (  # names of one field; records have one or the other, as a program or its versions write them
    _TEXTS_OF_REDDIT,
    {"fulltext", "text"},
    {"rawcontent", "content"},
    {"contenttext", "contenthtml"},
)
_MARKED_QUOTATIONS = {"subreddit", "msgtype"}  # of Reddit and Matrix, which mark what is quoted with `>`
_LONGEST_NAME = 40  # characters of the name of a column
_LISTED = 20  # columns named in messages
_COUNT = re.compile(r"\d{1,9}(?:\.0)?")
_TAG = re.compile(r"<(?:p|br|a|span|div|blockquote|ul|h-card)\b[^<>]*>", re.IGNORECASE)
_BYTES = re.compile(r"""b(["']).*\1""", re.DOTALL)


class Columns(Struct, frozen=True, kw_only=True):
    """The names of a table's columns, and the form of what is in them."""

    text: str
    other_text: str | None = None  # of records that lack the first one
    id: str | None = None
    dates: DateColumns = DateColumns()
    lang: str | None = None
    url: str | None = None
    reply_to: str | None = None
    replies: tuple[str, ...] = ()
    reposts: tuple[str, ...] = ()
    originals: tuple[str, ...] = ()  # where a no means that it is a repost
    sources: tuple[str, ...] = ()  # who wrote what is repeated
    quotes: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    long_texts: tuple[str, ...] = ()  # the whole of texts that `text` has cut
    is_html: bool = False
    has_quotations: bool = False  # whether lines after `>` are quotations
    repairs: Repairs = Repairs()
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
    several = {
        field: tuple(name for name in found if _says_whose(name) or not _is_count(sample, name))
        for field, found in _several(by_key).items()
    }
    other = _other_text(text, by_key) if not _stand_side_by_side(sample, by_key) else None
    texts = [
        value
        for row in sample
        if isinstance(value := rendered(row.get(text) or row.get(other or "")), str) and value
    ]
    values: dict[str, object] = {
        **{field: _find(by_key, field) for field in ("id", "lang", "url", "reply_to")},
        **several,
        "text": text,
        "other_text": other,
        "dates": find_dates(sample, by_key),
        "is_html": _share(_TAG.search, texts) > 0.1,  # noqa: PLR2004 -- posts of one line may have no tag
        "repairs": find_repairs(texts),
        "has_quotations": not _MARKED_QUOTATIONS.isdisjoint(by_key),
        "is_bytes": _share(_BYTES.fullmatch, texts) > 0.5,  # noqa: PLR2004 -- most
    }
    return msgspec.convert(values, Columns)


def with_fields(columns: Columns, fields: Iterable[str]) -> Columns:
    """Add fields that only later rows have: JSON has some fields only where they are needed."""
    by_key = {plain(name): name for name in fields}
    more = {field: (*getattr(columns, field), *found) for field, found in _several(by_key).items()}
    return replace(columns, **more, other_text=columns.other_text or _other_text(columns.text, by_key))


def _other_text(text: str, by_key: dict[str, str]) -> str | None:
    """Return the field of the texts of records that lack the usual one: of comments of Reddit, say."""
    key = plain(text)
    others = (other for same in _SAME_TEXTS if key in same for other in same - {key})
    return next((by_key[other] for other in others if other in by_key), None)


def _stand_side_by_side(sample: list[Row], by_key: dict[str, str]) -> bool:
    """Whether records have both, as a comment has beside the post of another that it is about."""
    fields = [by_key[key] for key in _TEXTS_OF_REDDIT if key in by_key]
    return any(len(fields) > 1 and all(row.get(name) for name in fields) for row in sample)


def _several(by_key: dict[str, str]) -> dict[str, list[str]]:
    """Return the columns of each meaning that several columns may have."""
    several = {
        field: [by_key[key] for key in keys if key in by_key] for field, keys in names("several").items()
    }
    several["reposts"] += [
        name for name in filter(_says_whose, by_key.values()) if name not in several["reposts"]
    ]
    several["kinds"] += [name for name in filter(_says_kind, by_key.values()) if name not in several["kinds"]]
    return several


def _says_whose(name: str) -> bool:
    """Whether a column says whose post is repeated, or who repeated it: `retweeted_from_author`."""
    words, known = set(parts(name)), names("repost_parts")
    acts, whose = words & {*known["acts"]}, words & {*known["whose"]}
    return bool(acts and whose) and words <= acts | whose | {*known["around"]}


def _says_kind(name: str) -> bool:
    """Whether a column says of what kind a post is: `referenced_tweets.0.type`."""
    return parts(name)[-1:] in (["type"], ["kind"])


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
        candidates = candidates or list(filter(seems_of_text, columns))
    if not candidates:
        if not text_column and _lack_names(sample, columns):
            raise NoTextColumn(
                f"{place} has no names of columns; put them into its first line, such as: "
                f"{'text' if len(columns) == 1 else 'date,text'}",
                columns,
            )
        lacking = f"no column {text_column!r}" if text_column else "no column of text"
        or_a_post = (
            ", or write text above it if it is a post" if len(columns) == 1 and not text_column else ""
        )
        present = ", ".join(map(repr, columns[:_LISTED]))
        raise NoTextColumn(
            f"{place} has {lacking}, only {present}",
            columns,
            advice=f"name that of the text with --text-column{or_a_post}",
        )
    candidates = [name for name in candidates if _has_values(sample, name)] or candidates
    different = {name: len({str(row.get(name)) for row in sample}) for name in candidates}
    return next(name for name in candidates if 2 * different[name] >= max(different.values()))


def _lack_names(sample: list[Row], columns: list[str]) -> bool:
    """Whether a table begins with a row of posts: with a date, or a long text above no dates and numbers."""
    if any(map(read_date, columns)):
        return True
    is_named = any(not _COUNT.fullmatch(name) and _are_of_values(sample, name) for name in columns)
    return any(len(name) > _LONGEST_NAME for name in columns) and not is_named


def _are_of_values(sample: list[Row], name: str) -> bool:
    """Whether a column has nothing but dates and numbers."""
    values = [str(row[name]) for row in sample if row.get(name)]
    return bool(values) and all(_COUNT.fullmatch(value) or read_date(value) for value in values)


def _has_values(sample: list[Row], name: str) -> bool:
    """Whether a column has more than objects and lists, as that of events between messages may have."""
    return any(not isinstance(rendered(row.get(name)), dict | list | NoneType) for row in sample)


def seems_of_text(name: str) -> bool:
    """Whether a column without a usual name seems to hold the text: `Text of the tweet`, `clean_text`."""
    known, words = names("column_parts"), parts(name)
    others = {*known["never_texts"], *names("authors")["descriptions"], *names("authors")["parts"]}
    others |= {*names("authors")["parts_of_others"]} - {*known["texts"]}
    key, compound = plain(name), tuple(word for word in known["texts"] if not word.isascii())  # 投稿内容
    says_so = not set(words).isdisjoint(known["texts"]) or key.endswith(compound)
    return says_so and others.isdisjoint(words)


def _is_count(sample: list[Row], name: str) -> bool:
    """Whether a column counts something: how often others have reposted, not whether this is a repost."""
    values = {str(row.get(name)) for row in sample} - {"0", "1", "0.0", "1.0"}
    return any(map(_COUNT.fullmatch, values))


def _share(test: Any, texts: Iterable[str]) -> float:
    results = [test(text.strip()) is not None for text in texts]
    return sum(results) / max(1, len(results))
