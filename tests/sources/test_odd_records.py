"""One odd record does not refuse a file: it is mended or skipped, and counted."""

from __future__ import annotations

import json

import pytest

from huggingtweets import sources
from huggingtweets.errors import BrokenArchive
from huggingtweets.sources import ReadOptions

ROWS = [{"text": f"post number {n}", "user": "ada"} for n in range(8)]


def texts(path, **options):
    timeline = sources.read(str(path), ReadOptions(**options))
    with sources.count_skipped() as skipped:
        posts = list(timeline.posts)
    return [post.text for post in posts], dict(skipped)


@pytest.mark.parametrize("suffix", ["json", "jsonl"])
@pytest.mark.parametrize(
    ("odd", "text", "skipped"),
    [
        (r'{"text": "a boat \ud83d...", "user": "ada"}', "a boat \ufffd...", 0),
        (r'{"text": "\ude00 a boat \ud83d\ude00", "user": "ada"}', "\ufffd a boat 😀", 0),
        (r'{"text": "\\ud83d typed", "user": "ada"}', r"\ud83d typed", 0),
        ('{"text": "a \x01boat", "user": "ada"}', "a \x01boat", 0),
        ('{"text": "a boat", "user": "ada", "n": NaN}', "a boat", 0),
        ('{"text": "no", "text": "a boat", "user": "ada"}', "a boat", 0),
        ('{"text": 42, "user": "ada"}', "42", 0),
        ("null", None, 1),
        ('"a string"', None, 1),
    ],
)
def test_an_odd_record_is_mended_or_skipped(tmp_path, suffix, odd, text, skipped):
    """Half an emoji, a control character, NaN, a key twice are read; the rest is skipped."""
    records = [*map(json.dumps, ROWS), odd]
    path = tmp_path / f"posts.{suffix}"
    path.write_text("\n".join(records) if suffix == "jsonl" else f"[{','.join(records)}]")
    found, counts = texts(path)
    assert found == [*(row["text"] for row in ROWS), *([text] if text else [])]
    assert counts == ({"damaged": skipped} if skipped else {})


def test_rows_with_too_many_fields_are_skipped_and_counted(tmp_path):
    """A row of a CSV with more fields than columns is skipped; when most are, the table is refused."""
    path = tmp_path / "posts.csv"
    path.write_text("user,text\nada,one\nada,two, and more\nada,three\n")
    assert texts(path) == (["one", "three"], {"damaged": 1})
    path.write_text("user,text\nada,one, a\nada,two, b\nada,three\n")
    with pytest.raises(BrokenArchive, match="line 2: 3 fields"):
        texts(path)


def test_more_odd_records_than_others_are_refused(tmp_path):
    """When most records are odd the form is not understood, and the first one is named."""
    path = tmp_path / "posts.jsonl"
    path.write_text("\n".join([*map(json.dumps, ROWS), *["[1]"] * 9]))
    with pytest.raises(BrokenArchive, match="broken at line 9"):
        texts(path)


def test_half_an_emoji_is_mended_in_objects_one_after_another(tmp_path):
    """They are no list and no lines, and are read by another way than these."""
    path = tmp_path / "posts.json"
    path.write_text('{"text": "one",\n "user": "ada"}\n{"text": "\\udc00\\ud83d",\n "user": "ada"}')
    assert texts(path) == (["one", "\ufffd\ufffd"], {})


def test_a_header_in_the_middle_of_tables_put_together_is_no_post(tmp_path):
    """Rows that repeat the names of columns are left out."""
    path = tmp_path / "posts.csv"
    path.write_text("date,text\n2024-01-01,one\n" * 2)
    assert texts(path, name="Ada") == (["one", "one"], {})


def test_what_a_machine_that_went_off_leaves_at_the_end_is_left_out(tmp_path):
    """Bytes of zero behind the last line are not text, and damage nothing before them."""
    path = tmp_path / "posts.csv"
    path.write_bytes(b"text\none\ntwo\n" + bytes(64))
    assert texts(path, name="Ada") == (["one", "two"], {})
