"""One thing on this machine that was made from somebody's posts."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path


@dataclass(frozen=True)
class Trace:
    """What it is, where, how large, and how it is deleted."""

    kind: str
    path: Path
    size: int  # bytes
    about: str = ""
    delete: Callable[[], None] = field(default=lambda: None, repr=False, compare=False)


def on_disk(kind: str, path: Path, about: str = "") -> Trace:
    """A file or a folder, with all that is in it."""
    return Trace(kind, path, size(path), about, partial(remove, path))


def size(path: Path) -> int:
    """Bytes of a file, or of all files in a folder."""
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in files)


def remove(path: Path) -> None:
    """Delete a file, or a folder with all that is in it; what is gone already is fine."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
