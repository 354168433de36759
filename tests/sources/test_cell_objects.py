"""Objects in cells of tables, as JSON or as Python prints them, say who wrote a row, and for whom."""

from __future__ import annotations

import csv
import json

import pytest

from huggingtweets import sources
from huggingtweets.errors import LocationError
from huggingtweets.sources import ReadOptions
from tests.helpers.workbooks import write_workbook

MINE, OTHER, SECRET = "my own words", "xyzzy their words", "PRIVATE words"
WRITERS = [json.dumps, repr]


def texts(path, **options):
    return [post.text for post in sources.read(str(path), ReadOptions(**options)).posts]


def write(tmp_path, name, rows):
    path = tmp_path / name
    if path.suffix == ".xlsx":
        return write_workbook(path, posts=rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


@pytest.mark.parametrize("written", WRITERS)
@pytest.mark.parametrize("name", ["posts.csv", "posts.xlsx"])
@pytest.mark.parametrize("around", [{"author": ...}, {"actor": {"username": ...}}])
def test_the_author_in_an_object_in_a_cell_is_found(tmp_path, written, name, around):
    """As in JSON, where an object of any name holds the writer; nobody else's rows are read."""

    def cell(who):
        return written(json.loads(json.dumps(around, default=lambda _: who)))

    rows = [["id", "text", "meta"], [1, MINE, cell("ada")], [2, OTHER, cell("bob")]]
    path = write(tmp_path, name, rows)
    with pytest.raises(LocationError, match=r"ada.*bob"):
        texts(path, name="Grace")
    assert texts(path, handle="ada") == [MINE]


@pytest.mark.parametrize("written", WRITERS)
def test_a_post_in_a_cell_is_opened(tmp_path, written):
    """Its text is read, not the object, and one that was removed is left out."""
    creator, post = written({"name": "ada"}), written({"name": OTHER, "body": OTHER})
    comments = [{"content": MINE, "removed": False}, {"content": SECRET, "removed": True}]
    rows = [
        ["creator", "post", "comment"],
        *([creator, post, written(comment)] for comment in comments),
    ]
    assert texts(write(tmp_path, "comments.csv", rows), handle="ada") == [MINE]


def test_the_audience_in_an_object_in_a_cell_counts(tmp_path):
    """A visibility is understood as in JSON."""
    rows = [["text", "privacy"], [MINE, '{"value": "EVERYONE"}'], [SECRET, '{"value": "SELF"}']]
    assert texts(write(tmp_path, "posts.csv", rows), name="Ada") == [MINE]


@pytest.mark.parametrize("value", ["datetime.datetime(2023, 1, 1, tzinfo=timezone(hours(1)))", "nan", "-1"])
def test_dates_and_the_like_hide_no_author(tmp_path, value):
    """Python prints some values in a form that is none of its literals."""
    meta = (f"{{'when': {value}, 'in': [{value}], 'author': '{who}'}}" for who in ("ada", "bob"))
    rows = [["text", "meta"], *zip((MINE, OTHER), meta, strict=True)]
    assert texts(write(tmp_path, "posts.csv", rows), handle="ada") == [MINE]


@pytest.mark.parametrize("text", ['{"a": 1}', "{'a': 1}", "{so} it goes {on}", "{}"])
def test_a_text_that_looks_like_an_object_stays_a_text(tmp_path, text):
    """A post may be a piece of a program."""
    rows = [["id", "text"], [1, MINE], [2, text]]
    assert texts(write(tmp_path, "posts.csv", rows), name="Ada") == [MINE, text]
