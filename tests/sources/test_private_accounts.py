"""What a person says of themselves is cleaned like their posts: no address, number or key goes on from it."""

from __future__ import annotations

import json
import re

import pytest

from huggingtweets import sources
from huggingtweets.errors import SeveralAuthors
from huggingtweets.sources import ReadOptions
from huggingtweets.sources._formats.authors import choose_author
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


@pytest.mark.parametrize(
    ("column", "author", "handle"),
    [
        ("author", "jane.doe@gmail.com", "jane.doe"),
        ("username", "jane@mail.example.org", "jane"),
        ("user", '{"email": "jane@example.org"}', "jane"),
        ("author", "@jane@example.social", "jane@example.social"),
        ("acct", "jane@example.social", "jane@example.social"),
        ("user", '{"acct": "jane@example.social", "email": "jd@example.org"}', "jane@example.social"),
        ("author", "jane", "jane"),
    ],
)
def test_an_address_in_a_column_of_authors_names_nobody(tmp_path, column, author, handle):
    """Of an e-mail address only what is before its @ is the handle; an account of Mastodon stays whole."""
    rows = [{column: author, "text": f"a post, number {number}"} for number in range(3)]
    (tmp_path / "posts.json").write_text(json.dumps(rows), "utf-8")
    timeline = sources.read(str(tmp_path / "posts.json"))
    posts = list(timeline.posts)
    assert (timeline.account.handle, timeline.account.name) == (handle, handle)
    assert {post.author for post in posts} == {handle}
    assert len(posts) == 3


def test_people_whose_addresses_begin_alike_are_not_mixed(tmp_path):
    """Each is chosen by the whole address, and only that person's posts are read."""
    rows = [{"author": f"jane@{host}", "text": f"of {host}"} for host in ("one.example", "two.example")]
    (tmp_path / "posts.json").write_text(json.dumps(rows), "utf-8")
    with pytest.raises(SeveralAuthors) as asked:
        list(sources.read(str(tmp_path / "posts.json")).posts)
    assert set(asked.value.authors) == {"jane@one.example", "jane@two.example"}
    timeline = sources.read(str(tmp_path / "posts.json"), ReadOptions(handle="jane@two.example"))
    assert timeline.account.handle == "jane"
    assert [post.text for post in timeline.posts] == ["of two.example"]


@pytest.mark.parametrize(
    "author",
    [
        "+49 170 1234567",
        "98765 43210",
        "wa.me/491701234567",
        "030.1234567",
        "tel:+4930123456",
        "hf_abcdefghijklmnopqrstuvwxyzABCDEFGH",
    ],
)
def test_a_handle_that_is_a_number_or_a_key_is_replaced(tmp_path, author):
    """Where a table names its author so, neither handle nor name nor posts keep it."""
    path = tmp_path / "posts.csv"
    path.write_text(f'author,text\n"{author}",the sea is calm tonight\n"{author}",so am I\n', "utf-8")
    timeline = sources.read(str(path))
    account = timeline.account
    assert {post.author for post in timeline.posts} == {account.handle}
    assert re.fullmatch(r"author_[0-9a-f]{4}", account.handle)
    assert account.name == account.handle


@pytest.mark.parametrize("choice", ["+49 170 1234567", "jane@example.org", "Jane <jane@example.org>"])
def test_what_records_keep_of_a_choice_still_chooses(tmp_path, choice):
    """A number or an address that a user chose somebody by is in no record, and need not be given again."""
    kept = sources.public_choice(choice)
    assert kept
    assert re.fullmatch(r"author_[0-9a-f]{4}", kept)
    path = tmp_path / "posts.csv"
    path.write_text(f'author,text\n"{choice}",the sea is calm\nbob,the sea is wild\n', "utf-8")
    timelines = [sources.read(str(path), ReadOptions(handle=each)) for each in (choice, kept)]
    assert [[post.text for post in timeline.posts] for timeline in timelines] == [["the sea is calm"]] * 2
    chat = {choice: 3, "bob": 5}
    for options in (ReadOptions(name=choice), ReadOptions(name=kept)):
        assert choose_author("chat", chat, options) == choice


@pytest.mark.parametrize("choice", [None, "ada", "Ada Lovelace", "ada_1815"])
def test_a_choice_that_says_nothing_private_stays(choice):
    """Names are recorded as they were given."""
    assert sources.public_choice(choice) == choice


@pytest.mark.parametrize(
    "author", ["throwaway12days4u2know99", "ada_1815", "did_plc_ewvi7nxzyoun6zhxrhs64oiz"]
)
def test_a_handle_that_is_only_long_stays(tmp_path, author):
    """Letters and digits in turn make no key of a handle, as they do of a word in a post."""
    path = tmp_path / "posts.csv"
    path.write_text(f"author,text\n{author},the sea is calm tonight\n{author},so am I\n", "utf-8")
    assert sources.read(str(path)).account.handle == author


@pytest.mark.parametrize("author", ["user12345678901", "ada_1815_lovelace", "jane_2019_2020"])
def test_a_handle_with_digits_stays(tmp_path, author):
    """Digits in a name are no number to call."""
    path = tmp_path / "posts.csv"
    path.write_text(f'author,text\n"{author}",the sea is calm tonight\n"{author}",so am I\n', "utf-8")
    assert sources.read(str(path)).account.handle == author


@pytest.mark.parametrize("column", ["author_id", "user_id", "userId", "Twitter User ID"])
@pytest.mark.parametrize("author", ["1234567890", "491701234567"])
def test_an_id_stays_where_the_column_says_that_it_is_one(tmp_path, column, author):
    """Ids of people have as many digits as telephone numbers have, and tell them apart."""
    path = tmp_path / "posts.csv"
    path.write_text(f"{column},text\n{author},the sea is calm tonight\n{author},so am I\n", "utf-8")
    account = sources.read(str(path)).account
    assert (account.handle, account.name) == (author, author)


@pytest.mark.parametrize("column", ["author", "user", "wa_id", "phone_id"])
def test_digits_in_another_column_are_a_number_to_call(tmp_path, column):
    """Nothing says that they are an id; the ids of WhatsApp are telephone numbers."""
    path = tmp_path / "posts.csv"
    path.write_text(f"{column},text\n491701234567,the sea is calm tonight\n491701234567,so am I\n", "utf-8")
    account = sources.read(str(path), ReadOptions(handle="491701234567")).account
    assert re.fullmatch(r"author_[0-9a-f]{4}", account.handle)


@pytest.mark.parametrize("handle", ["jane.1234567.example", "5550109988.bsky.social", "12.30.example"])
def test_a_domain_with_digits_stays(tmp_path, handle):
    """It is the address of an account, whatever digits are in it."""
    path = tmp_path / "posts.csv"
    path.write_text(f"author,text\n{handle},the sea is calm tonight\n{handle},so am I\n", "utf-8")
    assert sources.read(str(path)).account.handle == handle
