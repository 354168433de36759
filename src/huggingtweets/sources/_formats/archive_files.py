"""The files of an export, in a zip or in a folder, opened safely and never extracted to disk.

The archive may be hostile. Refused are names that lead out of it, links that point out of it, two files of
the same name, encrypted files, and files that explode when they are decompressed.
"""

from __future__ import annotations

import lzma
import re
import stat
import struct
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import IO, Any, Self

from ...errors import BrokenArchive

CHUNK = 256 << 10  # bytes read at a time
LARGEST_FILE = 4 << 30  # bytes; the largest real tweets.js known has 250 MB
LARGEST_RATIO = 200  # of decompressed to compressed size; JSON of posts compresses about 20 to 1
RATIO_MATTERS_FROM = 64 << 20  # bytes; a smaller file may be very repetitive
MOST_FILES = 500_000  # in an archive
_DEEPEST = 100  # folders in each other
ENCRYPTED = 0x1  # bit of a zip member's flags
_LEADS_OUT = re.compile(r"^[/\\]|^[A-Za-z]:|(?:^|[/\\])\.\.(?:[/\\]|$)")  # out of a folder, on any system
_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error),
    *(EOFError, NotImplementedError, OSError, OverflowError, RuntimeError, ValueError),
)  # what the zip reader raises on damaged files; an encryption it does not know is a RuntimeError

_EMPTY: tuple[set[str], set[str]] = (set(), set())
_SHARED: ContextVar[dict[Path, ArchiveFiles] | None] = ContextVar("archives that stay open", default=None)


class ArchiveFiles(ABC):
    """The files of an archive by name, with `/` between folders. Close it, or use it in a `with`."""

    shared = False  # whether it stays open until `share_archives` ends

    def __init__(self, path: Path) -> None:
        self.path = path

    @abstractmethod
    def folders(self, inside: str = "") -> tuple[str, ...]:
        """Return the names of the folders directly in a folder, sorted; `inside` is "" or ends with `/`."""

    @abstractmethod
    def names(self, inside: str = "") -> tuple[str, ...]:
        """Return the names of the files directly in a folder, sorted; `inside` is "" or ends with `/`."""

    @abstractmethod
    def has(self, name: str) -> bool:
        """Whether there is a file called `name`."""

    @abstractmethod
    def chunks(self, name: str) -> Iterator[bytes]:
        """Yield the bytes of the file called `name`, decompressed, in pieces of at most `CHUNK`."""

    def all_names(self, inside: str = "") -> Iterator[str]:
        """Yield the names of all files, folder by folder."""
        yield from (inside + name for name in self.names(inside))
        for folder in self.folders(inside):
            yield from self.all_names(f"{inside}{folder}/")

    def roots(self) -> Iterator[str]:
        """Yield the folders in which an export may begin: the top, and up to two levels around it."""
        yield ""
        outer = [f"{folder}/" for folder in self.folders()]
        yield from outer
        yield from (f"{folder}{inner}/" for folder in outer for inner in self.folders(folder))

    def read(self, name: str, limit: int) -> bytes:
        """Return all bytes of a small file; raise `BrokenArchive` if there are more than `limit`."""
        content = bytearray()
        for chunk in self.chunks(name):
            content += chunk
            if len(content) > limit:
                raise BrokenArchive(
                    f"{self.path}: {name} is larger than {limit:,} bytes; it cannot be genuine"
                )
        return bytes(content)

    def close(self) -> None:  # noqa: B027 -- a folder has nothing to close
        """Close the archive's file."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if not self.shared:
            self.close()


def open_archive(path: Path) -> ArchiveFiles:
    """Open a zip or a folder; raise `BrokenArchive` if it is neither, or is damaged or dangerous."""
    shared = _SHARED.get()
    if shared is None:
        return _open(path)
    if path not in shared:
        shared[path] = _open(path)
        shared[path].shared = True
    return shared[path]


def largest_content(packed: int) -> int:
    """Return how many bytes genuine files of this many bytes can hold at most, unpacked."""
    return max(RATIO_MATTERS_FROM, LARGEST_RATIO * packed)


def read_chunks(file: IO[bytes]) -> Iterator[bytes]:
    """Yield the rest of an open file in pieces of at most `CHUNK` bytes."""
    while chunk := file.read(CHUNK):
        yield chunk


@contextmanager
def share_archives() -> Iterator[None]:
    """Inside the block `open_archive` opens each archive only once: opening a large zip takes a second."""
    shared: dict[Path, ArchiveFiles] = {}
    token = _SHARED.set(shared)
    try:
        yield
    finally:
        _SHARED.reset(token)
        for files in shared.values():
            files.close()


def _open(path: Path) -> ArchiveFiles:
    return _FolderFiles(path) if path.is_dir() else _ZipFiles(path)


class _FolderFiles(ArchiveFiles):
    def folders(self, inside: str = "") -> tuple[str, ...]:
        return tuple(sorted(entry.name for entry in self._entries(inside) if entry.is_dir()))

    def names(self, inside: str = "") -> tuple[str, ...]:
        return tuple(sorted(entry.name for entry in self._entries(inside) if entry.is_file()))

    def _entries(self, inside: str) -> Iterator[Path]:
        folder = self.path / inside
        return folder.iterdir() if folder.is_dir() else iter(())

    def has(self, name: str) -> bool:
        return (self.path / name).is_file()

    def chunks(self, name: str) -> Iterator[bytes]:
        file_path = self.path / name
        if not file_path.resolve().is_relative_to(self.path.resolve()):
            raise BrokenArchive(
                f"{self.path}: {name} links to a file outside of the folder; replace the link"
            )
        with file_path.open("rb") as file:
            yield from read_chunks(file)


class ListedFiles(ArchiveFiles):
    """An archive that is one file; its members are listed when it is opened."""

    _members: Mapping[str, Any]  # by name

    def _check_listed(self, name: str, number: int, size: int) -> None:
        """Check what is listed up to a file.

        Args:
            name: The file.
            number: Files up to this one.
            size: Bytes of all files up to this one, unpacked.

        Raises:
            BrokenArchive: The name leads out of the archive, or no genuine export is that large.
        """
        shown = f"{self.path} holds {name[:80]!r}"
        if _LEADS_OUT.search(name):
            raise BrokenArchive(f"{shown}, which climbs out; do not trust it")
        if name.count("/") > _DEEPEST:
            raise BrokenArchive(f"{shown}, in more than {_DEEPEST} folders; no genuine export does")
        if number > MOST_FILES:
            raise BrokenArchive(f"{self.path} holds more than {MOST_FILES:,} files; no genuine export does")
        if size > RATIO_MATTERS_FROM and size > largest_content(packed := self.path.stat().st_size):
            raise BrokenArchive(
                f"{self.path} would grow from {packed:,} to more than {size:,} bytes; "
                "no genuine export does, so it is not opened"
            )

    @cached_property
    def _tree(self) -> dict[str, tuple[set[str], set[str]]]:
        """The names of folders and of files directly in each folder; looked up once for each file."""
        tree: dict[str, tuple[set[str], set[str]]] = {"": (set(), set())}
        for member in self._members:
            folder, slash, name = member.rpartition("/")
            inside = folder + slash
            known = inside in tree
            tree.setdefault(inside, (set(), set()))[1].add(name)
            while not known:
                outer, slash, inner = inside[:-1].rpartition("/")
                inside = outer + slash
                known = inside in tree
                tree.setdefault(inside, (set(), set()))[0].add(inner)
        return tree

    def folders(self, inside: str = "") -> tuple[str, ...]:
        return tuple(sorted(self._tree.get(inside, _EMPTY)[0]))

    def names(self, inside: str = "") -> tuple[str, ...]:
        return tuple(sorted(self._tree.get(inside, _EMPTY)[1]))

    def has(self, name: str) -> bool:
        return name in self._members


class _ZipFiles(ListedFiles):
    def __init__(self, path: Path) -> None:
        super().__init__(path)
        try:
            self._zip = zipfile.ZipFile(path)
        except FileNotFoundError:
            raise
        except _DAMAGE as error:
            raise BrokenArchive(f"{path} is not a whole zip file; download it again") from error
        try:
            self._members = self._checked_members()
        except BrokenArchive:
            self.close()
            raise

    def chunks(self, name: str) -> Iterator[bytes]:
        member = self._members[name]
        self._check_content(member)
        try:
            with self._zip.open(member) as file:
                yield from read_chunks(file)  # zipfile never gives more than the size declared
        except _DAMAGE as error:
            raise BrokenArchive(f"{self.path}: {name} is damaged; download it again") from error

    def close(self) -> None:
        self._zip.close()

    def _checked_members(self) -> dict[str, zipfile.ZipInfo]:
        members = [member for member in self._zip.infolist() if not member.filename.endswith(("/", "\\"))]
        sizes = accumulate(member.file_size for member in members)
        for number, (member, size) in enumerate(zip(members, sizes, strict=True), start=1):
            self._check_listed(member.orig_filename.replace("\\", "/"), number, size)
        # some zips of Windows have backslashes between folders
        named = [(member.filename.replace("\\", "/"), member) for member in members]
        counts = Counter(name for name, _ in named)
        if repeated := [name for name, count in counts.items() if count > 1]:
            raise BrokenArchive(
                f"{self.path} holds {repeated[0][:80]!r} more than once; no genuine export does"
            )
        return {name: member for name, member in named if not name.startswith("__MACOSX/")}

    def _check_content(self, member: zipfile.ZipInfo) -> None:
        shown = f"{self.path}: {member.filename}"
        if member.flag_bits & ENCRYPTED:
            raise BrokenArchive(f"{shown} is encrypted; unpack it with its password and give the folder")
        if stat.S_ISLNK(member.external_attr >> 16):
            raise BrokenArchive(f"{shown} is a link, not a file; zip the folder again without links")
        explodes = member.file_size > max(RATIO_MATTERS_FROM, LARGEST_RATIO * member.compress_size)
        if explodes or member.file_size > LARGEST_FILE:
            raise BrokenArchive(
                f"{shown} would grow from {member.compress_size:,} to {member.file_size:,} bytes; "
                "no genuine export does, so it is not opened"
            )
