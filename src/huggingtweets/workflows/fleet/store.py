"""Where a fleet keeps all it knows: a folder on any file system that fsspec can reach.

| in the store | what |
|---|---|
| `fleet.json`, `authors.jsonl` | what all authors share, and who they are; the first is written last |
| `posts/NAME.jsonl` | the rows of one author, where the authors came as one large table |
| `leases/NAME~2.json` | who works on an author until when; the highest number counts |
| `checkpoints/NAME` | an unfinished training |
| `models/NAME/` | the model folder |
| `ended/NAME.json` | how the author ended, with the digests of the model folder; written last |
| `results.parquet`, `results.html` | one row per author |

Object stores cannot rename, so nothing here rests on it: a model folder counts from the moment its file in
`ended/` is there.
"""

from __future__ import annotations

import glob
import re
import shutil
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, Final

import fsspec
from fsspec.implementations.local import LocalFileSystem

from ...errors import OutOfSpace, StoreUnavailable, first_line
from ...files import beside, whole_file
from ...progress import tell

LEASES, CHECKPOINTS, MODELS, ENDED, POSTS = "leases", "checkpoints", "models", "ended", "posts"
WAITS: Final = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)  # seconds before each new try of what failed
CONDITIONAL: Final = {
    "file",
    "local",
    "memory",
    "s3",
    "s3a",
    "gs",
    "gcs",
}  # create a file only where there is none
_USER: Final = re.compile(r"://[^/]*@")
SETTLE: Final = 1.0  # seconds before a file is read back, where a file system has no conditional creation


class Store:
    """Reads and writes the files of a fleet; tries again where the file system fails."""

    def __init__(self, address: str, waits: Sequence[float] = WAITS) -> None:
        """Open a store, which need not exist yet.

        Args:
            address: a folder, or an address that fsspec knows, like s3://bucket/folder.
            waits: seconds before each new try of what failed.

        Raises:
            StoreUnavailable: fsspec knows no such address, or a package is missing for it.
        """
        self.address, self._waits = address, waits
        self.shown = _USER.sub("://", address)  # without a user's name and password
        try:
            self._fs, root = fsspec.core.url_to_fs(address)
        except (ImportError, ValueError) as error:
            raise StoreUnavailable(
                f"--out {self.shown}: {error}; give a folder, or an address like s3://bucket/folder"
            ) from error
        self._root = PurePosixPath(root)
        self.local = Path(root) if isinstance(self._fs, LocalFileSystem) else None

    def read(self, path: str) -> bytes | None:
        """The content of a file; None where there is none."""
        try:
            content: bytes = self._try(lambda: self._fs.cat_file(self._at(path)))
        except FileNotFoundError:
            return None
        return content

    def read_folder(self, folder: str) -> dict[str, bytes]:
        """The contents of the files of a folder, by their names without the suffix."""
        names = self.names(folder)
        if not names:
            return {}
        paths = [self._at(f"{folder}/{name}") for name in names]
        # not `cat`, which takes the name of a folder like "fleet [1]" for a pattern
        read = self._try(lambda: self._fs.cat_ranges(paths, None, None, on_error="return"))
        contents: dict[str, bytes | None] = dict(zip(names, read, strict=True))
        for name, content in contents.items():
            if not isinstance(content, bytes):  # what failed is tried again, one by one
                contents[name] = self.read(f"{folder}/{name}")
        return {PurePosixPath(name).stem: each for name, each in contents.items() if each is not None}

    def names(self, folder: str) -> list[str]:
        """The names of the files of a folder, sorted; not of what is being written beside them."""
        self._fs.invalidate_cache()
        try:
            paths = self._try(lambda: self._fs.ls(self._at(folder), detail=False))
        except FileNotFoundError:
            return []
        names = (PurePosixPath(path).name for path in paths)
        return sorted(name for name in names if not name.startswith("."))

    def write(self, path: str, content: bytes) -> None:
        """Write a file; on a local disk it appears whole, as it does on object stores."""
        if self.local:
            target = self.local / path
            self._try(lambda: whole_file(target, content))
        else:
            self._try(lambda: self._fs.pipe_file(self._at(path), content))

    def create(self, path: str, content: bytes) -> bool:
        """Write a file that nobody else has written; return whether this was the first.

        Local disks, S3 and Google's storage refuse to write what is there. Elsewhere the file is read back
        after a second: of two who write within it, the last is the first.
        """
        protocols = {self._fs.protocol} if isinstance(self._fs.protocol, str) else {*self._fs.protocol}
        try:
            if self.local:
                self._try(lambda: _create_locally(Path(self._at(path)), content))
            elif protocols & CONDITIONAL:
                self._try(lambda: self._fs.pipe_file(self._at(path), content, mode="create"))
            elif self.read(path) is None:
                self.write(path, content)
                time.sleep(SETTLE)
        except FileExistsError:
            pass  # by somebody else, or by a try of this one whose answer was lost: the content shows it
        return self.read(path) == content

    def modified(self, path: str) -> float:
        """When a file was written, in seconds since 1970; 0 where that is not known."""

        def timestamp() -> float:
            try:
                return float(self._fs.modified(self._at(path)).timestamp())
            except (FileNotFoundError, NotImplementedError, KeyError):
                return 0.0

        return float(self._try(timestamp))

    def remove(self, *paths: str) -> None:
        """Delete files and folders, where they are there."""
        for path in paths:
            at = self._at(path)
            place = at if self.local else glob.escape(at)  # object stores take it for a pattern
            try:
                self._try(partial(self._fs.rm, place, recursive=True))
            except FileNotFoundError:
                continue

    def upload(self, source: Path, path: str) -> None:
        """Copy a file into the store; on a local disk it appears whole, as it does on object stores."""
        if self.local:
            target = self.local / path
            self._try(lambda: _copy_whole(source, target))
        else:
            self._try(lambda: self._fs.put_file(str(source), self._at(path)))

    def download(self, path: str, target: Path) -> bool:
        """Copy a file out of the store; return whether there is one."""
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._try(lambda: self._fs.get_file(self._at(path), str(target)))
        except FileNotFoundError:
            return False
        return True

    def _at(self, path: str) -> str:
        return str(self._root / path)

    def _try(self, act: Callable[[], Any]) -> Any:
        """Act, and try again after a while where the file system fails.

        Raises:
            FileNotFoundError: there is no such file.
            FileExistsError: there is one already.
            StoreUnavailable: it failed to the last try.
        """
        for wait in (*self._waits, None):
            try:
                return act()
            except (FileNotFoundError, FileExistsError):
                raise
            except Exception as error:  # each file system of fsspec has errors of its own
                if wait is None or PermissionError in {type(error), type(error.__cause__)}:
                    raise StoreUnavailable(_failed(self.shown, error)) from error
                tell(f"store {self.shown}: {first_line(error)}; trying again in {wait:g} s")
                time.sleep(wait)
        raise AssertionError("unreachable")


def _create_locally(target: Path, content: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as file:
        try:
            file.write(content)
            file.flush()
        except OSError:
            target.unlink()  # on a full disk an empty file would keep out all others
            raise


def _copy_whole(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with beside(target) as unfinished:
        shutil.copyfile(source, unfinished)


def _failed(address: str, error: Exception) -> str:
    remedy = "" if isinstance(error, OutOfSpace) else "; check its address, your rights and the connection"
    return f"store {address} fails: {first_line(error)}{remedy}; the same command then goes on"
