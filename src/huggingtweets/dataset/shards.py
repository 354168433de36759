"""Posts of a corpus, streamed from its shards: text, JSON lines or parquet, plain or compressed."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from ..errors import LocationError

_COMPRESSED = {".gz": "gzip", ".zst": "zstd", ".bz2": "bz2"}
_ROWS = 4096  # of parquet, read at once


def shards(paths: Sequence[Path]) -> list[Path]:
    """The files of a corpus in order: those given, and those in the folders given, by name.

    Raises:
        LocationError: nothing is there, or a file that was named has a form that cannot be read.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(file for file in path.rglob("*") if file.is_file() and _form(file) in _READERS)
            if not inside:
                raise LocationError(f"{path} holds no shards of a corpus; expected files like {_FORMS}")
            found += inside
        elif not path.is_file():
            raise LocationError(f"{path} does not exist; expected a file or folder of posts: {_FORMS}")
        elif _form(path) not in _READERS:
            raise LocationError(f"{path} has a form that is not known; expected one of {_FORMS}")
        else:
            found.append(path)
    return found


def posts(shard: Path, column: str = "text") -> Iterator[str]:
    """The posts of one shard, as they stand there; empty ones are left out.

    Args:
        shard: one post a line in .txt, one object a line in .jsonl, one a row in .parquet.
        column: where JSON lines and parquet have the text.

    Raises:
        LocationError: it is damaged, no UTF-8, or has no such column.
    """
    try:
        yield from (text for text in _READERS[_form(shard)](shard, column) if text.strip())
    except (OSError, pa.ArrowException, UnicodeDecodeError, msgspec.DecodeError, EOFError) as error:
        raise LocationError(
            f"{shard} cannot be read ({error}); expected posts in UTF-8, in one of {_FORMS}"
        ) from error


def _lines(shard: Path) -> Iterator[str]:
    with pa.input_stream(str(shard), compression=_COMPRESSED.get(shard.suffix)) as stream:
        yield from io.TextIOWrapper(stream, encoding="utf-8", newline="\n")


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
    """The suffix that says how to read a file, the one of its compression aside."""
    plain = path.with_suffix("") if path.suffix in _COMPRESSED else path
    return plain.suffix
