"""A dataset on disk: two parquet files that `datasets.load_dataset("parquet", ...)` opens, and one of JSON.

The same dataset gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from ..errors import ModelError
from ..files import home, whole_folder
from ..types import Author, Dataset, Post

SPLITS = ("train", "test")  # the names by which the datasets library knows what is learnt from and what not
_META = "dataset.json"

_SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("author", pa.string()),
        ("text", pa.string()),
        ("created_at", pa.timestamp("s", tz="UTC")),
        ("kind", pa.string()),
        ("reply_to", pa.string()),
        ("lang", pa.string()),
        ("url", pa.string()),
        ("visibility", pa.string()),
    ]
)


def keep(dataset: Dataset) -> dict[str, Path]:
    """Store the dataset below `home()` under its digest, once; return its files by name."""
    folder = home() / "datasets" / dataset.digest[:16]
    if not folder.is_dir():
        with whole_folder(folder) as beside:
            save(dataset, beside)
    return {path.name: path for path in sorted(folder.iterdir())}


def kept(digest: str) -> Dataset:
    """The dataset that `keep` stored under a digest.

    Raises:
        ModelError: it is not on this machine.
    """
    return load(home() / "datasets" / digest[:16])


def save(dataset: Dataset, folder: Path) -> None:
    """Write the files into `folder`, which must exist."""
    for name, posts in zip(SPLITS, (dataset.train, dataset.held_out), strict=True):
        pq.write_table(_table(posts), folder / f"{name}.parquet", compression="zstd")
    meta = msgspec.json.encode((dataset.authors, dataset.split_by, dataset.digest))
    (folder / _META).write_bytes(msgspec.json.format(meta))


def load(folder: Path) -> Dataset:
    """Read what `save` wrote.

    Raises:
        ModelError: `folder` holds no dataset.
    """
    try:
        train, held_out = (_posts(pq.read_table(folder / f"{name}.parquet")) for name in SPLITS)
        meta = (folder / _META).read_bytes()
    except (OSError, pa.ArrowInvalid) as error:
        raise ModelError(
            f"{folder} holds no dataset of huggingtweets ({error}); train again to make one"
        ) from error
    authors, split_by, digest = msgspec.json.decode(meta, type=tuple[tuple[Author, ...], str, str])
    return Dataset(train=train, held_out=held_out, authors=authors, split_by=split_by, digest=digest)


def _table(posts: Sequence[Post]) -> pa.Table:
    return pa.Table.from_pylist([msgspec.structs.asdict(post) for post in posts], schema=_SCHEMA)


def _posts(table: pa.Table) -> tuple[Post, ...]:
    return tuple(msgspec.convert(table.to_pylist(), list[Post]))
