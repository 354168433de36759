"""Finds lists and objects inside large JSON by their key, without holding the whole in memory.

Exports wrap their long lists: `{"totalItems": 3, "orderedItems": [...]}`, or a list of messages in each of a
list of chats. Brackets outside of strings are counted, and everything else in the stream is skipped.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from ...errors import BrokenArchive
from .json_arrays import LARGEST_OBJECT

_TO_BRACKET = re.compile(rb'(?:[^"\[\]{}]++|"(?:[^"\\]++|\\.)*+")*+([\[\]{}])', re.DOTALL)
_KEY = re.compile(rb'"([^"\\]*)"\s*:\s*[\[{]\Z')
_LONGEST_HEAD = 64 << 10  # bytes
_OPENING = (b"[", b"{")


class NestedValue(NamedTuple):
    """A list or an object under a key. Read `chunks` before the next value."""

    key: str
    depth: int  # how many lists and objects contain it
    head: bytes  # the object that contains it, up to here and closed, for example `{"name": "x"}`
    chunks: Iterator[bytes]  # the bytes of the list or object itself


_DEEPEST = 1000  # lists and objects around one; what follows each refill takes time for each of them


def nested_values(chunks: Iterable[bytes], keys: Collection[str], name: str) -> Iterator[NestedValue]:
    """Find all lists and objects under one of `keys`, at any depth, in the order of the stream.

    Args:
        chunks: The stream's bytes, in pieces of any size.
        keys: The keys to look for. The inside of a value that was found is not searched.
        name: The file's name, for messages.

    Raises:
        BrokenArchive: The JSON is damaged, or holds an endless string.
    """
    stream = _Stream(chunks, name)
    while bracket := stream.to_bracket():
        if bracket not in _OPENING or stream.key() not in keys:
            continue
        value = NestedValue(stream.key(), stream.depth(), stream.head(), stream.value())
        yield value
        for _ in value.chunks:
            pass  # the caller did not read it to its end


class _Stream:
    """A position in a stream, always just after a bracket."""

    def __init__(self, chunks: Iterable[bytes], name: str) -> None:
        self._chunks = iter(chunks)
        self._name = name
        self._buffer = b""
        self._before = self._place = 0  # after the bracket before this one, and after this one
        self._opened = [-1]  # where the open objects and lists begin in the buffer; -1 once out of it

    def to_bracket(self) -> bytes:
        """Move on to the next bracket outside of strings and return it; b"" at the end."""
        while not (match := _TO_BRACKET.match(self._buffer, self._place)):
            if not self._refill():
                return b""
        self._before, self._place = self._place, match.end()
        if match[1] in _OPENING:
            self._opened.append(match.start(1))
            if len(self._opened) > _DEEPEST:
                raise BrokenArchive(
                    f"{self._name} is nested deeper than genuine files are; download it again"
                )
        elif len(self._opened) > 1:
            self._opened.pop()
        return match[1]

    def key(self) -> str:
        """Return the key of the list or object that was just opened."""
        match = _KEY.search(self._buffer, self._before, self._place)
        return match[1].decode(errors="replace") if match else ""

    def depth(self) -> int:
        """Return how many lists and objects contain the one that was just opened."""
        return len(self._opened) - 2

    def head(self) -> bytes:
        """Return the object that contains it, up to its key; `{}` if its beginning has left the buffer."""
        begin = self._opened[-2]
        match = _KEY.search(self._buffer, self._before, self._place)
        if begin < 0 or not match:
            return b"{}"
        return self._buffer[begin : match.start()].rstrip(b" \t\r\n,") + b"}"

    def value(self) -> Iterator[bytes]:
        """Yield the bytes from the bracket that was just passed to the one that closes it."""
        begin, depth = self._place - 1, 1
        while depth:
            while not (match := _TO_BRACKET.match(self._buffer, self._place)):
                yield self._buffer[begin : self._place]
                begin = 0
                self._opened = [-1] * len(self._opened)
                self._buffer, self._place = self._buffer[self._place :], 0
                if not self._refill():
                    yield self._buffer  # cut off; decoding it will fail
                    return
            self._place = match.end()
            depth += 1 if match[1] in _OPENING else -1
        self._opened.pop()
        yield self._buffer[begin : self._place]

    def _refill(self) -> bool:
        """Add a chunk, and drop the bytes that are done with, except for the heads of the open objects."""
        chunk = next(self._chunks, b"")
        oldest = self._place - _LONGEST_HEAD
        cut = min((begin for begin in self._opened if begin >= max(0, oldest)), default=self._place)
        self._buffer = self._buffer[cut:] + chunk
        self._place -= cut
        self._opened = [max(-1, begin - cut) for begin in self._opened]
        if len(self._buffer) > LARGEST_OBJECT:
            raise BrokenArchive(
                f"{self._name} holds a string that does not end within {LARGEST_OBJECT:,} bytes; "
                "download or unpack it again"
            )
        return bool(chunk)
