"""Reads the records in JSON of any shape: a list, lines, an object around a list, or one after another.

The content decides, not the name of the file. Lists of objects and lines are read piece by piece; other
shapes, which small files have, are decoded at once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec

from ...errors import BrokenArchive, LocationError
from .audience import is_closed_chat
from .encoding import utf8_chunks
from .json_arrays import decode_array, decode_lines
from .odd_records import OddRecords
from .record_shapes import (
    ANSWERS,
    Row,
    flat_records,
    has_text,
    innermost,
    own_lists,
    posts_of_blogs,
    records_in,
    views,
    with_owner,
)
from .scripts import AFTER_JSON, is_script, without_script
from .tolerant_json import DAMAGE, decode, parse, whole_escapes

_HEAD = 4096  # bytes
_LARGEST_DECODED = 1 << 30  # bytes of memory for what is decoded at once
_BYTES_OF_VALUE = (
    96  # bytes of memory for each mark of a value: an empty object has two, and takes 88 in a list
)
_BYTES_OF_CHARACTER = 3  # bytes of memory for each byte of JSON, while it is decoded
_BEGINNING = re.compile(  # of an object or a list
    rb"\s*\x1e?(?:\{\s*(?:\"(?:[^\"\\]|\\.)*\"\s*:|\})|\[\s*(?:[\[{\"\]]|null|-?\d))"
)
_OBJECTS = re.compile(rb"\s*\[?\s*\x1e?\{\s*\"(?:[^\"\\]|\\.)*\"\s*:")
_LIST_OF_OBJECTS = re.compile(rb"\s*\[\s*(?:\{|\])")
_BETWEEN = re.compile(r"[\s,\x1e]*")


def is_json(path: Path) -> bool:
    """Whether a file begins as JSON does, whatever its name; a file named so that is empty counts, too."""
    head = next(utf8_chunks(path), b"")[:_HEAD]
    named = path.suffix.lower() in {".json", ".jsonl", ".ndjson"}
    begins = _BEGINNING if named else _OBJECTS
    return begins.match(head) is not None or is_script(head) or (named and not head.strip())


def json_rows(path: Path, codec: str | None = None) -> Iterator[Row]:
    """Yield the records of a JSON file.

    Raises:
        BrokenArchive: It is damaged; the message says where.
        LocationError: It is an object without exactly one list of objects, or a script of no posts.
    """
    chunks = without_script(utf8_chunks(path, codec), str(path))
    head = next(chunks, b"")
    content = chain([head], chunks)
    if _LIST_OF_OBJECTS.match(head):
        yield from flat_records(decode_array(content, msgspec.json.Decoder(list[Row]), str(path)))
    elif _is_lines(head):
        yield from flat_records(decode_lines(path, msgspec.json.Decoder(Row), codec))
    elif head.lstrip().startswith(b"["):
        yield from flat_records(_texts(_joined(content, str(path)), str(path)))
    elif head.strip():
        yield from _wrapped_rows(_joined(content, str(path)), str(path))


def _is_lines(head: bytes) -> bool:
    """Whether the first line is a whole object, or an envelope around one, and another one follows."""
    first, _, rest = head.strip(b" \t\r\n\x1e").partition(b"\n")
    begin, end = first[:1], first.rstrip()[-1:]
    return begin + end in {b"{}", b"[]"} and rest.lstrip(b" \t\r\n\x1e").startswith(begin)


def _joined(chunks: Iterable[bytes], name: str) -> bytes:
    """Return the content of a file; raise `BrokenArchive` if decoding it needs too much memory."""
    content, size = bytearray(), 0
    for chunk in chunks:
        content += chunk
        values = sum(map(chunk.count, (b"{", b"[", b",", b":")))
        size += _BYTES_OF_CHARACTER * len(chunk) + _BYTES_OF_VALUE * values
        if size > _LARGEST_DECODED:
            raise BrokenArchive(
                f"{name} holds more values in one than fit into memory; give the list of posts alone, "
                "or a file with one post a line"
            )
    return bytes(content.rstrip(AFTER_JSON))


def _texts(content: bytes, name: str) -> Iterator[Row]:
    """Yield a record for each text of a list; objects in it are records themselves."""
    values, odd = _decoded(content, name, list[Any]), OddRecords()
    if _is_table(values):
        yield from (dict(zip(values[0], row, strict=False)) for row in values[1:] if isinstance(row, list))
        return
    for value in values:
        if isinstance(value, str | dict):
            odd.add(1)
            yield {"text": value} if isinstance(value, str) else value
        else:
            odd.skip(f"{name} should hold a list of objects or of texts; keep only that of the posts")
    odd.check()


def _is_table(values: list[Any]) -> bool:
    """Whether a list of lists is a table: the first one names columns, one of them that of a text."""
    header = values[0] if values and isinstance(values[0], list) else []
    return all(isinstance(name, str) for name in header) and has_text(dict.fromkeys(header))


def _wrapped_rows(content: bytes, name: str) -> Iterator[Row]:
    """Return the rows of a JSON object that holds a list of own posts, among other things."""
    try:
        envelope = decode(content, Row)
    except DAMAGE as error:
        values = list(_one_after_another(content))
        if not values:
            raise BrokenArchive(f"{name} is broken: {str(error).lower()}") from error
        return flat_records(values)
    inner = innermost(envelope)
    if is_closed_chat(envelope) or is_closed_chat(inner):
        raise LocationError(f"{name} holds messages of a direct or private chat; these are never read")
    return flat_records(_own_records(inner, name))


def _own_records(envelope: Row, name: str) -> Iterable[Row]:
    if made := views(envelope) or posts_of_blogs(envelope):
        return made
    tables = own_lists(envelope)
    if has_text(envelope) and set(map(str.lower, tables)) <= ANSWERS:  # others wrote them below a post
        return [envelope]
    if len(tables) == 1:
        return with_owner(next(iter(tables.values())), envelope)
    records = records_in(envelope) if not tables else []
    if not records and has_text(envelope) and not tables:
        records = [envelope]
    if not records:
        raise LocationError(
            f"{name} should hold one list of objects, not {len(tables)}; keep only that of the posts"
        )
    return records


def _one_after_another(content: bytes) -> Iterator[Row]:
    """Yield objects that stand one after another without a list; nothing if these are damaged."""
    text = whole_escapes(content.decode("utf-8", "replace"))
    position, decoder = 0, json.JSONDecoder(strict=False)
    values: list[Row] = []
    while (position := _next_value(text, position)) < len(text):
        try:
            value, position = decoder.raw_decode(text, position)
        except (ValueError, RecursionError):
            return
        if isinstance(value, dict):
            values.append(value)
    yield from values if len(values) > 1 else ()


def _next_value(text: str, position: int) -> int:
    between = _BETWEEN.match(text, position)
    return between.end() if between else position


def _decoded(content: bytes, name: str, kind: type[Any]) -> Any:
    try:
        return msgspec.convert(parse(content), kind)
    except DAMAGE as error:
        raise BrokenArchive(
            f"{name} is damaged ({str(error).lower()}); download or unpack it again"
        ) from error
