"""Splits one large table of posts into the rows of each author, which the store keeps.

The table is read once, from beginning to end. Rows are collected in memory up to a limit, then appended to a
file for each author on the local disk, and these files are copied into the store at the end.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from ...errors import LocationError
from ...files import temporary_folder
from ...model_folder import folder_name
from ...progress import Watcher
from ...sources import count_skipped, rows_by_author
from ...text.counting import counted
from .config import AuthorRequest
from .store import POSTS, Store

MOST_BYTES = 64 << 20  # of rows that are held in memory
TELL_EVERY = 10_000  # rows between two words to the watcher


def split_table(path: Path, store: Store, watcher: Watcher) -> list[AuthorRequest]:
    """Write the public rows of each author into the store; return the authors, by their first rows.

    Whoever has more to learn weighs more and so begins earlier, or the last worker would go on alone with it
    (Graham 1969, "Bounds on multiprocessing timing anomalies": longest first).

    Raises:
        LocationError: the table cannot be read, or names no authors.
    """
    with temporary_folder() as folder, count_skipped() as skipped:
        handles = _append(rows_by_author(path), folder, watcher)
        watcher.stage("split", counted(len(handles), "author"))
        sizes = {name: (folder / name).stat().st_size for name in handles}
        for number, name in enumerate(handles, start=1):
            store.upload(folder / name, f"{POSTS}/{name}.jsonl")
            if number % TELL_EVERY == 0:
                watcher.read(number, len(handles))
    for reason, count in skipped.items():
        watcher.note(f"skipped {counted(count, 'row')}: {reason}")
    if not handles:
        raise LocationError(f"{path} holds no posts that everyone could read; give another table")
    return [
        AuthorRequest(name=name, handle=handle, weight=float(sizes[name])) for name, handle in handles.items()
    ]


def _append(
    rows: Iterable[tuple[str, str, dict[str, Any]]], folder: Path, watcher: Watcher
) -> dict[str, str]:
    """Append each row to its author's file; return the handles, as first spelt, by the names of the files."""
    handles: dict[str, str] = {}
    names: dict[str, str] = {}  # of files, by what the table calls the author
    lines: dict[str, list[bytes]] = defaultdict(list)
    size = 0
    for number, (key, handle, line) in enumerate(_encoded(rows), start=1):
        name = names.get(key)
        if name is None:
            name = names[key] = _free_name(folder_name(handle), handles)
            handles[name] = handle
        lines[name].append(line)
        size += len(line)
        if size > MOST_BYTES:
            _flush(lines, folder)
            size = 0
        if number % TELL_EVERY == 0:
            watcher.read(number, None)
    _flush(lines, folder)
    return handles


def _encoded(rows: Iterable[tuple[str, str, dict[str, Any]]]) -> Iterator[tuple[str, str, bytes]]:
    encoder = msgspec.json.Encoder(enc_hook=str)
    for key, handle, row in rows:
        yield key, handle, encoder.encode(row) + b"\n"


def _free_name(name: str, taken: Container[str]) -> str:
    """A name for a file that no other author has."""
    names = itertools.chain([name], (f"{name}-{number}" for number in itertools.count(2)))
    return next(free for free in names if free not in taken)


def _flush(lines: dict[str, list[bytes]], folder: Path) -> None:
    for name, own in lines.items():
        with (folder / name).open("ab") as file:
            file.writelines(own)
    lines.clear()
