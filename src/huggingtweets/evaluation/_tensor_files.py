"""Arrays and a few settings in one safetensors file, the same bytes each time; never a pickle."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from ..errors import ModelError
from ..files import readable

KEY = "huggingtweets"  # of the metadata; a single one, since several are written in random order

Arrays = Mapping[str, NDArray[Any]]


class About(Struct, frozen=True, kw_only=True):
    """What the file is, with the version of its form, and what else is needed to read it."""

    format: str
    settings: dict[str, str | int | float]


def save(path: Path, form: str, settings: Mapping[str, str | int | float], arrays: Arrays) -> None:
    """Write arrays and settings; `form` names what they are, and its version."""
    about = About(format=form, settings=dict(settings))
    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    save_file(contiguous, path, {KEY: msgspec.json.encode(about).decode()})
    readable(path)


def load(path: Path, form: str, remedy: str) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Read settings and arrays that `save` wrote.

    Args:
        path: the file.
        form: what it must be.
        remedy: what the user can do where it is not.

    Raises:
        ModelError: the file is absent, damaged, or of another form or version.
    """
    try:
        with safe_open(path, "numpy") as file:
            about = msgspec.json.decode((file.metadata() or {}).get(KEY, "null"), type=About | None)
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 -- no mapping
    except (OSError, SafetensorError, msgspec.DecodeError) as error:
        raise ModelError(f"{path} cannot be read as a {form} ({error}); {remedy}") from error
    if about is None or about.format != form:
        found = about.format if about else "something else"
        raise ModelError(f"{path} is a {found}, and this version reads a {form}; {remedy}")
    return about.settings, arrays
