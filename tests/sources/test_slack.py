"""Exports of Slack: one person's messages in public channels, and nothing else.

Written by hand after Slack's help pages.
"""

from __future__ import annotations

import pytest

from huggingtweets import sources
from huggingtweets.errors import LocationError
from huggingtweets.sources import ReadOptions
from huggingtweets.sources._formats.export_files import LARGEST_EXTRA
from huggingtweets.types import PostKind, Visibility
from tests.helpers.export_builder import HANDLE, NAME, PRIVATE, slack_files, slack_message, write_export

DAYS = {
    "general/2023-11-14": [
        slack_message(1, "tea &amp; trains <@U2> <https://example.org/a|a page>"),
        slack_message(2, PRIVATE, "U2"),
        slack_message(3, PRIVATE, subtype="channel_join"),
        {"type": "message", "subtype": "bot_message", "text": PRIVATE, "ts": "1700000004.0"},
    ],
    "general/2023-11-15": [slack_message(5, "an answer", thread_ts=slack_message(1, "")["ts"])],
    "secret/2023-11-14": [slack_message(6, PRIVATE)],
    "D1/2023-11-14": [slack_message(7, PRIVATE)],
}


def read(tmp_path, **options):
    path = write_export(tmp_path / "slack.zip", slack_files(DAYS))
    return sources.read(str(path), ReadOptions(**options))


@pytest.mark.parametrize("options", [{"name": NAME}, {"handle": HANDLE}])
def test_own_messages_of_public_channels_are_read(tmp_path, options):
    """Others, apps, notices, private channels and direct messages are left out; ids of people are, too."""
    timeline = read(tmp_path, **options)
    posts = list(timeline.posts)
    assert timeline.account.handle == HANDLE
    assert [post.text for post in posts] == ["tea & trains a page", "an answer"]
    assert [post.kind for post in posts] == [PostKind.ORIGINAL, PostKind.REPLY]
    assert {post.visibility for post in posts} == {Visibility.UNLISTED}
    assert [post.reply_to for post in posts] == [None, posts[0].id]
    assert all(post.created_at and post.created_at.year == 2023 for post in posts)


def test_a_workspace_of_many_thousands_of_people_is_read(tmp_path):
    """Its lists are larger than what other files of such kind may be; nobody's writing is lost for that."""
    files = slack_files(DAYS)
    for name in ("users.json", "channels.json"):
        files[name] += [{"id": f"X{n}", "name": f"x{n}", "about": "x" * 2000} for n in range(5000)]
        assert len(str(files[name])) > LARGEST_EXTRA
    path = write_export(tmp_path / "slack.zip", files)
    posts = list(sources.read(str(path), ReadOptions(name=NAME)).posts)
    assert [post.text for post in posts] == ["tea & trains a page", "an answer"]


def test_an_export_of_several_people_asks_for_one(tmp_path):
    """Without a name the people are listed."""
    with pytest.raises(LocationError, match=r"ada\.tests.*bob"):
        list(read(tmp_path).posts)


def test_nobody_else_is_read_in_ones_place(tmp_path):
    """A name that nobody has is refused."""
    with pytest.raises(LocationError):
        list(read(tmp_path, name="Grace").posts)
