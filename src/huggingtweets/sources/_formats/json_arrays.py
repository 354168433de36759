"""Decodes long JSON arrays of objects piece by piece, so that memory does not grow with the file.

The stream is cut between two objects, and each piece is decoded as an array of its own. The first object
shows where to cut: all objects of an export begin with the same bytes, for example `{"tweet" :`. After `},`
these bytes mark a border. They cannot occur inside a string, because their quote is not escaped. If a border
is wrong (objects of that form are nested deeper) or missing (objects begin differently), strings and braces
are counted instead, which is slower and always exact.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar, get_args

from msgspec import DecodeError
from msgspec.json import Decoder

from ...errors import BrokenArchive
from .encoding import lines
from .odd_records import OddRecords
from .tolerant_json import DAMAGE, fit, parse

T = TypeVar("T")

LARGEST_OBJECT = 4 << 20  # bytes
_HEAD = 4096  # bytes, read before the first object is looked for
_BEGINNING = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:(?:(?:var|let|const)\s+)?[\w.$]+\s*=\s*)?\[\s*")
_RECORD_MARK = "\x1e"  # before each record of a sequence, RFC 7464
_COMMA_AT_END = re.compile(rb",\s*\]\s*\Z")
_OPENER = re.compile(rb'\{\s*"[^"\\]*"\s*:')
_TO_BRACE = re.compile(rb'(?:[^"{}]++|"(?:[^"\\]++|\\.)*+")*+([{}])', re.DOTALL)
_ERROR_OFFSET = re.compile(r"\(byte (\d+)\)")


def decode_lines(path: Path, decoder: Decoder[T], codec: str | None = None) -> Iterator[T]:
    """Decode a file with one object a line; empty lines and a few odd ones are skipped.

    Args:
        path: The file.
        decoder: Decodes an object.
        codec: The name of the file's encoding, where the user says it.

    Raises:
        BrokenArchive: The lines are not valid JSON, or not of the expected form; the message says which.
    """
    odd = OddRecords()
    for number, marked_line in enumerate(lines(path, codec), start=1):
        line = marked_line.lstrip(_RECORD_MARK)
        if not line.strip():
            continue
        try:
            record = _decode_one(line, decoder)
        except DAMAGE as error:
            odd.skip(f"{path} is broken at line {number:,}: {str(error).lower()}")
        else:
            odd.add(1)
            yield record
    odd.check()


def _decode_one(line: str, decoder: Decoder[T]) -> T:
    try:
        return decoder.decode(line)
    except DAMAGE as error:
        try:
            return fit(parse(line), decoder.type)
        except DAMAGE:
            raise error from None


def decode_array(chunks: Iterable[bytes], decoder: Decoder[list[T]], name: str) -> Iterator[T]:
    """Decode a stream that holds one array of objects, plain or assigned to a name as in JavaScript.

    Args:
        chunks: The stream's bytes, in pieces of any size.
        decoder: Decodes a list of such objects. A few objects of another form are skipped.
        name: The file's name, for messages.

    Raises:
        BrokenArchive: The array is not valid JSON, not of the expected form, or cut; the message says where.
    """
    stream = iter(chunks)
    position, buffer = _begin(stream, name)
    opener = match[0] if (match := _OPENER.match(buffer)) else b""
    decoded = smallest = 0  # objects so far; bytes from which on the buffer is decoded
    odd = OddRecords()
    try:
        for chunk in stream:
            end = 0
            if len(buffer) >= smallest:
                end, objects = _decode_complete(buffer, opener, decoder, name, odd)
                yield from objects
                decoded += len(objects)
                smallest = 0 if end else 2 * len(buffer)  # a long object is not scanned again for each chunk
            position += len(buffer) + len(chunk)
            buffer = (buffer[end:] + chunk).lstrip(b" \t\r\n,")
            position -= len(buffer)
        rest = _COMMA_AT_END.sub(b"]", buffer.rstrip(b" \t\r\n;)"))
        yield from _decode(b"[" + rest, decoder, name, odd)
    except DAMAGE as error:
        offset = _ERROR_OFFSET.search(str(error))
        place = position + (int(offset[1]) if offset else len(buffer))
        raise BrokenArchive(
            f"{name} breaks off or is damaged near byte {place:,}, after {decoded:,} whole entries; "
            "download or unpack it again"
        ) from error
    odd.check()


def _decode(content: bytes, decoder: Decoder[list[T]], name: str, odd: OddRecords) -> list[T]:
    """Decode a list of objects; if it is refused, one by one, so that only the odd ones are skipped."""
    try:
        objects = decoder.decode(content)
    except DAMAGE as error:
        objects = list(_fitting(_parse_list(content, error), decoder, name, odd))
    odd.add(len(objects))
    return objects


def _parse_list(content: bytes, error: Exception) -> list[object]:
    try:
        values = parse(content)
    except DAMAGE:
        raise error from None  # says where it is damaged
    return values if isinstance(values, list) else [values]


def _fitting(values: list[object], decoder: Decoder[list[T]], name: str, odd: OddRecords) -> Iterator[T]:
    [kind] = get_args(decoder.type)
    for value in values:
        try:
            yield fit(value, kind)
        except DAMAGE as error:
            odd.skip(f"{name} is not of the form expected: {str(error).lower()}")


def _begin(stream: Iterator[bytes], name: str) -> tuple[int, bytes]:
    """Read up to the first object. Returns its offset in the stream, and the bytes from there on."""
    head = b""
    while len(head) < _HEAD and (chunk := next(stream, b"")):
        head += chunk
    match = _BEGINNING.match(head)
    if not match:
        raise BrokenArchive(f"{name} does not begin with a JSON list; download or unpack it again")
    return match.end(), head[match.end() :]


def _decode_complete(
    buffer: bytes, opener: bytes, decoder: Decoder[list[T]], name: str, odd: OddRecords
) -> tuple[int, list[T]]:
    """Decode the complete objects at the buffer's beginning. Returns where they end, and the objects."""
    if end := _last_border(buffer, opener):
        try:
            objects = decoder.decode(b"[" + buffer[:end] + b"]")
        except DAMAGE:
            pass  # not a border after all; or a real error, which comes up again below
        else:
            odd.add(len(objects))
            return end, objects
    end = _last_whole_object(buffer)
    if not end and len(buffer) > LARGEST_OBJECT:
        raise DecodeError(f"an object does not end within {LARGEST_OBJECT:,} bytes")
    return end, _decode(b"[" + buffer[:end] + b"]", decoder, name, odd)


def _last_border(buffer: bytes, opener: bytes) -> int:
    """Return the end of the last object that is followed by one with the same beginning, or 0."""
    following = buffer.rfind(opener) if opener else -1
    before = buffer[max(0, following - 64) : max(0, following)]
    gap = len(before) - len(before.rstrip(b" \t\r\n,"))
    return following - gap if gap and before[: len(before) - gap].endswith(b"}") else 0


def _last_whole_object(buffer: bytes) -> int:
    """Return the end of the last complete object in the buffer, or 0; counts braces outside of strings."""
    depth = end = position = 0
    while match := _TO_BRACE.match(buffer, position):  # no match if a string goes on after the buffer
        position = match.end()
        depth += 1 if match[1] == b"{" else -1
        end = position if depth == 0 else end
    return end
