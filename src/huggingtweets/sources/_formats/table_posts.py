"""Posts out of the rows of a table, whatever its form.

Columns are found by their names. Tables come out of spreadsheets and scrapers and carry their marks: ids
ruined by rounding, links glued to words, text still escaped for HTML.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice

import msgspec
from msgspec import Struct

from ...errors import LocationError
from ...types import Account, Post, PostKind, Timeline
from .._contract import ReadOptions
from .dates import is_day_first, read_date
from .handles import same_handle, to_handle
from .html_text import unescaped
from .table_rows import Row
from .x_posts import language

Rows = Callable[[], Iterator[Row]]

_SAMPLE = 1000  # rows by which columns and the form of dates are found
_LISTED = 5  # authors named where one must be chosen
_LISTED_COLUMNS = 20
_NAMES = {  # of each column, the surest first, without case, spaces and underscores
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
_NOTHING = {"", "0", "none", "nan", "null", "false", "f", "no"}
_RETWEET = re.compile(r"RT @\w")
_RUINED_ID = re.compile(r"\d+(?:\.\d+)?[eE][+-]?\d+|\d+\.\d*|\d{12,}000")  # 2.91094E+17
_STATUS = re.compile(r"/status/(\d+)")
_GLUED = re.compile(r"""(?<=[^\s(\[{"'\u2018\u201c«/=<>?&%])(?=https?://|pic\.twitter\.com/)""")
_LINE_END = re.compile(r"\r\n?")


class _Columns(Struct, frozen=True, kw_only=True):
    """Which column of a table holds what. `day_first` is how its dates in numbers begin."""

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
    """Find the columns and the author by the first rows, and open the posts in the order of the table.

    Args:
        place: What is read, for messages.
        rows: Opens the table.
        options: What the user says about it.
        source: Name of the source.
        digest: That of the table.

    Raises:
        LocationError: No column of text is found, or not one author.
    """
    opened = rows()
    sample = list(islice(opened, _SAMPLE))
    columns = _find_columns(place, sample, options.text_column)
    handle = _handle(place, sample, columns, options)
    account = Account(handle=handle, name=options.name or handle, source=source)
    mine = _rows_of(handle, place, rows, chain(sample, opened), columns, chosen=bool(options.handle))
    posts = (post for number, row in mine if (post := _post(row, number, handle, columns)))
    return Timeline(account=account, posts=posts, digest=digest)


def _find_columns(place: str, sample: list[Row], text_column: str | None) -> _Columns:
    names = list(dict.fromkeys(name for row in sample for name in row))
    found = {field: _find(names, wanted.split()) for field, wanted in _NAMES.items()}
    if text_column:
        found["text"] = text_column if text_column in names else _find(names, [_plain(text_column)])
    if not sample:
        raise LocationError(f"{place} holds no posts; give another file")
    if not found["text"]:
        lacking = f"no column {text_column!r}" if text_column else "no column of text"
        present = ", ".join(map(repr, names[:_LISTED_COLUMNS]))
        raise LocationError(
            f"{place} has {lacking}, only {present}; name that of the text with --text-column"
        )
    dates = (row.get(found["created_at"] or "") for row in sample)
    return msgspec.convert({**found, "day_first": is_day_first(dates)}, _Columns)


def _find(names: list[str], wanted: list[str]) -> str | None:
    plain = {_plain(name): name for name in reversed(names)}
    return next((plain[name] for name in wanted if name in plain), None)


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name.casefold())


def _handle(place: str, sample: list[Row], columns: _Columns, options: ReadOptions) -> str:
    """Whose posts to read: whom the user names, else who is in the table first, else who the name is of."""
    authors = (_author(row, columns) for row in sample)
    for who in (options.handle or "", *authors, (options.name or "").lower()):
        if handle := to_handle(who):
            return handle
    raise LocationError(f"{place} does not say who wrote the posts; say it with --name 'Their Name'")


def _author(row: Row, columns: _Columns) -> str:
    value = row.get(columns.author) if columns.author else None
    if isinstance(value, dict):  # a whole profile, as X's API gives it
        value = value.get("screen_name") or value.get("username")
    return str(value or "")


def _rows_of(
    handle: str, place: str, rows: Rows, opened: Iterable[Row], columns: _Columns, *, chosen: bool
) -> Iterator[tuple[int, Row]]:
    """Rows of one author with their numbers. Where there are several, the user must have chosen."""
    found = False
    for number, row in enumerate(opened, start=1):
        author = _author(row, columns)
        if same_handle(author, handle) or not (author or (chosen and columns.author)):
            found = True
            yield number, row
        elif not chosen:
            raise LocationError(
                f"{place} holds posts of several people: {_authors(rows, columns)}; choose with --handle"
            )
    if not found:
        raise LocationError(f"{place} holds no posts of @{handle}, but of {_authors(rows, columns)}")


def _authors(rows: Rows, columns: _Columns) -> str:
    counts = Counter(_author(row, columns) for row in rows())
    most = ", ".join(
        f"{to_handle(author) or 'nobody'} ({count:,})" for author, count in counts.most_common(_LISTED)
    )
    return f"{most} and {len(counts) - _LISTED:,} more" if len(counts) > _LISTED else most


def _post(row: Row, number: int, handle: str, columns: _Columns) -> Post | None:
    """The post in a row, or None where the row has no text."""
    text = _typed(row.get(columns.text))
    if not text:
        return None
    url = _filled(row, columns.url)
    return Post(
        id=_id(_filled(row, columns.id)) or _id_in(url) or f"row-{number}",
        author=handle,
        text=text,
        created_at=read_date(row.get(columns.created_at), day_first=columns.day_first)
        if columns.created_at
        else None,
        kind=_kind(text, row, columns),
        reply_to=_id(_filled(row, columns.reply_to)) or None,
        lang=language(_filled(row, columns.lang)),
        url=url if url.startswith("http") else "",
    )


def _typed(value: object) -> str:
    if not isinstance(value, str):
        return ""
    return _GLUED.sub(" ", _LINE_END.sub("\n", unescaped(value))).strip()


def _filled(row: Row, column: str | None) -> str:
    """A field as text; nothing where it says in some way that it is empty."""
    text = str(row.get(column, "")).strip() if column else ""
    return "" if text.casefold() in _NOTHING else text


def _kind(text: str, row: Row, columns: _Columns) -> PostKind:
    if _RETWEET.match(text) or _filled(row, columns.repost):
        return PostKind.REPOST
    is_reply = text.startswith("@") or _filled(row, columns.reply_to) or _filled(row, columns.reply_to_user)
    return PostKind.REPLY if is_reply else PostKind.ORIGINAL


def _id(value: str) -> str:
    """An id, unless a spreadsheet rounded it: then two posts could share it, so it is none."""
    return "" if _RUINED_ID.fullmatch(value) else value


def _id_in(url: str) -> str:
    status = _STATUS.search(url)
    return status[1] if status else ""
