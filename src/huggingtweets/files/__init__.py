"""Atomic writes of files and folders, and SHA-256 digests."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..errors import OutOfSpace, OutputExists
from ..staging import identity, move, staging_folder
from .home_folder import home

CHECKPOINT = "standing.safetensors"  # earlier versions wrote this name and those of its contents; they stay


def sha256(path: Path) -> str:
    """The SHA-256 of a file as 64 hex digits. The file is read in pieces, so memory stays small."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def whole_folder(target: Path, *, replace: bool = False) -> Iterator[Path]:
    """Yield a temporary folder beside `target` that is renamed to `target` when the block ends without error.

    On any error, and on Ctrl-C, the temporary folder is removed and `target` is as before. What killed runs
    left of such folders is removed first.

    Args:
        target: the folder to write.
        replace: whether an existing `target` is replaced; of a link, the folder that it leads to.

    Raises:
        OutOfSpace: the disk is full.
        OutputExists: `target` exists and `replace` is false, or it cannot be written; or something else took
            its place while the block ran: then that stays, and the new folder is kept beside it.
    """
    if os.path.lexists(target) and not replace:
        raise OutputExists(f"{target} exists already; choose another with --out, or remove it first")
    require_replaceable(target)
    target = target.resolve() if target.is_symlink() else target
    replaceable = identity(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with staging_folder(target, home()) as folder:
            yield folder.path
            readable(folder.path)
            move(folder, replaceable)
    except OSError as error:
        raise file_error(error, target) from error


def require_replaceable(target: Path, inputs: Iterable[str | Path] = ()) -> None:
    """Refuse to replace a folder that holds the current folder, or what is read for its new content.

    A link that leads nowhere is refused, too: a disk that is not connected is behind it, perhaps.

    Raises:
        OutputExists: `target` is such a folder or link.
    """
    if target.is_symlink() and not target.exists():
        raise OutputExists(f"{target} is a link that leads nowhere; remove it, or choose another with --out")
    if not target.is_dir():
        return
    place = target.resolve()
    needed = [path for path in (Path.cwd(), *map(Path, inputs)) if path.resolve().is_relative_to(place)]
    if needed:
        raise OutputExists(
            f"{target} holds {needed[0]}, and all that is there would be deleted; choose another with --out"
        )


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Yield a folder for what nobody keeps; where a run is killed, the next one removes it."""
    with staging_folder(Path(tempfile.gettempdir()) / "huggingtweets", home()) as folder:
        yield folder.path


def whole_file(target: Path, content: bytes) -> None:
    """Write a file atomically: create the folders above it, and replace an existing file.

    Raises:
        OutOfSpace: the disk is full.
        OutputExists: the file cannot be written.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with beside(target) as unfinished:
            unfinished.write_bytes(content)
    except OSError as error:
        raise file_error(error, target) from error


@contextmanager
def beside(target: Path) -> Iterator[Path]:
    """Yield a file beside `target` that takes its place where the block ends without error, and else goes.

    What killed runs left of such files is removed first.
    """
    with staging_folder(target, home()) as folder:
        unfinished = folder.path / target.name
        yield unfinished
        unfinished.replace(target)


def readable(path: Path) -> None:
    """Give a file or folder the permissions of the user's umask, since temporary ones are private."""
    mask = os.umask(0)  # the umask can be read only by setting it
    os.umask(mask)
    path.chmod((0o777 if path.is_dir() else 0o666) & ~mask)


_FULL = {errno.ENOSPC, errno.EDQUOT}
_REMEDIES = {
    errno.EACCES: "choose a place where you may write, with --out or $HUGGINGTWEETS_HOME",
    errno.EPERM: "choose a place where you may write, with --out or $HUGGINGTWEETS_HOME",
    errno.EROFS: "choose a place that can be written, with --out or $HUGGINGTWEETS_HOME",
    errno.ENAMETOOLONG: "give a shorter name with --out",
    errno.ENOTDIR: "a file is where a folder is needed; choose another place",
    errno.EEXIST: "a file is where a folder is needed; choose another place",
    errno.ENOENT: "it, a folder above it, or the current folder is not there, or no longer",
    errno.EISDIR: "a folder is where a file is needed; choose another place",
    errno.ELOOP: "it is a link that leads back to itself; remove it, or choose another place",
    errno.EFBIG: "no file may be so large there; choose another disk, or raise the limit with ulimit -f",
    errno.EMFILE: "too many files are open; raise the limit with ulimit -n",
    errno.EIO: "the disk or what is on it is damaged",
}


def file_error(error: OSError, target: Path | None = None) -> OSError | OutOfSpace | OutputExists:
    """The error of this package that says what a user can do about a file or disk; any other as it is.

    Args:
        error: as it was raised.
        target: what was to be written, where the error does not say it.
    """
    place = error.filename if isinstance(error.filename, str) else target
    if error.errno in _FULL:
        return OutOfSpace(
            f"no space left on the disk{f' of {place}' if place else ''}; free some: {_space(place)}"
        )
    if error.errno in _REMEDIES:
        return OutputExists(f"cannot use {place or 'a file'} ({error.strerror}): {_REMEDIES[error.errno]}")
    return error


def _space(place: str | Path | None) -> str:
    """How much space is left where this program writes, in words."""
    folders = [Path(place).absolute()] if place else [Path(tempfile.gettempdir()), home(), Path.cwd()]
    there = [next(path for path in (folder, *folder.parents) if path.exists()) for folder in folders]
    return ", ".join(f"{shutil.disk_usage(path).free / 1e6:,.1f} MB are left at {path}" for path in there)


@dataclass(frozen=True)
class CheckpointConfig:
    """Where the checkpoints of an unfinished run are written, and how often."""

    folder: Path
    seconds: float = 120.0  # between two checkpoints
