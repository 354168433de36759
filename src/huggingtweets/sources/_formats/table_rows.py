"""Reads the rows of a table one by one: CSV, TSV, JSON, JSON lines, parquet, or text with one post a line."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from itertools import chain, islice
from pathlib import Path

from ...errors import BrokenArchive, LocationError
from .cell_objects import with_objects
from .columnar_rows import parquet_rows
from .delimited import DELIMITERS, FIRST_LINES, LONGEST_NAME, SEPARATOR, delimited_rows, reader_of
from .encoding import codec_of, lines
from .fields import names, plain
from .json_rows import is_json, json_rows
from .logs import has_front_matter, is_log, quoted_line
from .record_shapes import Row
from .table_columns import seems_of_text
from .workbook import SUFFIXES, is_workbook, workbook_rows

_START, _END = "<|startoftext|>", "<|endoftext|>"  # as gpt-2-simple writes its training texts
_FIRST_ROWS = 5
_SENTENCE = 5  # words that no name of a column has
_SENTENCE_ENDS = (".", "!", "?", "\u2026", "\u3002", "\uff01", "\uff1f")


def table_rows(
    path: Path, encoding: str | None = None, *, one_author: bool = False, is_bare: bool = False
) -> Iterator[Row]:
    """Yield the rows of a table; memory does not grow with it, unless it is a JSON object around a list.

    Args:
        path: The table.
        encoding: Of a table that is text, where the user says it.
        one_author: Whether the user says that all lines of a text are one person's.
        is_bare: Whether it has one column of posts and no name for it, see `is_bare_column`.

    Raises:
        BrokenArchive: The table is damaged; the message says where.
        LocationError: The file is a JSON object without exactly one list of objects.
    """
    if not is_workbook(path) and path.suffix.lower() not in _BINARY_READERS and is_json(path):
        return json_rows(path, codec_of(encoding))
    return with_objects(_plain_rows(path, codec_of(encoding), one_author=one_author, is_bare=is_bare))


def _plain_rows(path: Path, codec: str | None, *, one_author: bool, is_bare: bool) -> Iterator[Row]:
    """Yield the rows of a table that is no JSON, as they are in it."""
    suffix = path.suffix.lower()
    if is_workbook(path):
        return workbook_rows(path)
    if suffix in _BINARY_READERS:
        return _BINARY_READERS[suffix](path)
    text = lines(path, codec)
    if suffix in SUFFIXES:  # some sites name a text so, which opens in a program for workbooks
        return delimited_rows(_table(text, path, "is no workbook; save it again, or as CSV"), str(path))
    if suffix == ".txt":
        return _text_rows(text, str(path), one_author=one_author)
    if suffix not in _DELIMITED:
        text = _table(text, path, "does not begin as JSON does; download or unpack it again")
    return _bare_rows(text, str(path), one_author=one_author) if is_bare else delimited_rows(text, str(path))


def is_bare_column(path: Path, encoding: str | None = None) -> bool:
    """Whether a file of comma-separated values begins with a post: one column, and no name for it.

    A name is short, or one that columns of texts have; a first post that is as short is taken for a name.
    """
    if path.suffix.lower() not in _DELIMITED or is_workbook(path) or is_json(path):
        return False
    sample = list(islice(filter(str.strip, lines(path, codec_of(encoding))), FIRST_LINES))
    first = sample[0] if sample else ""
    rows: dict[str, list[list[str]]]
    try:
        rows = {mark: list(filter(None, reader_of(sample, delimiter=mark))) for mark in DELIMITERS}
    except csv.Error:
        return False
    header = next(iter(rows[max(DELIMITERS, key=first.count)]), [])
    return (
        len(header) == 1
        and not SEPARATOR.fullmatch(first)
        and _is_sentence(header[0].strip())
        and not any(map(_are_columns, rows.values()))
    )


def _are_columns(rows: list[list[str]]) -> bool:
    """Whether all rows below the first have as many fields, and more than one: the first is a title."""
    counts = {len(row) for row in rows[1:]}
    return len(counts) == 1 and counts != {1}


def _is_sentence(value: str) -> bool:
    """Whether a field is a sentence, and no name of a column."""
    if len(value) <= LONGEST_NAME and seems_of_text(value):
        return False
    return len(value.split()) >= _SENTENCE or value.endswith(_SENTENCE_ENDS)


def is_table(path: Path) -> bool:
    """Whether a file's name ends like that of a table."""
    return path.suffix.lower() in {*_BINARY_READERS, *_TEXTS, *SUFFIXES}


def _text_rows(text: Iterator[str], name: str, *, one_author: bool) -> Iterator[Row]:
    """Yield one row a line; refuse a chat, whose lines are of several people."""
    first = list(islice(text, FIRST_LINES))
    content = chain(first, text)
    if _is_delimited(first):
        yield from delimited_rows(content, name)
    elif any(_START in line or _END in line for line in first):
        yield from _marked_texts(content)
    else:
        _refuse_log(first, name, one_author=one_author)
        yield from ({"text": line} for line in content)


def _bare_rows(text: Iterator[str], name: str, *, one_author: bool) -> Iterator[Row]:
    """Yield one row a post of a column without a name; refuse a chat as in a text."""
    first = list(islice(text, FIRST_LINES))
    _refuse_log([line.strip().strip('"') for line in first], name, one_author=one_author)
    yield from delimited_rows(chain(["text\n"], first, text), name)


def _refuse_log(lines: list[str], name: str, *, one_author: bool) -> None:
    if one_author:
        return
    if is_log(lines):
        raise LocationError(
            f"{name} looks like a chat or a log of several people: dates, times or names are before or above "
            "what is said",
            advice="give only your own lines, without these, or add --one-author if all are yours",
            one_author_helps=True,
        )
    if has_front_matter(lines):
        raise LocationError(
            f"{name} is a page with fields above its text, not posts, one a line",
            advice="give what was published, one post a line, or add --one-author",
            one_author_helps=True,
        )
    if number := quoted_line(lines):
        raise LocationError(
            f"{name} quotes somebody in line {number:,}, as answers to e-mail do: it begins with > below a "
            "colon",
            advice="take out what others wrote, or add --one-author if all is yours",
            one_author_helps=True,
        )


def _table(text: Iterator[str], path: Path, otherwise: str) -> Iterator[str]:
    """Return the lines of a table that is named as something else; say what it is if it is no table."""
    first = list(islice(text, _FIRST_ROWS))
    if not _is_delimited(first):
        raise BrokenArchive(f"{path} {otherwise}")
    return chain(first, text)


def _is_delimited(lines: list[str]) -> bool:
    """Whether it is a table: its header is short and has a text, and the first lines have its delimiters."""
    header = lines[0] if lines else ""
    delimiter = max(DELIMITERS, key=header.count)
    columns = [plain(column) for column in header.split(delimiter)]
    rows = [line for line in lines[:_FIRST_ROWS] if line.strip()]
    few = 1 if delimiter == "\t" else len(columns) - 1
    return (
        len(columns) > 1
        and max(map(len, columns)) <= LONGEST_NAME
        and not set(columns).isdisjoint(names("columns")["text"])
        and all(row.count(delimiter) >= few for row in rows)
    )


def _marked_texts(content: Iterator[str]) -> Iterator[Row]:
    """Yield the texts between the marks that gpt-2-simple puts around each."""
    text = ""
    for line in content:
        *whole, text = (text + line.replace(_START, "")).split(_END)
        yield from ({"text": part} for part in whole if part.strip())
    if text.strip():
        yield {"text": text}


def _script_rows(path: Path) -> Iterator[Row]:
    """Yield the rows of a script, such as `window.YTD.tweets.part0 = [...]`, if it holds posts."""
    if not is_json(path):
        raise LocationError(f"{path} holds no published posts of X; give data/tweets.js, or the whole zip")
    return json_rows(path)


_BINARY_READERS: dict[str, Callable[[Path], Iterator[Row]]] = {".js": _script_rows, ".parquet": parquet_rows}
_DELIMITED = {".csv", ".tsv"}
_TEXTS = {*_DELIMITED, ".txt", ".json", ".jsonl", ".ndjson"}  # what is in them decides how they are read
