"""Small files that hold far more than any genuine one are refused in one line, before memory is full."""

from __future__ import annotations

import struct
import subprocess
import sys
import zipfile
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from huggingtweets import sources
from huggingtweets.errors import BrokenArchive
from huggingtweets.sources import ReadOptions
from huggingtweets.sources._formats import archive_files
from huggingtweets.sources._formats.archive_files import open_archive
from huggingtweets.sources._formats.table_posts import _first_rows
from huggingtweets.sources._formats.tar_files import TarFiles
from tests.helpers.archive_builder import tweet, write_zip

MEMORY = 3 << 30  # bytes of address space of a process that reads bombs, Arrow's libraries included
READ = """
import sys
from huggingtweets import sources
from huggingtweets.errors import BrokenArchive
for path in sys.argv[1:]:
    try:
        print(len(list(sources.read(path).posts)))
    except BrokenArchive as error:
        print(str(error))
"""


def _repeated(text: str, rows: int) -> pa.Array:
    """A column in which every row has the same text, stored once."""
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, "int8")), [text])


def _table(**columns: pa.Array) -> pa.Table:
    rows = len(next(iter(columns.values())))
    return pa.table({"author": _repeated("ada", rows), **columns})


def _lists(rows: int, values: int) -> pa.Array:
    offsets = np.arange(rows + 1, dtype="int32") * values
    return pa.ListArray.from_arrays(offsets, pa.array(np.zeros(rows * values, "int8")))


def _views(rows: int) -> pa.Array:
    """Strings that all point to the same ten megabytes."""
    text = b"x" * 10_000_000
    view = struct.pack("<i4sii", len(text), text[:4], 0, 0)
    return pa.Array.from_buffers(
        pa.string_view(), rows, [None, pa.py_buffer(view * rows), pa.py_buffer(text)]
    )


def _bombs(folder) -> Iterator[tuple[str, str]]:
    """Write the bombs; yield the path of each, and what the message says."""
    tables = {
        "text": _table(text=_repeated("x" * 10_000_000, 5000)),
        "rows": _table(text=_repeated("hello", 4_200_000)),
        "lists": _table(text=_repeated("hello", 10), tags=_lists(10, 1_000_000)),
        "inner": _table(text=_repeated("hello", 2), tags=pa.array([["x" * 1_000_000] * 30] * 2)),
    }
    for name, table in tables.items():
        path = folder / f"{name}.parquet"
        parquet.write_table(table, path, compression="zstd", store_schema=False)
        yield str(path), "holds a row of" if name in {"text", "inner"} else "would grow from"
    for name, table in {"shared": tables["text"], "views": pa.table({"text": _views(5000)})}.items():
        path = folder / f"{name}.arrow"
        with pa.ipc.new_stream(path, table.schema) as stream:
            stream.write_table(table)
        yield str(path), "holds a row of"
    (folder / "values.json").write_text('{"posts":[' + '{"":{}},' * 2_800_000 + '{"text":"a"}]}', "ascii")
    yield str(folder / "values.json"), "fit into memory"
    (folder / "texts.json").write_text('["a",' + "[[]]," * 3_700_000 + '"b"]', "ascii")
    yield str(folder / "texts.json"), "fit into memory"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not bound the address space")
def test_a_bomb_is_one_line_and_little_memory(tmp_path):
    """What is small on disk and gigabytes in memory is refused within the memory of a small machine."""
    import resource  # noqa: PLC0415 -- Windows has none

    bombs = dict(_bombs(tmp_path))
    result = subprocess.run(
        [sys.executable, "-c", READ, *bombs],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),
    )
    assert not result.stderr
    lines = result.stdout.splitlines()
    assert len(lines) == len(bombs)
    for line, (path, reason) in zip(lines, bombs.items(), strict=True):
        assert path in line
        assert reason in line


def test_a_genuine_table_with_shared_and_nested_values_is_read(tmp_path):
    """Texts that repeat, lists, maps and objects are what tables of posts have; they are read as before."""
    rows = 3000
    table = pa.table(
        {
            "author": ["ada"] * rows,
            "text": [f"a post, number {number}" for number in range(rows)],
            "user": [{"name": "ada", "tags": ["a", None]}] * rows,
            "counts": pa.array([[("likes", 1)]] * rows, pa.map_(pa.string(), pa.int64())),
            "nothing": pa.nulls(rows),
        }
    )
    parquet.write_table(table, tmp_path / "posts.parquet")
    posts = list(sources.read(str(tmp_path / "posts.parquet")).posts)
    assert [post.text for post in posts] == table["text"].to_pylist()


def test_large_rows_are_looked_at_in_part():
    """The rows that show the columns are fewer where each holds very many values."""
    for large in ([{"a": 1}] * 200_000, "x" * 10_000_000):
        assert len(_first_rows(lambda large=large: iter([{"text": "hello", "tags": large}] * 1000))) < 10
    assert len(_first_rows(lambda: iter([{"text": "hello"}] * 1000))) == 1000


def _refused(path, reason):
    with pytest.raises(BrokenArchive, match=reason) as caught:
        list(sources.read(str(path)).posts)
    assert str(path) in str(caught.value)


def test_many_members_count_together(tmp_path, monkeypatch):
    """A zip of many members, each just under the size from which the ratio matters, is refused as a whole."""
    monkeypatch.setattr(archive_files, "RATIO_MATTERS_FROM", 100_000)
    path = write_zip(tmp_path / "archive.zip", [tweet(n, f"post number {n}") for n in range(200)])
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as target:
        for number in range(100):
            target.writestr(f"data/more-{number}.js", b" " * 99_000)
    _refused(path, "would grow")


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_an_archive_of_endless_files_is_refused(tmp_path, monkeypatch, kind):
    """More files than any export has, or folders in folders without end, are refused when they are listed."""
    import tarfile  # noqa: PLC0415 -- beside its one use

    def opened(names):
        path = tmp_path / f"archive.{kind}"
        if kind == "zip":
            with zipfile.ZipFile(path, "w") as target:
                for name in names:
                    target.writestr(name, b"")
            return open_archive(path)
        with tarfile.open(path, "w") as target:
            for name in names:
                target.addfile(tarfile.TarInfo(name))
        return TarFiles(path)

    monkeypatch.setattr(archive_files, "MOST_FILES", 50)
    with opened([f"{number}.txt" for number in range(50)]) as files:
        assert len(files.names()) == 50
    with pytest.raises(BrokenArchive, match="more than 50 files"):
        opened([f"{number}.txt" for number in range(51)])
    with pytest.raises(BrokenArchive, match="more than 100 folders"):
        opened(["a/" * 101 + "x.txt"])


def test_folders_are_looked_up_once(tmp_path):
    """A zip of thousands of folders is recognised without reading its list again for each of them."""
    path = tmp_path / "archive.zip"
    with zipfile.ZipFile(path, "w") as target:
        for number in range(3000):
            target.writestr(f"{number}/inner/x.txt", b"")
    with open_archive(path) as files:
        assert len(list(files.roots())) == 1 + 3000 + 3000
        assert files.folders("7/") == ("inner",)
        assert files.names("7/inner/") == ("x.txt",)
        assert files.names("7/") == ()
        assert files.folders("nowhere/") == ()


def test_a_table_of_very_many_columns_is_read_in_line_with_its_length(tmp_path):
    """A header of 8,000 names, many of them twice, holds nobody up, and the post is found."""
    names = [f"c{number % 5_000}" for number in range(8_000)]
    header, row = ",".join(["author", "text", *names]), "ada,hello" + "," * len(names)
    (tmp_path / "wide.csv").write_text(f"{header}\n{row}\n", "utf-8")
    [post] = sources.read(str(tmp_path / "wide.csv"), ReadOptions()).posts
    assert post.text == "hello"
