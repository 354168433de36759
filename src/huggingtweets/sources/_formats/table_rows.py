"""Reads the rows of a table one by one: CSV, TSV, JSON, JSON lines, parquet, or text with one post a line."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain, islice
from pathlib import Path

import msgspec

from ...errors import BrokenArchive, LocationError
from .audience import is_closed_chat
from .chat_dates import is_log
from .encoding import lines
from .fields import names, plain
from .json_arrays import decode_array, decode_lines
from .odd_records import OddRecords
from .record_shapes import Row, flat_records, own_lists, with_owner
from .tolerant_json import DAMAGE, decode

_DELIMITERS = ",;\t|"  # spreadsheets of many countries write `;`
_OF_POSTS = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:window\.)?(?:YTD\.tweets?\.part\d+|Grailbird\.data\.tweets_\w+)\s*="
)
_START, _END = "<|startoftext|>", "<|endoftext|>"  # as gpt-2-simple writes its training texts
_SEPARATOR = re.compile(r"\ufeff?sep=(.)\s*", re.IGNORECASE)  # a line that Excel writes first, or reads
_FIRST_ROWS = 5
_FIRST_LINES = 500  # of a text, which show whether it is a chat
_CHUNK = 256 << 10  # bytes
_BATCH = 1024  # rows of a parquet file


def table_rows(path: Path, encoding: str | None = None) -> Iterator[Row]:
    """Yield the rows of a table; memory does not grow with it, unless it is a JSON object around a list.

    Args:
        path: The table.
        encoding: Of a table that is text, where the user says it.

    Raises:
        BrokenArchive: The table is damaged; the message says where.
        LocationError: The file is a JSON object without exactly one list of objects.
    """
    suffix = path.suffix.lower()
    if suffix in _TEXT_READERS:
        return _TEXT_READERS[suffix](lines(path, _checked(encoding)), str(path))
    return _READERS[suffix](path)


def is_table(path: Path) -> bool:
    """Whether a file's name ends like that of a table."""
    return path.suffix.lower() in {*_READERS, *_TEXT_READERS}


def delimited_rows(text: Iterator[str], name: str, escape: str | None = None) -> Iterator[Row]:
    """Yield the rows of CSV or the like. `escape` is the character before a quote that is not doubled."""
    first = next(text, "")
    separator = _SEPARATOR.fullmatch(first)
    first = next(text, "") if separator else first
    delimiter = separator[1] if separator else max(_DELIMITERS, key=first.count)
    sample = [first, *islice(text, _FIRST_LINES)]
    escape = escape or ("\\" if _escapes_quotes(sample) else None)
    reader = csv.reader(chain(sample, text), delimiter=delimiter, escapechar=escape, strict=True)
    odd = OddRecords()
    try:
        header = [column.strip() for column in next(reader, [])]
        for values in filter(None, reader):
            if len(values) > len(header):
                more = f"{len(values)} fields where the header has {len(header)}"
                odd.skip(_broken(name, reader.line_num, more))
            else:
                odd.add(1)
                yield dict(
                    zip(header, values, strict=False)
                )  # spreadsheets leave out empty fields at the end
    except csv.Error as error:
        raise BrokenArchive(_broken(name, reader.line_num, str(error))) from error
    odd.check()


def _escapes_quotes(sample: list[str]) -> bool:
    """Whether quotes inside of fields have a backslash before them, and are not doubled."""
    return any('\\"' in line for line in sample) and not any('""' in line for line in sample)


def _broken(name: str, line: int, reason: str) -> str:
    return f"{name} is broken at line {line:,}: {reason}; put fields in quotes and save it again"


def _checked(encoding: str | None) -> str | None:
    try:
        return codecs.lookup(encoding).name if encoding else None
    except LookupError:
        raise LocationError(
            f"encoding {encoding!r} is not known; give one such as cp1251 or gb18030"
        ) from None


def _text_rows(text: Iterator[str], name: str) -> Iterator[Row]:
    """Yield one row a line; refuse a chat, whose lines are of several people."""
    first = list(islice(text, _FIRST_LINES))
    content = chain(first, text)
    if _is_delimited(first):
        yield from delimited_rows(content, name)
    elif any(_START in line for line in first):
        yield from _marked_texts(content)
    elif is_log(first):
        raise LocationError(
            f"{name} looks like a chat or a log of several people: lines begin with dates, times or names; "
            "give the export as WhatsApp makes it, or only your own lines, without dates and names"
        )
    else:
        yield from ({"text": line} for line in content)


def _is_delimited(lines: list[str]) -> bool:
    """Whether it is a table with tabs, as Excel's "Unicode Text": its header has a text, every line tabs."""
    header = [plain(column) for column in lines[0].split("\t")] if lines else []
    tabs = all("\t" in line for line in lines[:_FIRST_ROWS] if line.strip())
    return len(header) > 1 and tabs and not set(header).isdisjoint(names("columns")["text"])


def _marked_texts(content: Iterator[str]) -> Iterator[Row]:
    """Yield the texts between the marks that gpt-2-simple puts around each."""
    text = ""
    for line in content:
        *whole, text = (text + line.replace(_START, "")).split(_END)
        yield from ({"text": part} for part in whole if part.strip())
    if text.strip():
        yield {"text": text}


def _json_lines_rows(path: Path) -> Iterator[Row]:
    return flat_records(decode_lines(path, msgspec.json.Decoder(Row)))


def _json_rows(path: Path) -> Iterator[Row]:
    with path.open("rb") as file:
        head = file.read(_CHUNK)
        if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
            yield from _json_lines_rows(path) if _is_lines(head) else _wrapped_rows(path)
            return
        chunks = chain([head], iter(partial(file.read, _CHUNK), b""))
        yield from flat_records(decode_array(chunks, msgspec.json.Decoder(list[Row]), str(path)))


def _is_lines(head: bytes) -> bool:
    """Whether the first line is a whole object, and another one follows."""
    first, _, rest = head.partition(b"\n")
    return first.rstrip().endswith(b"}") and rest.lstrip().startswith(b"{")


def _script_rows(path: Path) -> Iterator[Row]:
    """Yield the rows of a file of X's archive, `window.YTD.tweets.part0 = [...]`, if it holds posts."""
    with path.open("rb") as file:
        chunks = iter(partial(file.read, _CHUNK), b"")
        head = next(chunks, b"")
        if not _OF_POSTS.match(head):
            raise LocationError(
                f"{path} holds no published posts of X; give data/tweets.js, or the whole zip"
            )
        yield from flat_records(
            decode_array(chain([head], chunks), msgspec.json.Decoder(list[Row]), str(path))
        )


def _wrapped_rows(path: Path) -> Iterator[Row]:
    """Return the rows of a JSON object that holds a list of own posts, among other things."""
    try:
        content = decode(path.read_bytes().removeprefix(b"\xef\xbb\xbf"), Row)
    except DAMAGE as error:
        raise BrokenArchive(f"{path} is broken: {str(error).lower()}") from error
    if is_closed_chat(content):
        raise LocationError(f"{path} holds messages of a direct or private chat; these are never read")
    tables = own_lists(content)
    if len(tables) != 1:
        raise LocationError(
            f"{path} should hold one list of objects, not {len(tables)}; keep only that of the posts"
        )
    return flat_records(with_owner(next(iter(tables.values())), content))


def _parquet_rows(path: Path) -> Iterator[Row]:
    import pyarrow as pa  # noqa: PLC0415 -- slow to load, needed for few files
    from pyarrow import parquet  # noqa: PLC0415 -- see above

    try:
        with parquet.ParquetFile(path, pre_buffer=False) as file:
            for batch in file.iter_batches(batch_size=_BATCH):
                yield from batch.to_pylist()
    except (pa.ArrowException, OSError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        raise BrokenArchive(f"{path} is no whole parquet file ({reason}); copy or make it again") from error


_READERS: dict[str, Callable[[Path], Iterator[Row]]] = {
    ".js": _script_rows,
    ".json": _json_rows,
    ".jsonl": _json_lines_rows,
    ".ndjson": _json_lines_rows,
    ".parquet": _parquet_rows,
}
_TEXT_READERS: dict[str, Callable[[Iterator[str], str], Iterator[Row]]] = {
    ".csv": delimited_rows,
    ".tsv": delimited_rows,
    ".txt": _text_rows,
}
