"""Files that appear whole or not at all, and digests of what is in them."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from .errors import OutOfSpace, OutputExists

_HOME: ContextVar[Path | None] = ContextVar("where this visitor's files are kept", default=None)


def home() -> Path:
    """Where datasets and caches are kept on this machine: $HUGGINGTWEETS_HOME, or the user's cache."""
    named = _HOME.get() or os.environ.get("HUGGINGTWEETS_HOME")
    return Path(named) if named else Path.home() / ".cache" / "huggingtweets"


@contextmanager
def at_home(folder: Path) -> Iterator[None]:
    """In a `with` of this, `home()` is this folder: one server serves visitors who must not meet."""
    token = _HOME.set(folder)
    try:
        yield
    finally:
        _HOME.reset(token)


def sha256(path: Path) -> str:
    """Hex digest of a file's bytes, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def whole_folder(target: Path, *, replace: bool = False) -> Iterator[Path]:
    """Yield a folder beside `target` that becomes `target` when the block ends well.

    On any error, and on Ctrl-C, the folder is removed and `target` is as before. A full disk becomes
    `OutOfSpace`; a `target` that exists is `OutputExists` unless `replace`.
    """
    if target.exists() and not replace:
        raise OutputExists(f"{target} exists already; choose another with --out, or remove it first")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    except OSError as error:
        raise _told(error, target) from error
    try:
        yield beside
        readable(beside)
        if target.exists():
            _swap(beside, target)
        else:
            beside.rename(target)
    except OSError as error:
        raise _told(error, target) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def whole_file(target: Path, content: bytes) -> None:
    """Write a file that is there whole or not at all; folders above it are made, what was there is replaced.

    Raises:
        OutOfSpace: the disk is full.
        OutputExists: it cannot be written there.
    """
    beside = target.with_name(f".{target.name}-{os.getpid()}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(content)
        beside.replace(target)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise _told(error, target) from error


def _swap(new: Path, target: Path) -> None:
    old = Path(tempfile.mkdtemp(prefix=f".{target.name}-old-", dir=target.parent)) / target.name
    target.rename(old)
    new.rename(target)
    shutil.rmtree(old.parent, ignore_errors=True)


def readable(path: Path) -> None:
    """Give a file or folder the permissions that the user's umask says; temporary ones are private."""
    mask = os.umask(0)
    os.umask(mask)
    path.chmod((0o777 if path.is_dir() else 0o666) & ~mask)


def _told(error: OSError, target: Path) -> Exception:
    if error.errno == errno.ENOSPC:
        return OutOfSpace(f"no space left on the disk of {target}; free some, or choose another with --out")
    if isinstance(error, PermissionError):
        return OutputExists(f"cannot write to {target}: {error.strerror}; choose another with --out")
    return error


@dataclass(frozen=True)
class Keeping:
    """Where an unfinished run is kept, so that it can go on, and how often that is written."""

    folder: Path
    seconds: float = 120.0
