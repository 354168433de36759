"""Files that appear whole or not at all, and digests of what is in them."""

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
        raise _as_ours(error, target) from error
    try:
        yield beside
        readable(beside)
        if target.exists():
            _swap(beside, target)
        else:
            beside.rename(target)
    except OSError as error:
        raise _as_ours(error, target) from error
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
        raise _as_ours(error, target) from error


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


def _as_ours(error: OSError, target: Path) -> Exception:
    if error.errno == errno.ENOSPC:
        return OutOfSpace(f"no space left on the disk of {target}; free some, or choose another with --out")
    if isinstance(error, PermissionError):
        return OutputExists(f"cannot write to {target}: {error.strerror}; choose another with --out")
    return error


@dataclass(frozen=True)
class CheckpointConfig:
    """Where an unfinished run is kept, so that it can go on, and how often that is written."""

    folder: Path
    seconds: float = 120.0


Arrays = Mapping[str, "NDArray[Any]"]
_TENSORS_ABOUT = "huggingtweets"  # one key of the metadata, since several are written in random order


class _TensorsAbout(Struct, frozen=True, kw_only=True):
    """What a file of tensors is, with the version of its form, and what else is needed to read it."""

    format: str
    settings: dict[str, str | int | float]


def save_tensors(path: Path, form: str, settings: Mapping[str, str | int | float], arrays: Arrays) -> None:
    """Write arrays and a few settings as one safetensors file; the same content gives the same bytes.

    Args:
        path: the file.
        form: what it is, and its version.
        settings: plain values.
        arrays: by name.
    """
    import numpy as np  # noqa: PLC0415 -- heavy, and needed only where tensors are written
    from safetensors.numpy import save_file  # noqa: PLC0415 -- the same

    about = _TensorsAbout(format=form, settings=dict(settings))
    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    save_file(contiguous, path, {_TENSORS_ABOUT: msgspec.json.encode(about).decode()})
    readable(path)


def load_tensors(path: Path, form: str, remedy: str) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Read settings and arrays that `save_tensors` wrote.

    Args:
        path: the file.
        form: what it must be.
        remedy: what the user can do where it is not.

    Raises:
        ModelError: the file is absent, damaged, or of another form or version.
    """
    from safetensors import SafetensorError, safe_open  # noqa: PLC0415 -- heavy, and seldom needed

    try:
        with safe_open(path, "numpy") as file:
            metadata = file.metadata() or {}
            about = msgspec.json.decode(metadata.get(_TENSORS_ABOUT, "null"), type=_TensorsAbout | None)
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 -- no mapping
    except (OSError, SafetensorError, msgspec.DecodeError) as error:
        raise ModelError(f"{path} cannot be read as a {form} ({error}); {remedy}") from error
    if about is None or about.format != form:
        other = about.format if about else "something else"
        raise ModelError(f"{path} is a {other}, and this version reads a {form}; {remedy}")
    return about.settings, arrays
