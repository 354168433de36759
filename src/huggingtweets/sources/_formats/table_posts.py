"""Turns the rows of a table into posts.

Columns are found by their names. Spreadsheets and scrapers damage tables: ids are rounded, links stick to
words, text is still escaped for HTML. This is repaired, as far as it can be.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import chain, islice

import msgspec
from msgspec import Struct

from ...errors import LocationError
from ...types import Account, Post, PostKind, Timeline
from .._contract import ReadOptions
from .authors import same_handle, to_handle
from .dates import is_day_first, read_date
from .markup import unescape_html
from .table_rows import Row
from .x_posts import language

Rows = Callable[[], Iterator[Row]]

_SAMPLE = 1000  # rows that show the columns and the form of dates
_LISTED = 5  # authors named in messages
_LISTED_COLUMNS = 20
_NAMES = {  # of each column, the most reliable first, without case, spaces and underscores
    "text": "fulltext text tweet rawcontent content status body",
    "id": "idstr id tweetid statusid postid",
    "created_at": "createdat date timestamp datetime created time",
    "author": "screenname username handle user author",
    "lang": "lang language",
    "url": "url permalink tweeturl posturl link",
    "reply_to": "inreplytostatusidstr inreplytostatusid inreplytotweetid inreplyto replyto",
    "reply_to_user": "inreplytoscreenname inreplytouserid inreplytouser",
    "repost": "isretweet isrepost retweetedstatus retweetedstatusid retweetedtweet",
}
_EMPTY = {"", "0", "none", "nan", "null", "false", "f", "no"}
_RETWEET = re.compile(r"RT @\w")
_ROUNDED_ID = re.compile(r"\d+(?:\.\d+)?[eE][+-]?\d+|\d+\.\d*|\d{12,}000")  # 2.91094E+17
_STATUS = re.compile(r"/status/(\d+)")
_STUCK_LINK = re.compile(r"""(?<=[^\s(\[{"'\u2018\u201c«/=<>?&%])(?=https?://|pic\.twitter\.com/)""")
_LINE_END = re.compile(r"\r\n?")


class _Columns(Struct, frozen=True, kw_only=True):
    """The names of a table's columns; `day_first` says whether its dates write the day before the month."""

    text: str
    id: str | None = None
    created_at: str | None = None
    author: str | None = None
    lang: str | None = None
    url: str | None = None
    reply_to: str | None = None
    reply_to_user: str | None = None
    repost: str | None = None
    day_first: bool = False


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
    opened = rows()
    sample = list(islice(opened, _SAMPLE))
    columns = _find_columns(place, sample, options.text_column)
    handle = _handle(place, sample, columns, options)
    account = Account(handle=handle, name=options.name or handle, source=source)
    own = _rows_of(handle, place, rows, chain(sample, opened), columns, has_handle=bool(options.handle))
    posts = (post for number, row in own if (post := _post(row, number, handle, columns)))
    return Timeline(account=account, posts=posts, digest=digest)


def _find_columns(place: str, sample: list[Row], text_column: str | None) -> _Columns:
    names = list(dict.fromkeys(name for row in sample for name in row))
    columns = {field: _find(names, candidates.split()) for field, candidates in _NAMES.items()}
    if text_column:
        columns["text"] = text_column if text_column in names else _find(names, [_plain(text_column)])
    if not sample:
        raise LocationError(f"{place} holds no posts; give another file")
    if not columns["text"]:
        lacking = f"no column {text_column!r}" if text_column else "no column of text"
        present = ", ".join(map(repr, names[:_LISTED_COLUMNS]))
        raise LocationError(
            f"{place} has {lacking}, only {present}; name that of the text with --text-column"
        )
    dates = (row.get(columns["created_at"] or "") for row in sample)
    return msgspec.convert({**columns, "day_first": is_day_first(dates)}, _Columns)


def _find(names: list[str], candidates: list[str]) -> str | None:
    """Return the name of the first candidate that is among the names."""
    plain = {_plain(name): name for name in reversed(names)}
    return next((plain[name] for name in candidates if name in plain), None)


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name.casefold())


def _handle(place: str, sample: list[Row], columns: _Columns, options: ReadOptions) -> str:
    """Return the handle that the user gives, else the first author's in the table, else one from the name."""
    authors = (_author(row, columns) for row in sample)
    for name in (options.handle or "", *authors, (options.name or "").lower()):
        if handle := to_handle(name):
            return handle
    raise LocationError(f"{place} does not say who wrote the posts; say it with --name 'Their Name'")


def _author(row: Row, columns: _Columns) -> str:
    value = row.get(columns.author) if columns.author else None
    if isinstance(value, dict):  # a whole profile, as X's API sends it
        value = value.get("screen_name") or value.get("username")
    return str(value or "")


def _rows_of(
    handle: str, place: str, rows: Rows, opened: Iterable[Row], columns: _Columns, *, has_handle: bool
) -> Iterator[tuple[int, Row]]:
    """Yield one author's rows with their numbers; refuse a table of several, unless the user chose one."""
    any_row = False
    for number, row in enumerate(opened, start=1):
        author = _author(row, columns)
        if same_handle(author, handle) or not (author or (has_handle and columns.author)):
            any_row = True
            yield number, row
        elif not has_handle:
            raise LocationError(
                f"{place} holds posts of several people: {_authors(rows, columns)}; choose with --handle"
            )
    if not any_row:
        raise LocationError(f"{place} holds no posts of @{handle}, but of {_authors(rows, columns)}")


def _authors(rows: Rows, columns: _Columns) -> str:
    counts = Counter(_author(row, columns) for row in rows())
    first = ", ".join(
        f"{to_handle(author) or 'nobody'} ({count:,})" for author, count in counts.most_common(_LISTED)
    )
    return f"{first} and {len(counts) - _LISTED:,} more" if len(counts) > _LISTED else first


def _post(row: Row, number: int, handle: str, columns: _Columns) -> Post | None:
    """Return the post in a row, or None if the row has no text."""
    text = _text(row.get(columns.text))
    if not text:
        return None
    url = _field(row, columns.url)
    return Post(
        id=_id(_field(row, columns.id)) or _id_in(url) or f"row-{number}",
        author=handle,
        text=text,
        created_at=_date(row, columns),
        kind=_kind(text, row, columns),
        reply_to=_id(_field(row, columns.reply_to)) or None,
        lang=language(_field(row, columns.lang)),
        url=url if url.startswith("http") else "",
    )


def _date(row: Row, columns: _Columns) -> datetime | None:
    if not columns.created_at:
        return None
    return read_date(row.get(columns.created_at), day_first=columns.day_first)


def _text(value: object) -> str:
    if not isinstance(value, str):
        return ""
    return _STUCK_LINK.sub(" ", _LINE_END.sub("\n", unescape_html(value))).strip()


def _field(row: Row, column: str | None) -> str:
    """Return a field as text; an empty string for `none`, `nan` and the like."""
    text = str(row.get(column, "")).strip() if column else ""
    return "" if text.casefold() in _EMPTY else text


def _kind(text: str, row: Row, columns: _Columns) -> PostKind:
    if _RETWEET.match(text) or _field(row, columns.repost):
        return PostKind.REPOST
    is_reply = text.startswith("@") or _field(row, columns.reply_to) or _field(row, columns.reply_to_user)
    return PostKind.REPLY if is_reply else PostKind.ORIGINAL


def _id(value: str) -> str:
    """Return an id; an empty string if a spreadsheet rounded it, since two posts could then share it."""
    return "" if _ROUNDED_ID.fullmatch(value) else value


def _id_in(url: str) -> str:
    status = _STATUS.search(url)
    return status[1] if status else ""
