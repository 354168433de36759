"""Substack's export, made by hand as migration tools read it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from huggingtweets import sources
from huggingtweets.errors import BrokenArchive, LocationError
from huggingtweets.sources import ReadOptions
from tests.helpers.export_builder import PRIVATE, substack_files, substack_row, write_export

PAGE = (
    "<h2>Part one</h2><p>My <em>words</em> and a <a href='https://example.org'>link</a>.</p>"
    f"<blockquote><p>{PRIVATE}</p></blockquote>"
    f"<div class='tweet'><p>{PRIVATE}</p></div>"
    f"<div><figure><img src='x'><figcaption>{PRIVATE}</figcaption></figure></div>"
    f"<div class='embedded-post-wrap'><a>{PRIVATE}</a></div>"
    f"<p class='button-wrapper'><a class='button'>{PRIVATE}</a></p><p>The end.</p>"
)
TEXT = "Hello\n\nPart one\n\nMy words and a link.\n\nThe end."


def read_files(tmp_path, files, file="export.zip", **options):
    location = str(write_export(tmp_path / file, files))
    timeline = sources.read(location, ReadOptions(**options))
    return timeline, list(timeline.posts)


def test_zip_and_folder_are_read_alike(tmp_path):
    """A zip and its folder give the same timeline, with the same digest."""
    files = substack_files([substack_row("101.hello", "Hello")], {"101.hello": PAGE})
    seen = []
    for name in ("export.zip", "folder"):
        location = str(write_export(tmp_path / name, files))
        assert sources.recognise(location) == "substack"
        timeline = sources.read(location)
        seen.append((timeline.account, timeline.digest, list(timeline.posts)))
    assert seen[0] == seen[1]
    account, _, [post] = seen[0]
    assert (account.handle, account.url) == ("adatests", "https://adatests.substack.com")
    assert (post.id, post.text) == ("101.hello", TEXT)
    assert post.url == "https://adatests.substack.com/p/hello"
    assert post.created_at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


def test_drafts_and_posts_for_payers_are_never_read(tmp_path):
    """Only posts for everyone are read; subscribers are not."""
    rows = [
        substack_row("1.draft", PRIVATE, published="false"),
        substack_row("2.paid", PRIVATE, "only_paid"),
        substack_row("3.founding", PRIVATE, "founding"),
        substack_row("4.free", PRIVATE, "only_free"),
        substack_row("5.open", "Hello", published="TRUE"),
    ]
    timeline, posts = read_files(tmp_path, substack_files(rows, {row[0]: PAGE for row in rows}))
    assert [post.text for post in posts] == [TEXT]
    assert PRIVATE not in repr((timeline.account, posts))


def test_a_post_without_a_page_is_its_title(tmp_path):
    """A post without a page has only its title and subtitle as text."""
    _, posts = read_files(tmp_path, substack_files([substack_row("1.audio", "Audio only")], {}))
    assert [post.text for post in posts] == ["Audio only"]


def test_without_a_list_of_subscribers_the_user_says_whose_it_is(tmp_path):
    """Without the list of subscribers the user gives the handle."""
    files = {k: v for k, v in substack_files([substack_row("1.a", "A")], {}).items() if "email" not in k}
    with pytest.raises(LocationError, match="--name"):
        read_files(tmp_path, files)
    timeline, posts = read_files(tmp_path, files, name="Ada Tests")
    assert (timeline.account.handle, posts[0].url) == ("Ada_Tests", "")


def test_a_page_too_large_is_refused(tmp_path, monkeypatch):
    """A page that is too large is refused."""
    monkeypatch.setattr(sources.load("substack"), "_LARGEST_POST", 100)
    with pytest.raises(BrokenArchive, match=r"posts/1\.a\.html is larger than 100 bytes"):
        read_files(tmp_path, substack_files([substack_row("1.a", "A")], {"1.a": PAGE}))


def test_a_post_cannot_name_a_file_outside(tmp_path):
    """A post's name cannot lead out of the folder."""
    (tmp_path / "secret.html").write_text(PRIVATE)
    rows = [substack_row("../../secret", "A")]
    with pytest.raises(BrokenArchive, match="outside of the folder"):
        read_files(tmp_path, substack_files(rows, {"1": "x"}), "folder")


def test_a_row_that_names_no_post_is_left_out(tmp_path):
    """A row without an id is skipped."""
    files = substack_files([substack_row("", PRIVATE), substack_row("1.a", "A")], {"1.a": "<p>mine</p>"})
    files["posts.csv"] += "2.b\n"
    _, posts = read_files(tmp_path, files)
    assert [post.id for post in posts] == ["1.a"]


def test_broken_tables_are_reported_with_their_line(tmp_path):
    """A row with too many fields is refused in one line that names the table."""
    files = substack_files([substack_row("1.a", "A")], {})
    files["posts.csv"] += "a," * 20 + "\n"
    with pytest.raises(BrokenArchive, match=r"posts\.csv is broken at line 3") as caught:
        read_files(tmp_path, files)
    assert "\n" not in str(caught.value)
