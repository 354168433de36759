"""A file system that fails at random, as stores on a bad network do; other processes find it by its name.

It keeps its files on the disk: flaky:///a/folder is /a/folder. While a file `full` or `down` lies beside that
folder, nothing can be written, or nothing works at all.
"""

from __future__ import annotations

import errno
import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fsspec import AbstractFileSystem
from fsspec.implementations.local import LocalFileSystem

BEFORE, AFTER, TORN, MOST_SECONDS = 0.03, 0.03, 0.03, 0.05  # shares of the operations; of each one's time


def environment(folder: Path) -> dict[str, str]:
    """The environment of processes that find this file system, by an entry point in a folder."""
    entry = folder / "flaky_store-1.dist-info"
    entry.mkdir(parents=True)
    (entry / "METADATA").write_text("Name: flaky-store\nVersion: 1\n", "utf-8")
    place = f"{__name__}:{FlakyFileSystem.__name__}"
    (entry / "entry_points.txt").write_text(f"[fsspec.specs]\nflaky = {place}\n", "utf-8")
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), os.environ["PYTHONPATH"]])}


class FlakyFileSystem(AbstractFileSystem):
    """Fails before an operation, after it, or in the middle of writing."""

    protocol = "flaky"
    cachable = False

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._disk = LocalFileSystem(auto_mkdir=True)

    def ls(self, path: str, detail: bool = True, **_: Any) -> Any:
        """List a folder."""
        with _weather(path):
            return self._disk.ls(path, detail)

    def info(self, path: str, **_: Any) -> Any:
        """Tell of a file."""
        with _weather(path):
            return self._disk.info(path)

    def modified(self, path: str) -> Any:
        """Tell when a file was written."""
        with _weather(path):
            return self._disk.modified(path)

    def cat_file(self, path: str, start: int | None = None, end: int | None = None, **_: Any) -> Any:
        """Read a file."""
        with _weather(path):
            return self._disk.cat_file(path, start, end)

    def pipe_file(self, path: str, value: bytes, mode: str = "overwrite", **_: Any) -> None:
        """Write a file."""
        with _weather(path, writes=True):
            if random.random() < TORN:
                self._disk.pipe_file(path, value[: len(value) // 2], mode)
                raise ConnectionResetError("the connection was reset")
            self._disk.pipe_file(path, value, mode)

    def put_file(self, lpath: str, rpath: str, *_: Any, **__: Any) -> None:
        """Copy a file into the store."""
        self.pipe_file(rpath, Path(lpath).read_bytes())

    def get_file(self, rpath: str, lpath: str, *_: Any, **__: Any) -> None:
        """Copy a file out of the store."""
        Path(lpath).write_bytes(self.cat_file(rpath))

    def rm_file(self, path: str) -> None:
        """Delete a file."""
        with _weather(path):
            self._disk.rm(path, recursive=True)


@contextmanager
def _weather(path: str, *, writes: bool = False) -> Iterator[None]:
    """Let what is done inside be slow, fail, or seem to fail."""
    time.sleep(random.random() * MOST_SECONDS)
    if any((parent / "down").exists() for parent in Path(path).parents):
        raise TimeoutError("the store does not answer")
    if writes and any((parent / "full").exists() for parent in Path(path).parents):
        raise OSError(errno.ENOSPC, "No space left on device")
    if random.random() < BEFORE:
        raise ConnectionResetError("the connection was reset")
    yield
    if random.random() < AFTER:
        raise ConnectionResetError("the answer was lost")
