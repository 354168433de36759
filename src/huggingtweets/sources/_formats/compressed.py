"""A single file that is compressed (gzip, bzip2, xz) or alone in a zip, unpacked for as long as it is read.

The file may be hostile: it is not unpacked further than genuine ones go, see archive_files.py.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from ...errors import BrokenArchive
from .archive_files import (
    LARGEST_FILE,
    LARGEST_RATIO,
    RATIO_MATTERS_FROM,
    ArchiveFiles,
    open_archive,
    read_chunks,
)
from .table_rows import is_table
from .tar_files import is_tar

_OPENERS: dict[bytes, Callable[[Path], Any]] = {
    b"\x1f\x8b": gzip.GzipFile,
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\x00": lzma.LZMAFile,
}
_SUFFIXES = {".gz", ".gzip", ".bz2", ".xz"}
_PREFIX = "huggingtweets-"  # of the folders of copies
_ZIP = b"PK\3\4"
_DAMAGE = (zlib.error, lzma.LZMAError, EOFError, OSError, ValueError)
_LONGEST_NAME = 100  # bytes of a name that is kept; what the system allows is more
_ANY_TABLE = ".txt"  # what a file is named that has no other ending: what is in it decides


@contextmanager
def unpacked(location: str) -> Iterator[str]:
    """Give the location of what is in a compressed file; any other location as it is.

    The copy is in a folder of its own that nobody else can read, and is removed at the end.

    Raises:
        BrokenArchive: The file is cut or damaged, or would grow without end.
    """
    path = Path(location)
    opener = _opener(path)
    if opener is None:
        yield location
        return
    with tempfile.TemporaryDirectory(prefix=_PREFIX) as folder:
        copy = Path(folder) / _inner_name(path)
        with copy.open("wb") as target:
            _unpack(path, opener, target)
        if is_tar(copy):  # a source of its own reads it, unpacked or not
            yield location
        else:
            yield str(copy)


@contextmanager
def only_table(location: str) -> Iterator[str]:
    """Give the location of the table that is alone in a zip, a copy as of `unpacked`; "" if there is none.

    Raises:
        BrokenArchive: The file in the zip is damaged, encrypted, a link, or would grow without end.
    """
    path = Path(location)
    name = _only_name(path)
    if not name:
        yield ""
        return
    with open_archive(path) as files, copied(files, name) as copy:
        yield str(copy)


@contextmanager
def copied(files: ArchiveFiles, name: str) -> Iterator[Path]:
    """Give a copy, as of `unpacked`, of a file in an archive."""
    with tempfile.TemporaryDirectory(prefix=_PREFIX) as folder:
        copy = Path(folder) / _kept_name(Path(name).name)
        with copy.open("wb") as target:
            target.writelines(files.chunks(name))
        yield copy


def _only_name(path: Path) -> str:
    """Return the name of the table that is the only file of a zip, but for hidden ones; else "".

    A text is none: chats are given away like that, and one that no source understands is not read.
    """
    try:
        if not path.is_file() or not _begins_as_zip(path):
            return ""
        with open_archive(path) as files:
            names = [name for name in files.all_names() if not Path(name).name.startswith(".")]
    except (OSError, ValueError, BrokenArchive):
        return ""
    tables = [name for name in names if is_table(Path(name)) and Path(name).suffix.lower() != _ANY_TABLE]
    return tables[0] if tables == names and len(tables) == 1 else ""


def _begins_as_zip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_ZIP)) == _ZIP


def _opener(path: Path) -> Callable[[Path], Any] | None:
    try:
        if not path.is_file() or is_tar(path):
            return None
        with path.open("rb") as file:
            head = file.read(max(map(len, _OPENERS)))
    except (OSError, ValueError):
        return None
    return next((opener for first, opener in _OPENERS.items() if head.startswith(first)), None)


def _inner_name(path: Path) -> str:
    """Return the name of the file without the ending of its compression."""
    name = path.stem if path.suffix.lower() in _SUFFIXES else path.name
    name = _kept_name(name)
    return name if Path(name).suffix else name + _ANY_TABLE


def _kept_name(name: str) -> str:
    """Return a name, or the end of a long one."""
    return name.encode("utf-8", "replace")[-_LONGEST_NAME:].decode("utf-8", "ignore")


def _unpack(path: Path, opener: Callable[[Path], Any], target: IO[bytes]) -> None:
    largest = min(LARGEST_FILE, max(RATIO_MATTERS_FROM, LARGEST_RATIO * path.stat().st_size))
    size = 0
    try:
        with opener(path) as file:
            for chunk in read_chunks(file):
                size += len(chunk)
                if size > largest:
                    break
                target.write(chunk)
    except _DAMAGE as error:
        raise BrokenArchive(f"{path} is not a whole compressed file; download or copy it again") from error
    if size > largest:
        raise BrokenArchive(
            f"{path} would grow to more than {largest:,} bytes; no genuine export does, so it is not opened"
        )
