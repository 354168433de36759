"""Reads the rows of parquet and Arrow files, and counts the bytes of what they hold before it is in memory.

A value that is stored once and repeated, by a dictionary or by run lengths, takes bytes in the file and
gigabytes in memory. So strings are read as dictionaries, and a piece of a batch becomes rows only where its
values are small enough.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import BrokenArchive
from .archive_files import largest_content
from .json_arrays import LARGEST_OBJECT
from .record_shapes import Row

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

_BATCH = 1024  # rows
_PIECE = 8 << 20  # bytes of the values that become rows at once
_LEAST_VALUE = 8  # bytes of a value in memory, be it null
_ARROW_MAGIC = b"ARROW1"  # of Arrow's file format; the library datasets writes the stream format


def parquet_rows(path: Path) -> Iterator[Row]:
    """Yield the rows of a parquet file.

    Raises:
        BrokenArchive: It is damaged, or holds far more than a file of its size can.
    """
    return _rows(path, "parquet", _parquet_batches)


def arrow_rows(path: Path) -> Iterator[Row]:
    """Yield the rows of a file in Arrow's file or stream format.

    Raises:
        BrokenArchive: It is damaged, or holds far more than a file of its size can.
    """
    return _rows(path, "Arrow", _arrow_batches)


def _rows(path: Path, kind: str, batches: Callable[[Path], Iterable[pa.RecordBatch]]) -> Iterator[Row]:
    import pyarrow as pa  # noqa: PLC0415 -- slow to load, needed for few files

    size = 0
    try:
        for batch in batches(path):
            for piece in _pieces(batch, path):
                size += _size(piece.to_struct_array())
                _check(path, size)
                yield from _plain(piece).to_pylist()
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        reason = str(error).partition("\n")[0]
        raise BrokenArchive(
            f"{path} is no whole {kind} file ({reason}); copy it again, or save it again"
        ) from error


def _parquet_batches(path: Path) -> Iterator[pa.RecordBatch]:
    from pyarrow import parquet  # noqa: PLC0415 -- slow to load, needed for few files

    metadata = parquet.read_metadata(path)
    _check(path, _declared_size(metadata))
    columns = [metadata.schema.column(place) for place in range(len(metadata.schema))]
    strings = [column.path for column in columns if column.physical_type == "BYTE_ARRAY"]
    with parquet.ParquetFile(path, metadata=metadata, pre_buffer=False, read_dictionary=strings) as file:
        yield from file.iter_batches(batch_size=_BATCH)


def _declared_size(metadata: Any) -> int:
    """The bytes of a parquet file's pages, and of its values at their smallest, as its footer says."""
    groups = map(metadata.row_group, range(metadata.num_row_groups))
    chunks = [group.column(place) for group in groups for place in range(group.num_columns)]
    return sum(max(chunk.total_uncompressed_size, _LEAST_VALUE * chunk.num_values) for chunk in chunks)


def _arrow_batches(path: Path) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa  # noqa: PLC0415 -- slow to load, needed for few files

    with pa.memory_map(str(path)) as file:
        is_file = file.read(len(_ARROW_MAGIC)) == _ARROW_MAGIC
        file.seek(0)
        reader = pa.ipc.open_file(file) if is_file else pa.ipc.open_stream(file)
        batches = map(reader.get_batch, range(reader.num_record_batches)) if is_file else reader
        for batch in batches:
            batch.validate(full=True)  # without it Arrow trusts the lengths and offsets in the file
            yield from (batch.slice(begin, _BATCH) for begin in range(0, batch.num_rows, _BATCH))


def _pieces(batch: pa.RecordBatch, path: Path) -> Iterator[pa.RecordBatch]:
    """Yield a batch, cut in halves until the values of each piece are small enough."""
    size = _size(batch.to_struct_array())
    if size <= _PIECE or (batch.num_rows == 1 and size <= LARGEST_OBJECT):
        yield batch
    elif batch.num_rows == 1:
        raise BrokenArchive(f"{path} holds a row of {size:,} bytes; no genuine table does, so it is not read")
    else:
        half = batch.num_rows // 2
        yield from _pieces(batch.slice(0, half), path)
        yield from _pieces(batch.slice(half), path)


def _plain(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return a batch with its columns in the forms that become the usual values of Python."""
    import pyarrow as pa  # noqa: PLC0415 -- slow to load, needed for few files

    return pa.RecordBatch.from_arrays(list(map(_plain_column, batch)), batch.schema.names)


def _plain_column(column: pa.Array) -> pa.Array:
    """Write out repeated values, which are faster to convert; make texts of bytes, and dates of nanoseconds.

    Without a note that it is text, parquet holds bytes. Python has no dates of nanoseconds, as pandas has.
    """
    import pyarrow as pa  # noqa: PLC0415 -- slow to load, needed for few files

    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    kind = column.type
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        return column.cast(pa.timestamp("us", tz=kind.tz), safe=False)
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        try:
            return column.cast(pa.large_string())
        except pa.ArrowInvalid:  # no text
            return column
    return column


def _size(values: pa.Array) -> int:
    """The bytes that values have once none of them is shared, and none is packed.

    Raises:
        ValueError: The values are of a type that no table of posts has.
    """
    from pyarrow import BaseExtensionType, types  # noqa: PLC0415 -- slow to load, needed for few files

    values = values.storage if isinstance(values.type, BaseExtensionType) else values  # as of UUIDs
    kind = values.type
    least = _LEAST_VALUE * len(values)
    if types.is_dictionary(kind):
        return least + _size_of_repeated(values)
    if _is_text(kind):
        return least + int(_lengths(values).sum())
    if types.is_struct(kind):
        return least + sum(map(_size, values.flatten()))
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return least + _size(values.flatten())
    if types.is_map(kind):
        begin, end = values.offsets[0].as_py(), values.offsets[-1].as_py()
        return least + sum(_size(part.slice(begin, end - begin)) for part in (values.keys, values.items))
    if any(
        test(kind)
        for test in (types.is_primitive, types.is_decimal, types.is_fixed_size_binary, types.is_null)
    ):
        return max(least, int(values.nbytes))
    raise ValueError(f"a column of the type {kind} is not read")


def _lengths(values: pa.Array) -> NDArray[np.int64]:
    """The bytes of each text; those of null are 0."""
    import numpy as np  # noqa: PLC0415 -- slow to load, needed for few files
    from pyarrow import compute, types  # noqa: PLC0415 -- see above

    if types.is_string_view(values.type) or types.is_binary_view(values.type):
        views = np.frombuffer(values.buffers()[1], "int32").reshape(-1, 4)  # the length comes first
        lengths = views[values.offset : values.offset + len(values), 0]
    else:
        lengths = compute.binary_length(values).fill_null(0).to_numpy(zero_copy_only=False)
    return lengths.astype(np.int64)


def _size_of_repeated(values: pa.DictionaryArray) -> int:
    """The bytes of the entries of a dictionary, each as often as it is used."""
    if not _is_text(values.type.value_type):
        return len(values) * _size(values.dictionary)
    used = values.indices.drop_null().to_numpy(zero_copy_only=False)
    return int(_lengths(values.dictionary)[used].sum())


def _is_text(kind: pa.DataType) -> bool:
    from pyarrow import types  # noqa: PLC0415 -- slow to load, needed for few files

    strings = (types.is_string, types.is_large_string, types.is_string_view)
    binaries = (types.is_binary, types.is_large_binary, types.is_binary_view)
    return any(test(kind) for test in strings + binaries)


def _check(path: Path, size: int) -> None:
    """Raise `BrokenArchive` if a file holds more bytes than a genuine one of its size can."""
    if size > largest_content(packed := path.stat().st_size):
        raise BrokenArchive(
            f"{path} would grow from {packed:,} to more than {size:,} bytes; "
            "no genuine export does, so it is not opened"
        )
