"""An export of one person's data, as most places offer it: a zip, or the folder it unpacks to.

The files are at the top, or in one folder around them (`instagram-ada-2025-08-24/`).
"""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeVar
from weakref import WeakSet

from ...errors import BrokenArchive, LocationError
from .._contract import Match
from .archive_files import ArchiveFiles, open_archive
from .delimited import plain_rows
from .record_shapes import Row
from .tolerant_json import DAMAGE, decode

T = TypeVar("T")

LARGEST_EXTRA = 8 << 20  # bytes of a profile, a manifest or an avatar
_LONGEST_LINE = 16 << 20  # characters


class Export:
    """The files of an opened export; names are relative to its base folder."""

    def __init__(self, files: ArchiveFiles, base: str) -> None:
        self.files = files
        self.path = files.path
        self.base = base
        self._streams: WeakSet[Generator[bytes, None, None]] = WeakSet()

    def has(self, name: str) -> bool:
        """Whether there is a file called `name`."""
        return self.files.has(self.base + name)

    def names(self, pattern: re.Pattern[str], inside: str = "") -> list[str]:
        """Return the names of the files directly inside a folder that match a pattern, 2 before 10."""
        names = filter(pattern.fullmatch, self.files.names(self.base + inside))
        return [inside + name for name in sorted(names, key=_natural_order)]

    def folders(self, inside: str) -> tuple[str, ...]:
        """Return the names of the folders directly inside a folder."""
        return self.files.folders(self.base + inside)

    def chunks(self, name: str) -> Iterator[bytes]:
        """Yield the bytes of a file, in pieces."""
        stream = self._stream(name)
        self._streams.add(stream)
        return stream

    def _stream(self, name: str) -> Generator[bytes, None, None]:
        yield from self.files.chunks(self.base + name)

    def close(self) -> None:
        """Close the files that were read only in part, for example after an error."""
        for stream in list(self._streams):
            stream.close()

    def read(self, name: str, limit: int) -> bytes:
        """Return all bytes of a small file; raise `BrokenArchive` if there are more than `limit`."""
        return self.files.read(self.base + name, limit)

    def shown(self, name: str) -> str:
        """Name a file as messages do."""
        return f"{self.path}: {name}"

    def picture(self, name: str) -> bytes | None:
        """Return the bytes of a picture, or None if there is no such file."""
        return self.read(name, LARGEST_EXTRA) if name and self.has(name) else None

    def small_json(self, name: str, kind: type[T]) -> T | None:
        """Decode a small JSON file; None if there is no such file."""
        if not self.has(name):
            return None
        content = self.read(name, LARGEST_EXTRA).removeprefix(codecs.BOM_UTF8)
        try:
            return decode(content, kind)
        except DAMAGE as error:
            raise BrokenArchive(
                f"{self.shown(name)} is damaged ({str(error).lower()}); download it again"
            ) from error

    def rows(self, name: str, escape: str | None = None) -> Iterator[Row]:
        """Yield the rows of a CSV file; `escape` as in `plain_rows`."""
        return plain_rows(self.lines(name), self.shown(name), escape=escape)

    def lines(self, name: str) -> Iterator[str]:
        """Yield the lines of a text file in UTF-8, with their line ends."""
        decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        rest = ""
        for chunk in self.chunks(name):
            *complete, rest = (rest + decoder.decode(chunk)).split("\n")
            yield from (line + "\n" for line in complete)
            if len(rest) > _LONGEST_LINE:
                raise BrokenArchive(f"{self.shown(name)} is not text: a line does not end; download it again")
        if rest:
            yield rest

    def digest(self, names: Iterable[str]) -> str:
        """Return the SHA-256 over the names and bytes of files, the same for a zip and its folder."""
        total = hashlib.sha256()
        for name in names:
            total.update(name.encode() + b"\0")
            for chunk in self.chunks(name):
                total.update(chunk)
        return total.hexdigest()


def match_export(location: str, is_base: Callable[[ArchiveFiles, str], bool]) -> Match:
    """Say how sure it is that a place's export is at `location`; `is_base` as in `open_export`."""
    path = Path(location)
    if not path.is_dir() and path.suffix.lower() != ".zip":
        return Match.NO
    if path.anchor and path == Path(path.anchor):
        return Match.NO  # the root of a file system: folders of anybody could look like an export
    try:
        with open_archive(path) as files:
            return Match.NO if _base(files, is_base) is None else Match.CONTENT
    except BrokenArchive:
        return Match.NO


@contextmanager
def open_export(location: str, is_base: Callable[[ArchiveFiles, str], bool], what: str) -> Iterator[Export]:
    """Open an export.

    Args:
        location: A zip or a folder.
        is_base: Says whether the place's files are in a folder, whose name is empty or ends with `/`.
        what: What the export is, for messages.

    Raises:
        LocationError: The location is no export of that place.
    """
    with open_archive(Path(location)) as files:
        base = _base(files, is_base)
        if base is None:
            raise LocationError(
                f"{location} is no {what}; give the zip as it came, or the folder it unpacks to"
            )
        with closing(Export(files, base)) as export:
            yield export


def _base(files: ArchiveFiles, is_base: Callable[[ArchiveFiles, str], bool]) -> str | None:
    return next((folder for folder in files.roots() if is_base(files, folder)), None)


def _natural_order(name: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]
