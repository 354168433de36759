"""A single file that is compressed (gzip, bzip2, xz), unpacked beside for as long as it is read.

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
from .archive_files import LARGEST_FILE, LARGEST_RATIO, RATIO_MATTERS_FROM, read_chunks
from .tar_files import is_tar

_OPENERS: dict[bytes, Callable[[Path], Any]] = {
    b"\x1f\x8b": gzip.GzipFile,
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\x00": lzma.LZMAFile,
}
_SUFFIXES = {".gz", ".gzip", ".bz2", ".xz"}
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
    with tempfile.TemporaryDirectory(prefix="huggingtweets-") as folder:
        copy = Path(folder) / _inner_name(path)
        with copy.open("wb") as target:
            _unpack(path, opener, target)
        if is_tar(copy):  # a source of its own reads it, unpacked or not
            yield location
        else:
            yield str(copy)


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
    name = name.encode()[-_LONGEST_NAME:].decode("utf-8", "ignore")
    return name if Path(name).suffix else name + _ANY_TABLE


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
