"""Workbooks of Excel: read by calamine where it is installed, and refused rightly where not."""

from __future__ import annotations

import sys
import zipfile

import pytest

from huggingtweets import sources
from huggingtweets.errors import LocationError
from huggingtweets.sources import ReadOptions
from huggingtweets.sources._formats import workbook
from tests.helpers.workbooks import write_workbook

TEXTS = ["the kettle sings again", "zażółć gęślą & <jaźń>", "5"]


def read(path, **options):
    return [post.text for post in sources.read(str(path), ReadOptions(**options)).posts]


@pytest.mark.parametrize("name", ["posts.xlsx", "posts.csv"])
def test_the_sheet_that_holds_texts_is_read(tmp_path, name):
    """Whatever the file's name is; a title, a sheet of numbers, and hidden sheets do no harm."""
    pytest.importorskip("python_calamine", reason="needs the extra excel")
    rows = [["My posts"], ["user", "text", "likes"], *(["ada", text, 3] for text in TEXTS)]
    secret = [["user", "text"], ["ada", "hidden for a reason"]]
    path = write_workbook(tmp_path / name, hidden=secret, sums=[["month", "count"], ["May", 7]], posts=rows)
    assert read(path) == TEXTS


def test_a_workbook_of_several_people_is_refused(tmp_path):
    """As every other table is."""
    pytest.importorskip("python_calamine", reason="needs the extra excel")
    rows = [["user", "text"], ["ada", "the kettle sings"], ["bob", "it does not"]]
    path = write_workbook(tmp_path / "posts.xlsx", posts=rows)
    with pytest.raises(LocationError, match="several people"):
        read(path)
    assert read(path, handle="ada") == ["the kettle sings"]


def test_a_damaged_workbook_is_one_clear_error(tmp_path):
    """A sheet that is cut costs no traceback."""
    pytest.importorskip("python_calamine", reason="needs the extra excel")
    path = tmp_path / "posts.xlsx"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("xl/workbook.xml", "<workbook><sheets")
    with pytest.raises(LocationError, match=r"posts\.xlsx is no whole workbook"):
        read(path, name="Ada")


def test_a_workbook_that_grows_without_end_is_refused(tmp_path, monkeypatch):
    """Before anything of it is parsed."""
    monkeypatch.setattr(workbook, "_LARGEST", 1 << 16)
    path = write_workbook(tmp_path / "posts.xlsx", posts=[["text"], ["a" * (1 << 17)]])
    with pytest.raises(LocationError, match="too large for a workbook"):
        read(path, name="Ada")


def test_without_the_extra_it_says_what_to_install(tmp_path, monkeypatch):
    """One line, with both ways out."""
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    path = write_workbook(tmp_path / "posts.xlsx", posts=[["text"], ["the kettle sings"]])
    with pytest.raises(LocationError, match=r"pip install 'huggingtweets\[excel\]'.*save it as CSV"):
        read(path, name="Ada")


@pytest.mark.parametrize("content", [b"PK", b"hello there", b"\0\1\2", b""])
def test_what_is_only_named_as_a_workbook_is_refused(tmp_path, content):
    """Neither bytes nor prose are read as posts."""
    path = tmp_path / "posts.xlsx"
    path.write_bytes(content)
    with pytest.raises(LocationError, match=r"posts\.xlsx is no"):
        read(path, name="Ada")


def test_a_table_that_is_only_named_as_a_workbook_is_read(tmp_path):
    """Some sites name tables so, so that a click opens them in Excel."""
    path = tmp_path / "posts.xls"
    path.write_text("user\ttext\nada\tthe kettle sings\nada\tthe train is late\n")
    assert read(path) == ["the kettle sings", "the train is late"]
