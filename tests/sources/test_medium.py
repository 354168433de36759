"""Medium's export: published stories of its owner, and nothing of others."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from huggingtweets import sources
from huggingtweets.errors import LocationError
from huggingtweets.sources import ReadOptions, count_skipped
from tests.helpers.export_builder import NAME, PRIVATE, write_export
from tests.helpers.private_exports import story

QUOTES = (
    f'one</p><blockquote class="graf graf--blockquote">{PRIVATE}</blockquote>'
    f'<figure class="graf"><figcaption>{PRIVATE}</figcaption></figure>'
    f'<div class="graf graf--mixtapeEmbed"><a href="x">{PRIVATE}</a></div><pre class="graf">{PRIVATE}</pre>'
    "<p>two &amp; three"
)


def read(tmp_path, files, **options):
    path = write_export(tmp_path / "medium-export.zip", files)
    return sources.read(str(path), ReadOptions(**options))


def test_published_stories_are_read_and_nothing_else(tmp_path):
    """Drafts by name or without a date, quotations, captions, code, previews and claps are left out."""
    files = {
        "posts/2020-01-02_The-kettle-1a2b3c4d5e6f.html": story(QUOTES),
        "posts/draft_Mine-2a2b3c4d5e6f.html": story(PRIVATE),
        "posts/2020-02-02_Undated-3a2b3c4d5e6f.html": story(PRIVATE, published=False),
        "claps/claps-0001.html": story(PRIVATE),
        "highlights/highlights-0001.html": story(PRIVATE),
    }
    with count_skipped() as skipped:
        timeline = read(tmp_path, files)
        (post,) = timeline.posts
    assert (timeline.account.handle, timeline.account.name) == ("ada_tests", NAME)
    assert post.text == "one\n\ntwo & three"
    assert post.created_at == datetime(2020, 1, 2, 10, 11, 12, 131000, UTC)
    assert post.id == "1a2b3c4d5e6f"
    assert post.url == "https://medium.com/@ada_tests/the-kettle-1a2b3c4d5e6f"
    assert skipped == {"not published": 1}


def test_stories_of_several_people_are_not_mixed(tmp_path):
    """A folder to which somebody added others' stories is refused until one is chosen."""
    files = {"posts/2020_a.html": story("mine"), "posts/2021_b.html": story("theirs", by="bob", name="Bob")}
    with pytest.raises(LocationError, match="'Bob'"):
        read(tmp_path, files)
    assert [post.text for post in read(tmp_path, files, handle="ada_tests").posts] == ["mine"]


def test_other_pages_in_a_folder_posts_are_not_mediums(tmp_path):
    """A folder of that name alone decides nothing."""
    path = write_export(tmp_path / "site", {"posts/index.html": "<html><body>hello</body></html>"})
    assert sources.load("medium").recognises(str(path)) is sources.Match.NO


def test_files_that_a_mac_adds_are_no_stories(tmp_path):
    """Beside each file on a disk of another system it writes one of its own, which is no draft."""
    name = "2020-01-02_The-kettle-1a2b3c4d5e6f.html"
    with count_skipped() as skipped:
        timeline = read(tmp_path, {f"posts/{name}": story("mine"), f"posts/._{name}": "\0\5\x16\7"})
        assert [post.text for post in timeline.posts] == ["mine"]
    assert not skipped
