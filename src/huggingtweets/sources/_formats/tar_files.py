"""The files of an export in a tar, compressed or not, opened safely and never extracted to disk.

Only regular files are listed; links, devices and everything else that a tar can hold are skipped.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, cast

from ...errors import BrokenArchive
from .archive_files import LARGEST_FILE, ListedFiles, read_chunks

_COMPRESSIONS: dict[bytes, Callable[[Path], Any]] = {
    b"\x1f\x8b": gzip.GzipFile,
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\x00": lzma.LZMAFile,
}
_MAGIC = b"ustar"
_MAGIC_AT = 257
_LARGEST_HEADER = 1 << 20  # bytes; long names and attributes come before a file
_DAMAGE = (tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError, OverflowError)


def is_tar(path: Path) -> bool:
    """Whether a file is a tar, by its first bytes, or is compressed and named as one."""
    with path.open("rb") as file:
        head = file.read(_MAGIC_AT + len(_MAGIC))
    compressed = head.startswith(tuple(_COMPRESSIONS)) and {".tar", ".tgz"} & {
        s.lower() for s in path.suffixes
    }
    return bool(compressed) or head[_MAGIC_AT:] == _MAGIC


class TarFiles(ListedFiles):
    """The regular files of a tar.

    Raises:
        BrokenArchive: It is cut, damaged or dangerous.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._file = _decompress(path)
        try:
            self._tar = tarfile.open(fileobj=self._file, mode="r:")  # noqa: SIM115 -- close() closes it
            self._members = self._checked_members()
        except BrokenArchive:
            self._file.close()
            raise
        except _DAMAGE as error:
            self._file.close()
            raise BrokenArchive(f"{path} is not a whole tar file; download it again") from error

    def chunks(self, name: str) -> Iterator[bytes]:
        try:
            file = cast("IO[bytes]", self._tar.extractfile(self._members[name]))
            yield from read_chunks(file)
        except _DAMAGE as error:
            raise BrokenArchive(f"{self.path}: {name} is damaged; download it again") from error

    def close(self) -> None:
        self._tar.close()
        self._file.close()

    def _checked_members(self) -> dict[str, tarfile.TarInfo]:
        """Read all headers of the tar, as it has no list of its files."""
        members: dict[str, tarfile.TarInfo] = {}
        for number, member in enumerate(self._tar, start=1):
            name = member.name.removeprefix("./")
            self._check_listed(name, number, member.offset_data + member.size)
            if member.size > LARGEST_FILE:
                raise BrokenArchive(
                    f"{self.path}: {name[:80]!r} would grow to {member.size:,} bytes; no genuine export does"
                )
            if name in members:
                raise BrokenArchive(f"{self.path} holds {name[:80]!r} more than once; no genuine export does")
            if member.isreg() and not member.issparse():
                members[name] = member
        return members


class _SmallReads(io.RawIOBase):
    """A file that refuses to read large pieces at once: a tar's header can claim to be gigabytes long."""

    def __init__(self, file: IO[bytes]) -> None:
        self._inner = file

    def read(self, size: int = -1, /) -> bytes:
        if not 0 <= size <= _LARGEST_HEADER:
            raise tarfile.ReadError("a header of the tar is too large")
        return self._inner.read(size)

    def seek(self, place: int, whence: int = io.SEEK_SET, /) -> int:
        return self._inner.seek(place, whence)

    def tell(self) -> int:
        return self._inner.tell()

    def close(self) -> None:
        self._inner.close()
        super().close()


def _decompress(path: Path) -> _SmallReads:
    with path.open("rb") as file:
        head = file.read(8)
    opener = next((opener for magic, opener in _COMPRESSIONS.items() if head.startswith(magic)), io.FileIO)
    return _SmallReads(opener(path))
