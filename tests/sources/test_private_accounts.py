"""What a person says of themselves is cleaned like their posts: no address, number or key goes on from it."""

from __future__ import annotations

import pytest

from huggingtweets import sources
from huggingtweets.types import Account, Timeline

FEED = """<rss version="2.0"><channel><title>Notes</title>
<description>write to ada@example.org or +44 20 7946 0958</description>
<item><author>ada@example.org (Ada)</author><title>the sea is calm tonight</title></item>
</channel></rss>"""


def test_a_feed_keeps_no_address_and_no_number(tmp_path):
    """Author, title and description of a feed lose them."""
    path = tmp_path / "feed.xml"
    path.write_text(FEED, "utf-8")
    timeline = sources.read(str(path))
    assert list(timeline.posts)
    assert "example.org" not in str(timeline.account)
    assert "7946" not in str(timeline.account)
    assert timeline.account.bio == "write to   or"


@pytest.mark.parametrize(("name", "shown"), [("Ada, ada@example.org", "Ada,"), ("ada@example.org", "ada")])
def test_every_source_passes_through_it(name, shown, monkeypatch):
    """Names and words about oneself are cleaned after any source; else a name is the handle."""
    account = Account(
        handle="ada", name=name, source="made_up", bio="key ghp_16C7e42F292c6912E7710c838347Ae178B4a"
    )
    timeline = Timeline(account=account, posts=[])

    class MadeUp:
        @staticmethod
        def read(*_):
            return timeline

    monkeypatch.setattr(sources, "load", lambda _: MadeUp)
    read = sources.read("anywhere", source="made_up").account
    assert (read.name, read.bio) == (shown, "key")
