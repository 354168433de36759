"""Reads the rows of CSV, TSV and the like, strictly, and with names of columns in their first line."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Any

from ...errors import BrokenArchive
from .encoding import LONGEST_LINE
from .fields import names, plain
from .odd_records import OddRecords
from .record_shapes import Row

DELIMITERS = ",;\t|"  # spreadsheets of many countries write `;`
SEPARATOR = re.compile(r"\ufeff?\"?sep=(.)\"?\s*", re.IGNORECASE)  # a line that Excel writes first, or reads
LONGEST_NAME = 30  # characters of the name of a column
FIRST_LINES = 500  # which show what the form of a table is
_ESCAPED_QUOTE = re.compile(r'\\"(?!\s*(?:[,;\t|]|$))')  # at a field's end, a backslash may be the text's


def delimited_rows(text: Iterator[str], name: str) -> Iterator[Row]:
    """Yield the rows of CSV or the like, whose writer is not known: its form is seen in its first lines."""
    first = next(filter(str.strip, text), "")
    separator = SEPARATOR.fullmatch(first)
    sample = [next(text, "") if separator else first, *islice(text, FIRST_LINES)]
    delimiter = separator[1] if separator else None
    if not separator and len(sample) > 1 and _is_title(*sample[:2]):
        del sample[0]
    yield from plain_rows(chain(sample, text), name, delimiter, "\\" if _escapes_quotes(sample) else None)


def plain_rows(
    text: Iterator[str], name: str, delimiter: str | None = None, escape: str | None = None
) -> Iterator[Row]:
    """Yield the rows of CSV or the like, whose first line has the names of the columns.

    Args:
        text: Its lines.
        name: The file's name, for messages.
        delimiter: Between fields; by default the one that the first line has most.
        escape: The character before quotes inside of fields; by default they are doubled.
    """
    first = next(filter(str.strip, text), "")
    delimiter = delimiter or max(DELIMITERS, key=first.count)
    reader = reader_of(chain([first], text), delimiter=delimiter, escapechar=escape, strict=True)
    names_of_columns = _first_row(reader, name)
    header = _different([column.strip() for column in names_of_columns])
    odd = OddRecords()
    only_text = len(header) == 1 and plain(header[0]) in names("columns")["text"]  # all commas are its own
    for row in _whole_rows(reader, name, odd):
        if row == names_of_columns:  # of tables that were put together
            continue
        values = [delimiter.join(row)] if only_text else row
        if not all(map(_is_link, values[len(header) :])):  # X's tweets.csv has several in its last column
            more = f"{len(values)} fields where the header has {len(header)}"
            odd.skip(_broken(name, reader.line_num, more))
        else:
            odd.add(1)
            yield dict(zip(header, values, strict=False))  # spreadsheets leave out empty fields at the end
    odd.check()


def _is_link(value: str) -> bool:
    return value.startswith(("http://", "https://"))


def reader_of(lines: Iterable[str], **dialect: Any) -> Any:
    """Read fields as long as a line may be; the limit holds for the process."""
    csv.field_size_limit(LONGEST_LINE)
    return csv.reader(lines, **dialect)


def _first_row(reader: Any, name: str) -> list[str]:
    try:
        row: list[str] = next(reader, [])
    except csv.Error as error:
        raise BrokenArchive(_broken(name, reader.line_num, str(error))) from error
    return row


def _whole_rows(reader: Any, name: str, odd: OddRecords) -> Iterator[list[str]]:
    """Yield the rows that are not empty; a quote inside of a field costs its row, one that never ends all."""
    while True:
        try:
            yield from filter(None, reader)
        except csv.Error as error:
            message = _broken(name, reader.line_num, str(error))
            if "expected after" not in str(error):
                raise BrokenArchive(message) from error
            odd.skip(message)
        else:
            return


def _different(header: list[str]) -> list[str]:
    """Return the names of columns; of two with the same name the first one keeps it."""
    first: dict[str, int] = {}
    return [
        name if first.setdefault(name, place) == place else f"{name} ({place + 1})"
        for place, name in enumerate(header)
    ]


def _is_title(first: str, second: str) -> bool:
    """Whether a first line is no header but a title: the second one is a header, with a text."""
    above, below = _cells(first), _cells(second)
    title, header = ({plain(cell) for cell in line} - {""} for line in (above, below))
    texts = {*names("columns")["text"]}
    return (
        texts.isdisjoint(title)
        and not texts.isdisjoint(header)
        and len(header) > len(title)
        and max(map(len, below)) <= LONGEST_NAME
    )


def _cells(line: str) -> list[str]:
    return next(reader_of([line], delimiter=max(DELIMITERS, key=line.count)), [])


def _escapes_quotes(sample: list[str]) -> bool:
    """Whether quotes inside of fields have a backslash before them, and are not doubled."""
    return any(map(_ESCAPED_QUOTE.search, sample)) and not any('""' in line for line in sample)


def _broken(name: str, line: int, reason: str) -> str:
    return f"{name} is broken at line {line:,}: {reason}; put fields in quotes and save it again"
