"""Atomic writes of files and folders, SHA-256 digests, safetensors files, and the cache folder `home()`."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from .errors import ModelError, OutOfSpace, OutputExists

if TYPE_CHECKING:
    from numpy.typing import NDArray

_HOME: ContextVar[Path | None] = ContextVar("the folder that home() returns in this context", default=None)


def home() -> Path:
    """The folder of datasets and caches: that of `at_home`, $HUGGINGTWEETS_HOME, or the user's cache."""
    folder = _HOME.get() or os.environ.get("HUGGINGTWEETS_HOME")
    return Path(folder) if folder else Path.home() / ".cache" / "huggingtweets"


@contextmanager
def at_home(folder: Path) -> Iterator[None]:
    """Make `home()` return `folder` inside the block; a server keeps its visitors' files apart with it."""
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

    On any error, and on Ctrl-C, the temporary folder is removed and `target` is as before.

    Args:
        target: the folder to write.
        replace: whether an existing `target` is replaced.

    Raises:
        OutOfSpace: the disk is full.
        OutputExists: `target` exists and `replace` is false, or it cannot be written.
    """
    if target.exists() and not replace:
        raise OutputExists(f"{target} exists already; choose another with --out, or remove it first")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    except OSError as error:
        raise _translate(error, target) from error
    try:
        yield beside
        readable(beside)
        if target.exists():
            _swap(beside, target)
        else:
            beside.rename(target)
    except OSError as error:
        raise _translate(error, target) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def whole_file(target: Path, content: bytes) -> None:
    """Write a file atomically: create the folders above it, and replace an existing file.

    Raises:
        OutOfSpace: the disk is full.
        OutputExists: the file cannot be written.
    """
    beside = target.with_name(f".{target.name}-{os.getpid()}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(content)
        beside.replace(target)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise _translate(error, target) from error


def _swap(new: Path, target: Path) -> None:
    old = Path(tempfile.mkdtemp(prefix=f".{target.name}-old-", dir=target.parent)) / target.name
    target.rename(old)
    new.rename(target)
    shutil.rmtree(old.parent, ignore_errors=True)


def readable(path: Path) -> None:
    """Give a file or folder the permissions of the user's umask, since temporary ones are private."""
    mask = os.umask(0)  # the umask can be read only by setting it
    os.umask(mask)
    path.chmod((0o777 if path.is_dir() else 0o666) & ~mask)


def _translate(error: OSError, target: Path) -> Exception:
    """The error of this package that a user can act on; any other error as it is."""
    if error.errno == errno.ENOSPC:
        return OutOfSpace(f"no space left on the disk of {target}; free some, or choose another with --out")
    if isinstance(error, PermissionError):
        return OutputExists(f"cannot write to {target}: {error.strerror}; choose another with --out")
    return error


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
    save_file(contiguous, path, {_METADATA_KEY: msgspec.json.encode(metadata).decode()})
    readable(path)


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


def load_tensors(path: Path, file_format: str, remedy: str) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Read the settings and arrays that `save_tensors` wrote.

    Args:
        path: the file.
        file_format: the format and version that the file must have.
        remedy: what the user can do where the file cannot be read; the end of the error message.

    Raises:
        ModelError: the file is missing, damaged, or of another format or version.
    """
    from safetensors import SafetensorError, safe_open  # noqa: PLC0415 -- heavy, and seldom needed

    try:
        with safe_open(path, "numpy") as file:
            encoded = (file.metadata() or {}).get(_METADATA_KEY, "null")
            metadata = msgspec.json.decode(encoded, type=_TensorsMetadata | None)
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 -- no mapping
    except (OSError, SafetensorError, msgspec.DecodeError) as error:
        raise ModelError(f"{path} cannot be read as a {file_format} ({error}); {remedy}") from error
    if metadata is None or metadata.format != file_format:
        other = metadata.format if metadata else "something else"
        raise ModelError(f"{path} is a {other}, and this version reads a {file_format}; {remedy}")
    return metadata.settings, arrays
