"""A trace of a person: one thing on this machine that was made from their posts."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path


@dataclass(frozen=True)
class Trace:
    """What was made, where it is, and how it is deleted."""

    kind: str  # for example "model" or "dataset"
    path: Path
    size: int  # bytes
    about: str = ""  # more about it, for people
    delete: Callable[[], None] = field(default=lambda: None, repr=False, compare=False)


def path_trace(kind: str, path: Path, about: str = "") -> Trace:
    """The trace of a file, or of a folder with everything in it."""
    return Trace(kind, path, size(path), about, partial(remove, path))


def size(path: Path) -> int:
    """Bytes of a file, or of all files in a folder; a link has none."""
    if path.is_symlink():
        return 0
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in files)


def remove(path: Path) -> None:
    """Delete a file, a folder with everything in it, or a link alone; ignore a path that does not exist."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def files_below(folder: Path) -> list[Path]:
    """The files in a folder, and in those below it that links lead to; each folder is searched once."""
    searched: set[Path] = set()
    files: list[Path] = []
    for parent, folders, names in os.walk(folder, followlinks=True):
        if Path(parent).resolve() in searched:
            folders.clear()
            continue
        searched.add(Path(parent).resolve())
        files += (path for name in names if not (path := Path(parent, name)).is_symlink())
    return sorted(files)
