"""Turns the rows of a table into posts.

Whose a row is decides authorship.py, whether everyone could read it audience.py, what its text is
table_texts.py, and of what kind it is post_kinds.py.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from itertools import islice
from typing import Any

from msgspec import Struct

from ...errors import LocationError, SeveralAuthors
from ...types import Account, Post, PostKind, Timeline
from .._contract import ReadOptions
from .audience import Audience
from .authors import person_handle, to_handle
from .authorship import Authorship, choose
from .logs import are_chats, are_lines_of_chat, are_signed
from .post_kinds import answered, kind_of, value_of
from .record_shapes import Row
from .skipped import count_skipped, skip
from .table_columns import Columns, find_columns, with_fields
from .table_texts import post_text
from .talks import sides_of_talk
from .x_posts import language

Rows = Callable[[], Iterator[Row]]

_SAMPLE = 1000  # rows that show the columns and the form of dates
_SAMPLE_MEMORY = 64 << 20  # bytes that they take, after which no more are taken
_VALUE_MEMORY = 64  # bytes of a value
_FIRST_ROWS = 500  # whose texts show whether they are a chat
_LISTED = 8  # authors named in messages
_ROUNDED_ID = re.compile(r"\d+(?:\.\d+)?[eE][+-]?\d+|\d+\.\d*|\d{12,}000")  # 2.91094E+17
_STATUS = re.compile(r"/status/(\d+)")


class _Table(Struct, frozen=True):
    """What the first rows of a table show."""

    columns: Columns
    fields: set[str]
    authorship: Authorship
    audience: Audience


def table_timeline(place: str, rows: Rows, options: ReadOptions, *, source: str, digest: str) -> Timeline:
    """Find the columns and the author in the first rows, and open the posts in the order of the table.

    Args:
        place: The location, for messages.
        rows: Opens the table.
        options: What the user says about it.
        source: Name of the source.
        digest: Digest of the table.

    Raises:
        LocationError: The table has no column of text, or not exactly one author.
    """
    with count_skipped():  # they are counted where the posts are read
        sample = _first_rows(rows)
    columns = find_columns(place, sample, options.text_column)
    fields = {name for row in sample for name in row}
    authorship = Authorship(sample, options.handle or options.name or "")
    table = _Table(columns, fields, authorship, Audience(sample, authorship.fields))
    if options.one_author:
        return _timeline(place, enumerate(rows(), start=1), "", options, table, source, digest)
    _refuse_chat(place, sample, table)
    people = list(dict.fromkeys(map(table.authorship.person, sample)))
    selected = choose(people, options.handle, options.name)
    if not (selected and options.handle) and len({person.key for person in people}) == 1:
        _refuse_talk(place, sample, table, people[0].key)
    key = selected or to_handle(options.handle or "") or next((p.key for p in people if p.key), "")
    own = _rows_of(key, place, rows, table.authorship, selected=bool(selected or options.handle))
    return _timeline(place, own, selected or options.handle or key, options, table, source, digest)


def _timeline(
    place: str,
    own: Iterator[tuple[int, Row]],
    author: str,
    options: ReadOptions,
    table: _Table,
    source: str,
    digest: str,
) -> Timeline:
    """Open the posts in one author's rows; `author` is as the table names them, "" where it does not."""
    handle = person_handle(author or options.handle or "") or to_handle((options.name or "").lower())
    if not handle:
        raise LocationError(
            f"{place} does not say who wrote the posts", advice="say it with --name 'Their Name'"
        )
    return Timeline(
        account=Account(handle=handle, name=options.name or handle, source=source),
        posts=_posts(place, own, handle, table),
        digest=digest,
        handle_is_id=table.authorship.has_ids,
    )


def _refuse_chat(place: str, sample: list[Row], table: _Table) -> None:
    """Raise `LocationError` if texts are chats themselves, or, where nobody else is named, lines of one."""
    may_be_read = (row for row in sample[:_FIRST_ROWS] if not table.audience.closed(row))
    texts = list(filter(None, (post_text(row, table.columns) for row in may_be_read)))
    if are_chats(texts) or are_signed(texts) or (not table.authorship.is_known and are_lines_of_chat(texts)):
        raise LocationError(
            f"{place} looks like a chat or a log: dates, times or names are in {table.columns.text!r} before "
            "what is said",
            advice="give only your own words, without these, or add --one-author if all are yours",
            one_author_helps=True,
        )


def _refuse_talk(place: str, sample: list[Row], table: _Table, author: str) -> None:
    """Raise `LocationError` if rows of one author, or of nobody, look like those of a talk."""
    may_be_read = [row for row in sample if not table.audience.closed(row)]
    sides = sides_of_talk(may_be_read, table.columns, table.authorship.fields) if may_be_read else None
    if not sides:
        return
    field, counts = sides
    turns = f"{place} looks like a talk: {field!r} goes back and forth between {_values(counts)}"
    if author:
        who = to_handle(author)
        raise SeveralAuthors(turns, {who: len(sample)}, advice=f"say --handle {who} if all are theirs")
    way_out = "add --one-author if all are yours"
    if field not in table.fields or "" in counts:  # --handle cannot name it
        raise LocationError(turns, advice=f"keep only your own, or {way_out}", one_author_helps=True)
    raise SeveralAuthors(turns, counts, advice=f"choose with --handle, or {way_out}", one_author_helps=True)


def _values(counts: Counter[str]) -> str:
    """Name the values of a field, the most frequent first."""
    return ", ".join(f"{value or 'nothing'} ({count:,})" for value, count in counts.most_common())


def _first_rows(rows: Rows) -> list[Row]:
    """Return the first rows, fewer where they are large."""
    sample: list[Row] = []
    size = 0
    for row in islice(rows(), _SAMPLE):
        sample.append(row)
        size += _memory(row)
        if size > _SAMPLE_MEMORY:
            break
    return sample


def _memory(row: Row) -> int:
    """Estimate the bytes of memory that a row takes, with the values in it at any depth."""
    size = 0
    containers: list[Collection[Any]] = [row.values()]
    while containers:
        values = containers.pop()
        size += _VALUE_MEMORY * len(values) + sum(len(value) for value in values if isinstance(value, str))
        containers += [value.values() for value in values if isinstance(value, dict)]
        containers += [value for value in values if isinstance(value, list)]
    return size


def _rows_of(
    key: str, place: str, rows: Rows, authorship: Authorship, *, selected: bool
) -> Iterator[tuple[int, Row]]:
    """Yield one author's rows with their numbers; refuse a table of several, unless the user chose one."""
    any_row = False
    for number, row in enumerate(rows(), start=1):
        author = authorship.person(row).key
        if author.casefold() == key.casefold() or not (author or (selected and authorship.is_known)):
            any_row = True
            yield number, row
        elif not selected:
            counts = _authors(rows, authorship)
            raise SeveralAuthors(
                f"{place} holds posts of several people: {_listed(counts)}",
                counts,
                advice=f"choose with --handle, or add --one-author if {_excuse(authorship)}",
                one_author_helps=True,
            )
    if not any_row:
        raise LocationError(f"{place} holds no posts of @{key}, but of {_listed(_authors(rows, authorship))}")


def _excuse(authorship: Authorship) -> str:
    """When a table of several authors has one, in words; a column of authors may be only a guess."""
    return f"{authorship.guessed!r} is not who wrote" if authorship.guessed else "one person wrote them all"


def _authors(rows: Rows, authorship: Authorship) -> Counter[str]:
    """Count the rows of each author of a table: by handle, or as the table names those who share one."""
    keys = Counter(authorship.person(row).key for row in rows())
    handles = Counter(map(to_handle, keys))
    counts = Counter[str]()
    for key, count in keys.items():
        counts[to_handle(key) if handles[to_handle(key)] == 1 else key] += count
    return counts


def _listed(counts: Counter[str]) -> str:
    """Name the authors with the most rows."""
    first = ", ".join(f"{handle or 'nobody'} ({count:,})" for handle, count in counts.most_common(_LISTED))
    return f"{first} and {len(counts) - _LISTED:,} more" if len(counts) > _LISTED else first


def _posts(place: str, rows: Iterator[tuple[int, Row]], handle: str, table: _Table) -> Iterator[Post]:
    closed: Counter[str] = Counter()
    any_post, columns, fields = False, table.columns, set(table.fields)
    for number, row in rows:
        if not row.keys() <= fields:
            columns = with_fields(columns, row.keys() - fields)
            fields.update(row)
        if reason := table.audience.closed(row):
            closed[reason] += 1
            skip(reason)
        elif post := _post(row, number, handle, columns):
            any_post = True
            yield post
    if closed and not any_post:
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in closed.items())
        raise LocationError(f"{place} holds no posts that everyone could read, only others ({reasons})")


def _post(row: Row, number: int, handle: str, columns: Columns) -> Post | None:
    """Return the post in a row, or None if the row has no text."""
    text = post_text(row, columns)
    kind = kind_of(text, row, columns, handle)
    if not text and kind is not PostKind.REPOST:
        return None
    url = value_of(row, columns.url)
    return Post(
        id=_id(value_of(row, columns.id)) or _id_in(url) or f"row-{number}",
        author=handle,
        text=text,
        created_at=columns.dates.read(row),
        kind=kind,
        reply_to=_id(value_of(row, columns.reply_to)) or answered(row, columns) or None,
        lang=language(value_of(row, columns.lang)),
        url=url if url.startswith("http") else "",
    )


def _id(value: str) -> str:
    """Return an id; an empty string if a spreadsheet rounded it, since two posts could then share it."""
    return "" if _ROUNDED_ID.fullmatch(value) else value


def _id_in(url: str) -> str:
    status = _STATUS.search(url)
    return status[1] if status else ""
