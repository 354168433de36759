"""Tumblr's export, made by hand in the form on which published readers agree."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime

import pytest

from huggingtweets import sources
from huggingtweets.errors import BrokenArchive, LocationError
from huggingtweets.sources import ReadOptions
from huggingtweets.types import PostKind
from tests.helpers.export_builder import PRIVATE, tumblr_files, tumblr_post, tumblr_text, write_export


def read_posts(tmp_path, *posts, **options):
    location = str(write_export(tmp_path / "export.zip", tumblr_files(*posts)))
    timeline = sources.read(location, ReadOptions(**options))
    return timeline, list(timeline.posts)


def test_every_type_of_post_gives_what_its_owner_typed(tmp_path):
    """Titles, texts, captions, descriptions of links and answers are read, without HTML."""
    _, posts = read_posts(
        tmp_path,
        tumblr_post(
            1,
            "regular",
            "<regular-title>A title</regular-title><regular-body>&lt;p&gt;one &amp;amp; two&lt;/p&gt;"
            "&lt;p&gt;three&lt;br&gt;four&lt;/p&gt;</regular-body>",
        ),
        tumblr_post(
            2, "photo", "<photo-caption>a photo</photo-caption><photo-url>https://a.example</photo-url>"
        ),
        tumblr_post(
            3, "link", f"<link-text>{PRIVATE}</link-text><link-description>a link</link-description>"
        ),
        tumblr_post(4, "answer", f"<question>{PRIVATE}</question><answer>an answer</answer>"),
        tumblr_post(
            5, "video", f"<video-caption>a film</video-caption><video-player>{PRIVATE}</video-player>"
        ),
        tumblr_post(6, "audio", "<audio-caption>a song</audio-caption>"),
    )
    assert [post.text for post in posts] == [
        "A title\n\none & two\n\nthree\nfour",
        *("a photo", "a link", "an answer", "a film", "a song"),
    ]
    assert [post.kind for post in posts] == [PostKind.ORIGINAL] * 3 + [PostKind.REPLY] + [
        PostKind.ORIGINAL
    ] * 2


def test_account_time_and_address_are_those_of_the_export(tmp_path):
    """The blog names the account, times are in UTC, and posts have their address."""
    timeline, [post] = read_posts(tmp_path, tumblr_text(0, "one"))
    account = timeline.account
    assert (account.handle, account.source, account.url) == (
        *("ada-tests", "tumblr"),
        "https://ada-tests.tumblr.com",
    )
    assert post.created_at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert (post.id, post.url) == ("180000000000", "https://ada-tests.tumblr.com/post/180000000000")


def test_what_is_not_for_everyone_or_not_their_own_is_not_read(tmp_path):
    """Drafts, queue, private posts, submissions, other blogs, quotes, chats and tags are not read."""
    timeline, posts = read_posts(
        tmp_path,
        tumblr_text(1, "own words"),
        *(tumblr_text(2, PRIVATE, state=state) for state in ("draft", "queued", "private", "submission")),
        tumblr_text(3, PRIVATE, private="true"),
        tumblr_text(4, PRIVATE, is_submission="true"),
        tumblr_text(5, PRIVATE, tumblelog="somebody-else"),
        tumblr_post(6, "quote", f"<quote-text>{PRIVATE}</quote-text>"),
        tumblr_post(7, "conversation", f"<conversation-text>{PRIVATE}</conversation-text>"),
        tumblr_text(8, f"<blockquote>{PRIVATE}</blockquote>and more own words"),
    )
    assert [post.text for post in posts] == ["own words", "and more own words"]
    assert PRIVATE not in repr((timeline.account, posts))


@pytest.mark.parametrize(
    "attributes", [{"is_reblog": "true"}, {"reblogged-from-name": "bob"}, {"reblogged-root-url": "https://b"}]
)
def test_reblogs_are_counted_without_their_words(tmp_path, attributes):
    """Reblogs are reposts without text, even with a remark."""
    _, posts = read_posts(tmp_path, tumblr_text(1, PRIVATE, **attributes))
    assert [(post.kind, post.text) for post in posts] == [(PostKind.REPOST, "")]


@pytest.mark.parametrize("place", ["folder", "inside.zip", "posts.xml"])
def test_all_forms_are_read_alike(tmp_path, place):
    """A zip with a folder around its files, its folder, and posts.xml alone give the same posts."""
    files = tumblr_files(tumblr_text(1, "one"), tumblr_text(0, "two"))
    if place == "posts.xml":
        files = {"posts.xml": files["posts/posts.xml"]}
        location = write_export(tmp_path, files) / place
    else:
        location = write_export(tmp_path / place, files, inside="export/" if "inside" in place else "")
    assert sources.recognise(str(location)) == "tumblr"
    assert [post.text for post in sources.read(str(location)).posts] == ["one", "two"]


def packed(tmp_path, content, name="posts.zip"):
    """Return the location of an export as Tumblr gives it: its posts are in a zip inside of it."""
    files = {name: content, "media/1.jpg": b"", "messages.xml": "<conversations/>"}
    return str(write_export(tmp_path / "export.zip", files))


@pytest.mark.parametrize("inside", ["", "posts/", "jane/"])
def test_an_export_is_read_as_it_came(tmp_path, monkeypatch, inside):
    """The posts are in posts.zip inside of the zip; no copy of it stays on the disk."""
    copies = tmp_path / "copies"
    copies.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(copies))
    posts = tumblr_files(tumblr_text(1, "one"), tumblr_text(0, "two"))["posts/posts.xml"]
    inner = write_export(tmp_path / "posts.zip", {"posts.xml": posts, "html/1.html": PRIVATE}, inside=inside)
    location = packed(tmp_path, inner.read_bytes())
    assert sources.recognise(location) == "tumblr"
    timeline = sources.read(location)
    assert [post.text for post in timeline.posts] == ["one", "two"]
    plain = str(write_export(tmp_path / "plain", {"posts.xml": posts}) / "posts.xml")
    assert timeline.digest == sources.read(plain).digest
    assert not list(copies.iterdir())


def test_a_hostile_or_cut_zip_inside_is_refused(tmp_path):
    """A zip inside is checked as the one around it is, and named as what the user has."""
    whole = write_export(tmp_path / "whole.zip", tumblr_files(tumblr_text(1, "one"))).read_bytes()
    climbing = write_export(tmp_path / "climbing.zip", {"../posts.xml": "<tumblr/>"}).read_bytes()
    bomb = write_export(tmp_path / "bomb.zip", {"posts.xml": b"<tumblr>" + b" " * (65 << 20)}).read_bytes()
    empty = write_export(tmp_path / "empty.zip", {"html/1.html": "x"}).read_bytes()
    for content, message in (
        (whole[:-40], "is not a whole zip file"),
        (b"PK", "is not a whole zip file"),
        (climbing, "which climbs out"),
        (bomb, "would grow from"),
        (empty, r"holds no posts\.xml"),
    ):
        with pytest.raises(LocationError, match=rf"export\.zip: posts\.zip.*{message}") as told:
            sources.read(packed(tmp_path, content))
        assert "huggingtweets-" not in str(told.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("<tumblr><posts><post tumblelog='a'>", "no whole XML"),
        ("<other><tumblr /></other>", "no export of a Tumblr blog"),
        ("<tumblr><posts></posts></tumblr>", "does not say whose it is"),
        ("<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><tumblr>&b;</tumblr>", "no whole XML"),
    ],
)
def test_what_is_broken_is_refused(tmp_path, content, message):
    """Broken XML is refused in one line, and no entity of a file is fetched."""
    path = tmp_path / "posts.xml"
    path.write_text(content)
    with pytest.raises((BrokenArchive, LocationError), match=message):
        list(sources.read(str(path), source="tumblr").posts)


def test_a_handle_that_is_another_one_is_refused(tmp_path):
    """A handle of another blog is refused."""
    with pytest.raises(LocationError, match="of @ada-tests, not of @bob"):
        read_posts(tmp_path, tumblr_text(1, "one"), handle="bob")
