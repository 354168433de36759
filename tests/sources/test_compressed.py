"""A single file that is compressed: read as what is in it, and never unpacked without end."""

from __future__ import annotations

import bz2
import gzip
import lzma
import tempfile
import zipfile
from pathlib import Path

import pytest

from huggingtweets import sources
from huggingtweets.errors import LocationError, SeveralAuthors
from huggingtweets.sources import ReadOptions
from huggingtweets.sources._formats import archive_files, compressed
from tests.helpers.archive_builder import tweet, write_zip

TABLE = b"user,text\nada,the kettle sings again\nada,the train is late as ever\n"
CHAT = b"1/2/24, 10:00 - Ada: the kettle sings\n1/2/24, 10:01 - Bob: no it does not\n"
PACKED = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    """Make copies in a folder that can be looked into."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def read(path: Path, **options):
    return [post.text for post in sources.read(str(path), ReadOptions(**options)).posts]


@pytest.mark.parametrize("form", PACKED)
@pytest.mark.parametrize("name", ["posts.csv", "posts.csv.{}", "posts.{}", "posts"])
def test_a_compressed_table_is_read_whatever_its_name(tmp_path, temporary, form, name):
    """The content decides, and no copy is left."""
    path = tmp_path / name.format(form)
    path.write_bytes(PACKED[form](TABLE))
    assert read(path, name="Ada") == ["the kettle sings again", "the train is late as ever"]
    assert list(temporary.iterdir()) == []


def test_a_compressed_chat_is_a_chat(tmp_path):
    """What is inside goes to its own source: nobody else's lines are read."""
    path = tmp_path / "chat.txt.gz"
    path.write_bytes(gzip.compress(CHAT))
    assert sources.recognise(str(path)) == "whatsapp"
    assert read(path, name="Ada") == ["the kettle sings"]
    with pytest.raises(SeveralAuthors, match=r"chat\.txt\.gz holds lines of"):
        read(path)


def test_a_compressed_zip_is_an_archive(tmp_path, temporary):
    """Some servers compress once more what they send."""
    archive = write_zip(tmp_path / "archive.zip", [tweet(1, "one more post")])
    path = tmp_path / "archive.zip.gz"
    path.write_bytes(gzip.compress(archive.read_bytes()))
    posts = iter(sources.read(str(path)).posts)
    assert next(posts).text == "one more post"
    assert list(posts) == list(temporary.iterdir()) == []


@pytest.mark.parametrize("form", PACKED)
def test_a_cut_file_is_refused_by_its_own_name(tmp_path, temporary, form):
    """The message names the file that was given, and nothing is left."""
    path = tmp_path / f"posts.csv.{form}"
    path.write_bytes(PACKED[form](TABLE * 100)[:-10])
    with pytest.raises(LocationError, match=rf"posts\.csv\.{form} is not a whole compressed file"):
        read(path, name="Ada")
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("form", PACKED)
def test_a_bomb_is_not_unpacked(tmp_path, temporary, monkeypatch, form):
    """A file that grows more than genuine ones do is refused early."""
    monkeypatch.setattr(compressed, "RATIO_MATTERS_FROM", 1 << 20)
    path = tmp_path / f"posts.csv.{form}"
    path.write_bytes(PACKED[form](b"\0" * (4 << 20)))
    with pytest.raises(LocationError, match="no genuine export"):
        read(path, name="Ada")
    assert list(temporary.iterdir()) == []


def test_what_is_wrong_inside_is_said_of_the_file_that_was_given(tmp_path):
    """No message names the copy."""
    path = tmp_path / "posts.csv.gz"
    path.write_bytes(gzip.compress(b"user,number\nada,1\n"))
    with pytest.raises(LocationError) as caught:
        read(path, name="Ada")
    assert str(caught.value).startswith(str(path))


def zipped(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize("name", ["posts.csv", "mine/posts.csv", "POSTS.CSV"])
def test_a_table_alone_in_a_zip_is_read_as_if_it_were_given(tmp_path, temporary, name):
    """Whatever folder it is in, and beside files that a system hides."""
    path = zipped(tmp_path / "posts.zip", {name: TABLE, ".DS_Store": b"x", "__MACOSX/x": b"x"})
    assert sources.recognise(str(path)) == "table"
    assert read(path, name="Ada") == ["the kettle sings again", "the train is late as ever"]
    assert list(temporary.iterdir()) == []


def test_whose_words_are_in_a_zip_is_asked_as_of_the_file_alone(tmp_path):
    """Neither the words of others nor private ones are read, and messages name the zip."""
    several = zipped(tmp_path / "a.zip", {"posts.csv": b"user,text\nada,one more post\nbob,their words\n"})
    with pytest.raises(SeveralAuthors, match=r"a\.zip holds posts of several people"):
        read(several)
    closed = zipped(
        tmp_path / "b.zip", {"posts.json": b'[{"text": "my secret words", "visibility": "direct"}]'}
    )
    with pytest.raises(LocationError, match=r"b\.zip holds no posts that everyone could read"):
        read(closed, name="Ada")
    for name, text in {"talk.txt": CHAT, "_chat.txt": TABLE}.items():
        with pytest.raises(LocationError, match=f"if {name} has the posts, give that file alone"):
            read(zipped(tmp_path / "c.zip", {name: text}))


def test_two_tables_in_a_zip_are_not_chosen_from(tmp_path):
    """What they are is not known, and so the person says which one has the posts."""
    path = zipped(tmp_path / "posts.zip", {"posts.csv": TABLE, "likes.csv": TABLE})
    with pytest.raises(LocationError, match="give that file alone"):
        read(path, name="Ada")


def test_a_bomb_alone_in_a_zip_is_not_unpacked(tmp_path, temporary, monkeypatch):
    """It is refused before any of it is written."""
    monkeypatch.setattr(archive_files, "RATIO_MATTERS_FROM", 1 << 20)
    path = zipped(tmp_path / "posts.zip", {"posts.csv": b"\0" * (4 << 20)})
    with pytest.raises(LocationError):
        read(path, name="Ada")
    assert list(temporary.iterdir()) == []
