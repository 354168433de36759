"""Files of safetensors: the same content gives the same bytes, and a damaged one is named."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from ..errors import ModelError
from . import beside, readable

if TYPE_CHECKING:
    from numpy.typing import NDArray

Arrays = Mapping[str, "NDArray[Any]"]
# All metadata is one JSON value under one key: safetensors writes several keys in random order, and the same
# content must give the same bytes.
_METADATA_KEY = "huggingtweets"


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
