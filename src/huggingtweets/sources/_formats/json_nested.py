"""Lists and objects inside of large JSON, cut out of the stream by their key.

Exports wrap their long lists: `{"totalItems": 3, "orderedItems": [...]}`, or a list of messages in each of a
list of chats. Brackets outside of strings are counted; what is not asked for passes by and is not kept.
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


class Found(NamedTuple):
    """A list or an object under a key. Read `chunks` before asking for the next one."""

    key: str
    depth: int  # how many lists and objects are around it
    head: bytes  # the object that it stands in, as far as it came before, for example `{"name": "x"}`
    chunks: Iterator[bytes]  # the bytes of the list or object itself


def nested(chunks: Iterable[bytes], keys: Collection[str], name: str) -> Iterator[Found]:
    """Find all lists and objects under one of `keys`, however deep, in the order of the stream.

    Args:
        chunks: The stream's bytes, in pieces of any size.
        keys: What to look for. Inside of what was found nothing is looked for.
        name: The file's name, for messages.

    Raises:
        BrokenArchive: The JSON is damaged, or holds an endless string.
    """
    stream = _Stream(chunks, name)
    while bracket := stream.to_bracket():
        if bracket not in _OPENING or stream.key() not in keys:
            continue
        found = Found(stream.key(), stream.depth(), stream.head(), stream.value())
        yield found
        for _ in found.chunks:
            pass  # what nobody wanted to read


class _Stream:
    """A place in a stream, always just behind a bracket."""

    def __init__(self, chunks: Iterable[bytes], name: str) -> None:
        self._chunks = iter(chunks)
        self._name = name
        self._buffer = b""
        self._before = self._place = 0  # behind the bracket before, and behind this one
        self._opened = [-1]  # where in the buffer the objects and lists that are open began; -1 where gone

    def to_bracket(self) -> bytes:
        """Go on to the next bracket outside of strings; b"" at the end."""
        while not (match := _TO_BRACKET.match(self._buffer, self._place)):
            if not self._refill():
                return b""
        self._before, self._place = self._place, match.end()
        if match[1] in _OPENING:
            self._opened.append(match.start(1))
        elif len(self._opened) > 1:
            self._opened.pop()
        return match[1]

    def key(self) -> str:
        """The key of the list or object that has just been opened."""
        match = _KEY.search(self._buffer, self._before, self._place)
        return match[1].decode(errors="replace") if match else ""

    def depth(self) -> int:
        """How many lists and objects are around the one that has just been opened."""
        return len(self._opened) - 2

    def head(self) -> bytes:
        """What stands around it, up to its key; `{}` where that is long gone."""
        around = self._opened[-2]
        match = _KEY.search(self._buffer, self._before, self._place)
        if around < 0 or not match:
            return b"{}"
        return self._buffer[around : match.start()].rstrip(b" \t\r\n,") + b"}"

    def value(self) -> Iterator[bytes]:
        """The bytes from the bracket that has just been passed to the one that closes it."""
        begin, depth = self._place - 1, 1
        while depth:
            while not (match := _TO_BRACKET.match(self._buffer, self._place)):
                yield self._buffer[begin : self._place]
                begin = 0
                self._opened = [-1] * len(self._opened)
                self._buffer, self._place = self._buffer[self._place :], 0
                if not self._refill():
                    yield self._buffer  # broken off, as whoever decodes it will find
                    return
            self._place = match.end()
            depth += 1 if match[1] in _OPENING else -1
        self._opened.pop()
        yield self._buffer[begin : self._place]

    def _refill(self) -> bool:
        """Add a chunk, and forget what is behind, except for the heads of the objects that are open."""
        chunk = next(self._chunks, b"")
        oldest = self._place - _LONGEST_HEAD
        cut = min((begun for begun in self._opened if begun >= max(0, oldest)), default=self._place)
        self._buffer = self._buffer[cut:] + chunk
        self._place -= cut
        self._opened = [max(-1, begun - cut) for begun in self._opened]
        if len(self._buffer) > LARGEST_OBJECT:
            raise BrokenArchive(
                f"{self._name} holds a string that does not end within {LARGEST_OBJECT:,} bytes; "
                "download or unpack it again"
            )
        return bool(chunk)
