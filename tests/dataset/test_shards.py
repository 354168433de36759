"""The shards of a corpus: every form gives the same posts."""

from __future__ import annotations

import gzip
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from huggingtweets.dataset.shards import find_shards, read_posts
from huggingtweets.errors import LocationError

POSTS = ["the lamp is lit", "a gull 🙂 on the rail", 'quotes "and" \\ marks', "último día"]
LINES = "".join(f"{post}\n" for post in POSTS)
OBJECTS = "".join(json.dumps({"id": i, "text": post}) + "\n" for i, post in enumerate(POSTS))


def packed(path, text):
    """Write text as the file's suffix says."""
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    elif path.suffix in {".zst", ".bz2"}:
        with pa.output_stream(str(path), compression={".zst": "zstd", ".bz2": "bz2"}[path.suffix]) as out:
            out.write(text.encode())
    else:
        path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize("name", ["a.txt", "a.txt.gz", "a.txt.zst", "a.txt.bz2", "a.jsonl", "a.jsonl.zst"])
def test_every_form_gives_the_same_posts(name, tmp_path):
    """Text and JSON lines give the same posts, plain and compressed."""
    path = packed(tmp_path / name, OBJECTS if "jsonl" in name else LINES)
    assert list(read_posts(path)) == POSTS


@pytest.mark.parametrize("name", ["a.txt", "a.jsonl", "a.jsonl.gz"])
def test_a_byte_order_mark_is_no_part_of_the_first_post(name, tmp_path):
    """Programs of Windows begin a file with one."""
    path = packed(tmp_path / name, "\ufeff" + (OBJECTS if "jsonl" in name else LINES))
    assert list(read_posts(path)) == POSTS


def test_parquet_gives_the_column_asked_for(tmp_path):
    """Rows without a text are left out."""
    pq.write_table(pa.table({"body": [*POSTS, None], "id": range(5)}), tmp_path / "a.parquet")
    assert list(read_posts(tmp_path / "a.parquet", "body")) == POSTS


def test_frames_of_zstd_one_after_the_other_are_all_read(tmp_path):
    """A shard that was appended to is read to its end."""
    first = packed(tmp_path / "a.txt.zst", "one\n").read_bytes()
    second = packed(tmp_path / "b.txt.zst", "two\n").read_bytes()
    (tmp_path / "c.txt.zst").write_bytes(first + second)
    assert list(read_posts(tmp_path / "c.txt.zst")) == ["one", "two"]


def test_a_folder_gives_its_shards_in_order(tmp_path):
    """A folder's shards are sorted by name, with those of inner folders; other files are ignored."""
    (tmp_path / "more").mkdir()
    for name in ("b.txt", "a.txt.gz", "more/c.jsonl", "README.md"):
        packed(tmp_path / name, "{}")
    assert [path.name for path in find_shards([tmp_path])] == ["a.txt.gz", "b.txt", "c.jsonl"]


def test_memory_does_not_grow_with_the_shard(tmp_path):
    """Posts are read one by one: damage at the end of a shard shows only there."""
    content = gzip.compress((LINES * 50_000).encode())
    (tmp_path / "a.txt.gz").write_bytes(content[:-2000])
    stream = read_posts(tmp_path / "a.txt.gz")
    assert next(stream) == POSTS[0]
    with pytest.raises(LocationError, match=r"a\.txt\.gz"):
        list(stream)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", b"caf\xe9\n", "UTF-8"),
        ("a.jsonl", b'{"text": "one"}\n{"text": \n', "cannot be read"),
        ("a.jsonl", b'{"body": "one"}\n', "--text-column"),
        ("a.txt.zst", b"this is no zstd", "cannot be read"),
        ("a.parquet", b"this is no parquet", "cannot be read"),
    ],
)
def test_a_broken_shard_is_one_clear_error(name, content, message, tmp_path):
    """A broken shard is an error that names the file and says what was expected."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(LocationError, match=message):
        list(read_posts(tmp_path / name))


@pytest.mark.parametrize("name", ["missing.txt", "a.pdf", "empty"])
def test_what_is_no_corpus_is_refused(name, tmp_path):
    """A missing file, one of an unknown form, and a folder without shards are refused."""
    (tmp_path / "a.pdf").write_bytes(b"%PDF")
    (tmp_path / "empty").mkdir()
    with pytest.raises(LocationError, match=r"posts\.txt"):
        find_shards([tmp_path / name])
