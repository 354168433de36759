"""A Hugging Face dataset on disk: a folder of `save_to_disk`, a clone of a repository, or one Arrow file.

Columns are found as in the source `table`. All splits are read, one after the other.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from ..errors import BrokenArchive, LocationError
from ..files import sha256
from ..types import Timeline
from ._contract import Match, ReadOptions
from ._formats.columnar_rows import arrow_rows
from ._formats.record_shapes import Row
from ._formats.table_posts import table_timeline
from ._formats.table_rows import is_table, table_rows
from ._formats.tolerant_json import DAMAGE

T = TypeVar("T")

NAME = "Hugging Face dataset"
SUMMARY = "a Hugging Face dataset's folder, or an Arrow file"
EXAMPLE = "my-dataset/"

_ARROW = ".arrow"
_STATE = "state.json"  # save_to_disk writes it beside the Arrow files of one split
_SPLITS = "dataset_dict.json"  # save_to_disk writes it above several splits
_SHARD = re.compile(r".*-\d{5}-of-\d{5}(?:-[0-9a-f]+)?\.\w+")


class _File(Struct):
    filename: str


class _State(Struct):
    files: list[_File] = msgspec.field(name="_data_files", default_factory=list)


class _Dict(Struct):
    splits: list[str] = []


def recognises(location: str) -> Match:
    """Whether a folder has the files of a dataset, or a file has the suffix of Arrow."""
    path = Path(location)
    if path.suffix.lower() == _ARROW and path.is_file():
        return Match.SUFFIX
    return Match.CONTENT if path.is_dir() and _is_dataset(path) else Match.NO


def read(location: str, options: ReadOptions) -> Timeline:
    """Find the columns and the author in the first rows, and open the posts, shard by shard."""
    path = Path(location)
    shards = [path] if path.suffix.lower() == _ARROW else _shards(path)
    if not shards:
        raise LocationError(f"{location} is no dataset; give the folder that save_to_disk has written")
    missing = [shard for shard in shards if not shard.is_file()]
    if missing:
        raise BrokenArchive(f"{location} lacks {missing[0].name}; copy or save the dataset again")
    digest = hashlib.sha256("".join(map(sha256, shards)).encode()).hexdigest()
    rows = partial(_rows, shards)
    return table_timeline(location, rows, options, source="hf_dataset", digest=digest)


def _rows(shards: list[Path]) -> Iterator[Row]:
    return chain.from_iterable(
        arrow_rows(shard) if shard.suffix == _ARROW else table_rows(shard) for shard in shards
    )


def _is_dataset(path: Path) -> bool:
    saved = (path / _SPLITS).is_file() or (path / _STATE).is_file()
    return saved or bool(_cloned_shards(path))


def _shards(path: Path) -> list[Path]:
    """Return the files of rows, in order."""
    if (path / _SPLITS).is_file():
        splits = _decode(path / _SPLITS, _Dict).splits
        return [shard for split in splits for shard in _saved_shards(_inside(path, split))]
    return _saved_shards(path) if (path / _STATE).is_file() else _cloned_shards(path)


def _saved_shards(folder: Path) -> list[Path]:
    return [_inside(folder, file.filename) for file in _decode(folder / _STATE, _State).files]


def _cloned_shards(path: Path) -> list[Path]:
    """Return the shards of a repository: `train-00000-of-00001.parquet`, at the top or in `data`."""
    files = (file for folder in (path, path / "data") if folder.is_dir() for file in folder.iterdir())
    return sorted(file for file in files if is_table(file) and _SHARD.fullmatch(file.name))


def _inside(folder: Path, name: str) -> Path:
    """Return the path of a file in a folder; raise `BrokenArchive` if its name leads out of the folder."""
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise BrokenArchive(f"{folder} names a file outside of it, {name[:80]!r}; do not trust it")
    return path


def _decode(path: Path, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except DAMAGE as error:
        raise BrokenArchive(f"{path} is damaged ({str(error).lower()}); save the dataset again") from error
