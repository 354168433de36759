"""Atomic writes of files and folders, SHA-256 digests, safetensors files, and the cache folder `home()`."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from .errors import ModelError, OutOfSpace, OutputExists
from .staging import identity, move, staging_folder

if TYPE_CHECKING:
    from numpy.typing import NDArray

_HOME: ContextVar[Path | None] = ContextVar("the folder that home() returns in this context", default=None)


def home() -> Path:
    """The folder of datasets and caches: that of `at_home`, $HUGGINGTWEETS_HOME, or the user's cache.

    It is absolute: processes of the page work in other folders.
    """
    folder = _HOME.get() or os.environ.get("HUGGINGTWEETS_HOME")
    return Path(folder or Path.home() / ".cache" / "huggingtweets").absolute()


@contextmanager
def at_home(folder: Path | None) -> Iterator[None]:
    """Make `home()` return `folder` inside the block, None: the same as outside.

    A server keeps its visitors' files apart with it.
    """
    token = _HOME.set(folder)
    try:
        yield
    finally:
        _HOME.reset(token)


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


@contextmanager
def tensor_errors() -> Iterator[None]:
    """Raise the errors of safetensors, of a full disk for example, as the OSError that they are elsewhere."""
    from safetensors import SafetensorError  # noqa: PLC0415 -- heavy, and needed only where tensors are written

    try:
        yield
    except SafetensorError as error:
        number = re.search(r"os error (\d+)", str(error))
        code = int(number[1]) if number else errno.EIO
        raise OSError(code, os.strerror(code)) from error


@dataclass(frozen=True)
class CheckpointConfig:
    """Where the checkpoints of an unfinished run are written, and how often."""

    folder: Path
    seconds: float = 120.0  # between two checkpoints


Arrays = Mapping[str, "NDArray[Any]"]
# All metadata is one JSON value under one key: safetensors writes several keys in random order, and the same
# content must give the same bytes.
_METADATA_KEY = "huggingtweets"


class _TensorsMetadata(Struct, frozen=True, kw_only=True):
    """The format of a safetensors file with its version, and plain values that are needed to read it."""

    format: str
    settings: dict[str, str | int | float]


def save_tensors(
    path: Path, file_format: str, settings: Mapping[str, str | int | float], arrays: Arrays
) -> None:
    """Write arrays and a few settings as one safetensors file; the same content gives the same bytes.

    Args:
        path: the file.
        file_format: name of the format, with its version; `load_tensors` compares it.
        settings: plain values, by name.
        arrays: numpy arrays of any shape, by name.
    """
    import numpy as np  # noqa: PLC0415 -- heavy, and needed only where tensors are written
    from safetensors.numpy import save_file  # noqa: PLC0415 -- the same

    metadata = _TensorsMetadata(format=file_format, settings=dict(settings))
    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    with beside(path) as unfinished:
        with tensor_errors():
            save_file(contiguous, unfinished, {_METADATA_KEY: msgspec.json.encode(metadata).decode()})
        readable(unfinished)


@contextmanager
def reading(path: Path, remedy: str) -> Iterator[None]:
    """Turn what a damaged file raises while its content is put to use into an error that names it.

    Raises:
        ModelError: a value is missing, of another type, or out of range.
    """
    try:
        yield
    except (LookupError, TypeError, ValueError, ArithmeticError) as error:
        raise ModelError(f"{path} is damaged ({type(error).__name__}: {error}); {remedy}") from error


def load_settings(path: Path, file_format: str, remedy: str) -> dict[str, Any]:
    """Read the settings that `save_tensors` wrote, and not the arrays; arguments as of `load_tensors`."""
    return _load(path, file_format, remedy, with_arrays=False)[0]


def load_tensors(
    path: Path, file_format: str, remedy: str, earlier_format: str = ""
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Read the settings and arrays that `save_tensors` wrote.

    Args:
        path: the file.
        file_format: the format and version that the file must have.
        remedy: what the user can do where the file cannot be read; the end of the error message.
        earlier_format: that of an earlier version, which the caller can read as well.

    Raises:
        ModelError: the file is missing, damaged, or of another format or version.
    """
    return _load(path, file_format, remedy, earlier_format)


def _load(
    path: Path, file_format: str, remedy: str, earlier_format: str = "", *, with_arrays: bool = True
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    from safetensors import SafetensorError, safe_open  # noqa: PLC0415 -- heavy, and seldom needed

    try:
        with safe_open(path, "numpy") as file:
            encoded = (file.metadata() or {}).get(_METADATA_KEY, "null")
            metadata = msgspec.json.decode(encoded, type=_TensorsMetadata | None)
            names = file.keys() if with_arrays else ()
            arrays = {name: file.get_tensor(name) for name in names}
    except (OSError, SafetensorError, ValueError) as error:
        raise ModelError(f"{path} cannot be read as a {file_format} ({error}); {remedy}") from error
    if metadata is None or metadata.format not in {file_format, earlier_format} - {""}:
        other = metadata.format if metadata else "something else"
        raise ModelError(f"{path} is a {other}, and this version reads a {file_format}; {remedy}")
    return metadata.settings, arrays
