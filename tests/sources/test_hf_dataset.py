"""Datasets of Hugging Face on disk, made by hand as save_to_disk of datasets 5.2 writes them."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest
from pyarrow import feather, parquet

from huggingtweets import sources
from huggingtweets.errors import BrokenArchive, LocationError, UnknownPlace
from huggingtweets.sources import ReadOptions
from tests.helpers.export_builder import write_arrow, write_export


def rows(*numbers):
    return [{"text": f"post {n}", "user": "ada", "id": f"i{n}"} for n in numbers]


def save(folder, *shards):
    """Write one split as save_to_disk does."""
    names = [f"data-{n:05}-of-{len(shards):05}.arrow" for n in range(len(shards))]
    state = {"_data_files": [{"filename": name} for name in names], "_fingerprint": "1", "_split": None}
    write_export(folder, {"state.json": state, "dataset_info.json": {"features": {}}})
    for name, shard in zip(names, shards, strict=True):
        write_arrow(folder / name, shard)
    return folder


def texts(location, **options):
    assert sources.recognise(str(location)) == "hf_dataset"
    return [post.text for post in sources.read(str(location), ReadOptions(**options)).posts]


def test_shards_are_read_in_the_order_in_which_they_were_saved(tmp_path):
    """Shards are read in the order of state.json, and the author is in a column."""
    folder = save(tmp_path / "saved", rows(1, 2), rows(3))
    assert texts(folder) == ["post 1", "post 2", "post 3"]
    assert sources.read(str(folder)).account.handle == "ada"


def test_all_splits_are_read(tmp_path):
    """Splits are read in the order of dataset_dict.json."""
    folder = write_export(tmp_path / "saved", {"dataset_dict.json": {"splits": ["train", "test"]}})
    save(folder / "train", rows(1))
    save(folder / "test", rows(2))
    assert texts(folder) == ["post 1", "post 2"]


def test_a_clone_of_a_repository_is_read(tmp_path):
    """Numbered shards at the top or in data/ are read, in any form of a table."""
    (tmp_path / "data").mkdir()
    parquet.write_table(pa.Table.from_pylist(rows(1)), tmp_path / "data" / "train-00000-of-00002.parquet")
    (tmp_path / "data" / "train-00001-of-00002.jsonl").write_text(json.dumps(rows(2)[0]))
    (tmp_path / "README.md").write_text("card")
    (tmp_path / "notes.csv").write_text("no,shard\n1,2\n")
    assert texts(tmp_path) == ["post 1", "post 2"]


@pytest.mark.parametrize("compression", ["lz4", "uncompressed"])
def test_one_arrow_file_is_read_in_both_formats(tmp_path, compression):
    """Arrow files are read in the stream format and in the file format (Feather)."""
    stream, file = tmp_path / "stream.arrow", tmp_path / "file.arrow"
    write_arrow(stream, rows(*range(3000)))
    feather.write_feather(pa.Table.from_pylist(rows(*range(3000))), file, compression=compression)
    assert texts(stream) == texts(file) == [f"post {n}" for n in range(3000)]


def test_a_column_and_an_author_can_be_chosen(tmp_path):
    """Text column and author can be chosen as for tables."""
    mixed = [{"words": "hers", "text": "x", "user": "eve"}, {"words": "mine", "text": "y", "user": "ada"}]
    folder = save(tmp_path / "saved", mixed)
    assert texts(folder, text_column="words", handle="ada") == ["mine"]
    with pytest.raises(LocationError, match=r"eve \(1\), ada \(1\); choose with --handle"):
        texts(folder)


def test_a_shard_that_is_missing_is_reported(tmp_path):
    """A missing shard is reported by its name."""
    folder = save(tmp_path / "saved", rows(1), rows(2))
    (folder / "data-00001-of-00002.arrow").unlink()
    with pytest.raises(BrokenArchive, match=r"lacks data-00001-of-00002\.arrow"):
        texts(folder)


@pytest.mark.parametrize("content", [b"", b"ARROW1", b"\xff\xff\xff\xff\x10\0\0\0", b"no arrow"])
def test_a_broken_shard_is_reported_with_its_name(tmp_path, content):
    """A broken shard is refused in one line that names it."""
    folder = save(tmp_path / "saved", rows(1))
    (folder / "data-00000-of-00001.arrow").write_bytes(content)
    with pytest.raises(BrokenArchive, match=r"data-00000-of-00001\.arrow is no whole Arrow file") as caught:
        texts(folder)
    assert "\n" not in str(caught.value)


def test_a_shard_whose_offsets_lie_is_refused(tmp_path):
    """Offsets outside of the text are refused, so that no other memory is read."""
    folder = save(tmp_path / "saved", [{"text": "x" * 1000}, {"text": "y" * 1000}])
    [shard] = folder.glob("*.arrow")
    content = shard.read_bytes()
    offset = (1000).to_bytes(4, "little") + (2000).to_bytes(4, "little")
    assert content.count(offset) == 1
    shard.write_bytes(content.replace(offset, (2**30).to_bytes(4, "little") * 2))
    with pytest.raises(BrokenArchive, match="is no whole Arrow file"):
        texts(folder)


@pytest.mark.parametrize(
    "state", [b"{", b'{"_data_files": [{}]}', b'{"_data_files": [{"filename": "../x.arrow"}]}']
)
def test_a_folder_that_is_damaged_or_reaches_outside_is_refused(tmp_path, state):
    """Damaged folders, and state.json that names a file outside, are refused."""
    folder = save(tmp_path / "saved", rows(1))
    write_arrow(tmp_path / "x.arrow", rows(2))
    (folder / "state.json").write_bytes(state)
    with pytest.raises(BrokenArchive):
        texts(folder)


def test_any_other_folder_is_unknown(tmp_path):
    """A folder of ordinary tables is not recognised."""
    (tmp_path / "posts.csv").write_text("text,user\na,b\n")
    with pytest.raises(UnknownPlace):
        sources.recognise(str(tmp_path))
