"""Reddit's export, made by hand as open parsers read it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from huggingtweets import sources
from huggingtweets.errors import BrokenArchive, LocationError
from huggingtweets.sources import ReadOptions
from huggingtweets.types import PostKind
from tests.helpers.export_builder import (
    PRIVATE,
    REDDIT_POSTS,
    reddit_comment,
    reddit_files,
    reddit_post,
    table,
    write_export,
)


def read_files(tmp_path, files, file="export.zip", **options):
    location = str(write_export(tmp_path / file, files))
    timeline = sources.read(location, ReadOptions(**options))
    return timeline, list(timeline.posts)


def test_zip_and_folder_are_read_alike(tmp_path):
    """A zip and its folder give the same timeline, with the same digest."""
    files = reddit_files([reddit_post(1, "Title", "body é")], [reddit_comment(2, "comment")])
    seen = []
    for name in ("export.zip", "folder"):
        location = str(write_export(tmp_path / name, files))
        assert sources.recognise(location) == "reddit_export"
        timeline = sources.read(location)
        seen.append((timeline.account, timeline.digest, list(timeline.posts)))
    assert seen[0] == seen[1]
    assert [post.text for post in seen[0][2]] == ["Title\n\nbody é", "comment"]


def test_private_words_are_never_found(tmp_path):
    """Messages, chats, drafts, network and e-mail addresses are not read."""
    timeline, posts = read_files(tmp_path, reddit_files([reddit_post(1, "mine")], [reddit_comment(2, "my")]))
    assert [post.text for post in posts] == ["mine", "my"]
    assert PRIVATE not in repr((timeline.account, posts))


def test_all_that_the_tables_tell_is_read(tmp_path):
    """Ids have Reddit's prefixes, so that a comment's parent can be found."""
    comments = [reddit_comment(2, "to a comment", "t1_c9"), reddit_comment(3, "to the post")]
    timeline, posts = read_files(tmp_path, reddit_files([reddit_post(7, "mine")], comments))
    assert (timeline.account.handle, timeline.account.url) == (
        "ada_tests",
        "https://www.reddit.com/user/ada_tests",
    )
    assert [(post.id, post.kind, post.reply_to) for post in posts] == [
        ("t3_p7", PostKind.ORIGINAL, None),
        ("t1_c2", PostKind.REPLY, "t1_c9"),
        ("t1_c3", PostKind.REPLY, "t3_p7"),
    ]
    assert posts[0].created_at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert posts[1].url.endswith("/comments/p7/title/c2/")


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("> his words\n\nmy words", "my words"),
        ("mine\n\n>> hers\n> his\n\n\n\nmine too", "mine\n\nmine too"),
        ("&gt; his\nmine &amp; yours", "mine & yours"),
        ("  > his\r\nmine", "mine"),
        (">!a spoiler of mine!<", ">!a spoiler of mine!<"),
        ("5 > 4", "5 > 4"),
        ("a&#x200B;b", "ab"),
        ("so![gif](giphy|3o7abKhOpu0NwenH3O)", "so"),
        ("so ![gif](giphy|3o7abKhOpu0NwenH3O|downsized)\n![img](emote|t5_2th52|4276)", "so"),
        ("an ![image](words) stays", "an ![image](words) stays"),
    ],
)
def test_quotations_are_somebody_elses(tmp_path, body, text):
    """Lines that begin with `>` are left out, as are pictures; escapes are undone."""
    _, posts = read_files(tmp_path, reddit_files([], [reddit_comment(1, body)]))
    assert [post.text for post in posts] == [text]


@pytest.mark.parametrize("body", ["[deleted]", "[removed]", "", "> only his words"])
def test_what_was_deleted_or_is_empty_is_no_post(tmp_path, body):
    """Deleted posts, and comments that only quote, are no posts."""
    _, posts = read_files(tmp_path, reddit_files([reddit_post(1, "kept")], [reddit_comment(1, body)]))
    assert [post.text for post in posts] == ["kept"]
    if body.startswith("["):
        with pytest.raises(LocationError, match="holds no posts"):
            read_files(tmp_path, reddit_files([reddit_post(1, "the title", body)]))


def test_split_tables_are_read_in_order(tmp_path):
    """Tables in numbered parts are read in order."""
    files = reddit_files([])
    del files["posts.csv"]
    files |= {f"posts_{n}.csv": table(REDDIT_POSTS, reddit_post(n, f"part {n}")) for n in (10, 2, 1)}
    _, posts = read_files(tmp_path, files)
    assert [post.text for post in posts] == ["part 1", "part 2", "part 10"]


def test_whose_it_is_can_be_said_where_the_export_does_not(tmp_path):
    """Without statistics.csv the user gives the handle; with it another handle is refused."""
    files = reddit_files([reddit_post(1, "mine")])
    with pytest.raises(LocationError, match="holds the posts of @ada_tests, not of @bob"):
        read_files(tmp_path, files, handle="bob")
    files["statistics.csv"] = "statistic,value\n"
    with pytest.raises(LocationError, match="--handle"):
        read_files(tmp_path, files)
    timeline, _ = read_files(tmp_path, files, handle="u_ada")
    assert timeline.account.handle == "u_ada"


def test_broken_tables_are_reported_with_their_line(tmp_path):
    """An unclosed quote is refused in one line that names the table."""
    files = reddit_files([reddit_post(1, "mine")])
    files["posts.csv"] += 'p2,,"'
    with pytest.raises(
        BrokenArchive, match=r"posts\.csv is broken at line 3: unexpected end of data"
    ) as caught:
        read_files(tmp_path, files)
    assert "\n" not in str(caught.value)


def test_tables_of_posts_alone_are_not_taken_for_reddits(tmp_path):
    """A posts.csv of another place is a table like others."""
    location = str(write_export(tmp_path / "export.zip", {"posts.csv": "id,text\n1,a\n"}))
    assert sources.recognise(location) == "table"
