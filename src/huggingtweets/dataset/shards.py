"""Streams the posts of a pretraining corpus from its shards: text, JSON lines or parquet, also compressed."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from ..errors import LocationError

_COMPRESSED = {".gz": "gzip", ".zst": "zstd", ".bz2": "bz2"}
_ROWS = 4096  # of a parquet file, read at once


def find_shards(paths: Sequence[Path]) -> list[Path]:
    """Return the files of a corpus in order.

    Args:
        paths: files, and folders whose files are added in order of their names.

    Raises:
        LocationError: a path does not exist, a folder has no shards, or a file's form is unknown.
    """
    shards: list[Path] = []
    for path in paths:
        if path.is_dir():
            files = sorted(file for file in path.rglob("*") if file.is_file() and _form(file) in _READERS)
            if not files:
                raise LocationError(f"{path} holds no shards of a corpus; expected files like {_FORMS}")
            shards += files
        elif not path.is_file():
            raise LocationError(f"{path} does not exist; expected a file or folder of posts: {_FORMS}")
        elif _form(path) not in _READERS:
            raise LocationError(f"{path} has a form that is not known; expected one of {_FORMS}")
        else:
            shards.append(path)
    return shards


def read_posts(shard: Path, column: str = "text") -> Iterator[str]:
    """Yield the texts of the posts of one shard; empty ones are left out.

    Args:
        shard: a file with one post a line (.txt), one object a line (.jsonl), or one post a row (.parquet).
        column: the field of JSON lines, or the column of parquet, that has the text.

    Raises:
        LocationError: the shard is damaged, not UTF-8, or has no such column.
    """
    try:
        yield from (text for text in _READERS[_form(shard)](shard, column) if text.strip())
    except (OSError, pa.ArrowException, UnicodeDecodeError, msgspec.DecodeError, EOFError) as error:
        raise LocationError(
            f"{shard} cannot be read ({error}); expected posts in UTF-8, in one of {_FORMS}"
        ) from error


def _lines(shard: Path) -> Iterator[str]:
    with pa.input_stream(str(shard), compression=_COMPRESSED.get(shard.suffix)) as stream:
        yield from io.TextIOWrapper(stream, encoding="utf-8-sig", newline="\n")


def _text(shard: Path, _: str) -> Iterator[str]:
    return (line.rstrip("\r\n") for line in _lines(shard))


def _json_lines(shard: Path, column: str) -> Iterator[str]:
    decode = msgspec.json.Decoder(dict[str, object]).decode
    for number, line in enumerate(_lines(shard), 1):
        if line.strip():
            text = decode(line).get(column)
            if not isinstance(text, str):
                raise LocationError(
                    f"{shard}, line {number}: no text under {column!r}; name its field with --text-column"
                )
            yield text


def _parquet(shard: Path, column: str) -> Iterator[str]:
    with pq.ParquetFile(shard) as table:
        if column not in table.schema_arrow.names:
            raise LocationError(
                f"{shard} has no column {column!r}, but {', '.join(table.schema_arrow.names)}; name one with "
                "--text-column"
            )
        for batch in table.iter_batches(_ROWS, columns=[column]):
            yield from (text for text in batch.column(0).to_pylist() if isinstance(text, str))


_READERS: dict[str, Callable[[Path, str], Iterator[str]]] = {
    ".txt": _text,
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
    ".parquet": _parquet,
}
_FORMS = "posts.txt, posts.jsonl or posts.parquet, the first two also compressed as .gz, .zst or .bz2"


def _form(path: Path) -> str:
    """Return the suffix of a file's form, without that of its compression."""
    uncompressed = path.with_suffix("") if path.suffix in _COMPRESSED else path
    return uncompressed.suffix
