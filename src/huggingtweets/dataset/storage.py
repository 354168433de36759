"""Stores a dataset: two parquet files, which `datasets.load_dataset("parquet", ...)` opens, and one of JSON.

The same dataset gives the same bytes.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ..errors import ModelError
from ..files import whole_folder
from ..files.home_folder import DATASETS, home
from ..staging import one_at_a_time
from ..types import Author, Dataset, Post

if TYPE_CHECKING:
    import pyarrow as pa

_LOG = logging.getLogger(__name__)
SPLITS = ("train", "test")  # the names of training and held-out posts in the library datasets
METADATA = "dataset.json"  # the file by which a dataset folder is recognised


def store(dataset: Dataset) -> dict[str, Path]:
    """Store a dataset below `home()` under its digest, if it is not there yet; return its files by name.

    One that is damaged is written anew, and one of an earlier version, which cut moments to seconds.
    """
    folder = home() / DATASETS / dataset.digest[:16]
    with one_at_a_time(folder.parent):
        if not _holds_posts_of(dataset, folder):
            with whole_folder(folder, replace=True) as beside:
                save(dataset, beside)
    _LOG.info("the dataset is in %s", folder)
    return {path.name: path for path in sorted(folder.iterdir())}


def load_stored(digest: str) -> Dataset:
    """Load the dataset that `store` stored under a digest.

    Raises:
        ModelError: the dataset is not on this machine.
    """
    return load(home() / DATASETS / digest[:16])


def _holds_posts_of(dataset: Dataset, folder: Path) -> bool:
    try:
        stored = load(folder)
    except ModelError:
        return False
    return (stored.train, stored.held_out) == (dataset.train, dataset.held_out)


def save(dataset: Dataset, folder: Path) -> None:
    """Write a dataset's files into `folder`, which must exist."""
    import pyarrow.parquet as pq  # noqa: PLC0415 -- 0.2 s, and needed only where posts are stored

    for name, posts in zip(SPLITS, (dataset.train, dataset.held_out), strict=True):
        pq.write_table(_table(posts), folder / f"{name}.parquet", compression="zstd")
    meta = msgspec.json.encode((dataset.authors, dataset.split_by, dataset.digest))
    (folder / METADATA).write_bytes(msgspec.json.format(meta))


def load(folder: Path) -> Dataset:
    """Load a dataset that `save` wrote.

    Raises:
        ModelError: `folder` holds no dataset, or a damaged one.
    """
    import pyarrow as pa  # noqa: PLC0415 -- as above
    import pyarrow.parquet as pq  # noqa: PLC0415 -- as above

    try:
        train, held_out = (_posts(pq.read_table(folder / f"{name}.parquet")) for name in SPLITS)
        authors, split_by, digest = load_metadata(folder)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise ModelError(
            f"{folder} holds no dataset of huggingtweets ({error}); train again to make one"
        ) from error
    return Dataset(train=train, held_out=held_out, authors=authors, split_by=split_by, digest=digest)


def load_metadata(folder: Path) -> tuple[tuple[Author, ...], str, str]:
    """Load authors, `split_by` and digest of a dataset that `save` wrote, and no posts.

    Raises:
        OSError: `folder` holds no dataset.
        ValueError: it holds a damaged one.
    """
    return msgspec.json.decode((folder / METADATA).read_bytes(), type=tuple[tuple[Author, ...], str, str])


def _table(posts: Sequence[Post]) -> pa.Table:
    import pyarrow as pa  # noqa: PLC0415 -- as above

    columns = ("id", "author", "text", "created_at", "kind", "reply_to", "lang", "url", "visibility")
    schema = pa.schema(
        [(name, pa.timestamp("us", tz="UTC") if name == "created_at" else pa.string()) for name in columns]
    )
    return pa.Table.from_pylist([msgspec.structs.asdict(post) for post in posts], schema=schema)


def _posts(table: pa.Table) -> tuple[Post, ...]:
    return tuple(msgspec.convert(table.to_pylist(), list[Post]))
