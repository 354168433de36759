"""Twitter's archive of 2012 to 2018: monthly files, the table, and retweets as they were then.

Written by hand in the shape of archives that people have published themselves.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from huggingtweets import sources
from huggingtweets.errors import BrokenArchive, LocationError
from huggingtweets.sources import Match, ReadOptions, x_grailbird
from huggingtweets.types import PostKind
from tests.helpers.archive_builder import PRIVATE, write_zip, zip_folder
from tests.helpers.archive_builder import tweet as new_tweet
from tests.helpers.x_builder import (
    COLUMNS_2013,
    COLUMNS_2015,
    HANDLE,
    NAME,
    old_link,
    old_row,
    old_table,
    old_tweet,
    write_old_archive,
)

SHORT = "http://t.co/abcdefgh"
OTHER = "https://t.co/ijklmnopqr"


def read_all(path, **options):
    return list(x_grailbird.read(str(path), ReadOptions(**options)).posts)


def read_one(tmp_path, record):
    [post] = read_all(write_old_archive(tmp_path / "old", {"2012_01": [record]}))
    return post


def read_row(tmp_path, row, columns=COLUMNS_2015):
    path = tmp_path / "tweets.csv"
    path.write_text(old_table(columns, row))
    [post] = read_all(path, handle="ada")
    return post


def test_a_post_has_what_the_archive_knows(tmp_path):
    """Id, author, text, time and link are read; ids keep all digits."""
    post = read_one(tmp_path, old_tweet(164339401822978049, "Hello there, <world> & all"))
    assert (post.id, post.author, post.kind) == ("164339401822978049", HANDLE, PostKind.ORIGINAL)
    assert (post.text, post.lang) == ("Hello there, <world> & all", None)
    assert post.created_at == datetime(2012, 1, 31, 13, 29, 1, tzinfo=UTC)
    assert post.url == f"https://x.com/{HANDLE}/status/{post.id}"


def test_the_first_years_have_days_and_no_times(tmp_path):
    """Posts up to November 2010 have midnight as their time."""
    post = read_one(tmp_path, old_tweet(6, "just setting up", created_at="2006-03-21 00:00:00 +0000"))
    assert post.created_at == datetime(2006, 3, 21, tzinfo=UTC)


@pytest.mark.parametrize("inside", ["", "twitter-archive/"])
@pytest.mark.parametrize("index", [True, False])
def test_zip_and_folder_hold_the_same_posts(tmp_path, inside, index):
    """Zip and folder, with or without an index, give the same posts, newest month first."""
    months = {
        "2012_10": [old_tweet(3, "post 3"), old_tweet(2, "post 2")],
        "2012_09": [old_tweet(1, "post 1")],
    }
    folder = write_old_archive(tmp_path / "outer" / "old", months, index=index)
    zipped = zip_folder(folder, tmp_path / "old.zip", inside=inside)
    for path in (folder, folder.parent, zipped):
        assert sources.recognise(str(path)) == "x_grailbird"
        timeline = x_grailbird.read(str(path), ReadOptions())
        assert [post.id for post in timeline.posts] == ["3", "2", "1"]
        assert (timeline.account.handle, timeline.account.name) == (HANDLE, NAME)
        assert (timeline.account.bio, timeline.account.source) == ("Made up", "x_grailbird")
        assert timeline.expected == (3 if index else None)
    digests = {x_grailbird.read(str(path), ReadOptions()).digest for path in (folder, zipped)}
    assert len(digests) == 1


@pytest.mark.parametrize("form", ["field", "RT @bob: theirs", "RT @bob theirs"])
def test_retweets_are_recognised_by_field_or_text(tmp_path, form):
    """Retweets are recognised by their field or by a typed RT."""
    theirs = old_tweet(1, "theirs", user={"screen_name": "bob", "protected": True})
    record = old_tweet(2, "theirs", retweeted_status=theirs) if form == "field" else old_tweet(2, form)
    assert read_one(tmp_path, record).kind is PostKind.REPOST


def test_a_reply_loses_the_mentions_it_begins_with(tmp_path):
    """A reply loses the mentions at its beginning."""
    mentions = [{"screen_name": "bob", "indices": [0, 4]}, {"screen_name": "eve", "indices": [5, 9]}]
    record = old_tweet(
        2,
        "@bob @eve thanks to you",
        entities={"user_mentions": mentions},
        in_reply_to_status_id_str="1",
        in_reply_to_user_id=7,
    )
    post = read_one(tmp_path, record)
    assert (post.text, post.kind, post.reply_to) == ("thanks to you", PostKind.REPLY, "1")


@pytest.mark.parametrize("shift", [0, 4])
def test_links_are_expanded_behind_an_ampersand(tmp_path, shift):
    """The text is not escaped; links after an `&` are found though their indices are wrong."""
    text = f"prophets & poets 🎖 {SHORT} and {OTHER}"
    urls = [old_link(text, SHORT, "http://example.org/a", shift)]
    media = [old_link(text, OTHER, "https://twitter.com/ada/status/1/photo/1", shift)]
    record = old_tweet(1, text, entities={"urls": urls, "media": media})
    assert read_one(tmp_path, record).text == "prophets & poets 🎖 http://example.org/a and"


def test_posts_for_followers_only_are_refused(tmp_path):
    """An archive of a protected account is refused."""
    user = {"screen_name": HANDLE, "protected": True}
    with pytest.raises(LocationError, match="only followers of @ada_tests"):
        read_one(tmp_path, old_tweet(1, PRIVATE, user=user))


def test_where_somebody_was_is_not_read(tmp_path):
    """Coordinates and places are not read."""
    folder = write_old_archive(tmp_path / "old", {"2012_01": [old_tweet(1, "a b c")]})
    assert PRIVATE not in repr((read_all(folder), x_grailbird.read(str(folder), ReadOptions()).account))


@pytest.mark.parametrize("columns", [COLUMNS_2013, COLUMNS_2015])
def test_the_table_is_read_by_its_header(tmp_path, columns):
    """The table is read in both orders of its columns; line breaks and quotes stay in the text."""
    row = old_row(635221280971694080, 'first "line"\nsecond', in_reply_to_status_id="5")
    post = read_row(tmp_path, row, columns)
    assert sources.recognise(str(tmp_path / "tweets.csv")) == "x_grailbird"
    assert (post.id, post.text, post.author) == ("635221280971694080", 'first "line"\nsecond', "ada")
    assert (post.kind, post.reply_to) == (PostKind.REPLY, "5")
    assert post.created_at == datetime(2013, 3, 13, 8, 52, 14, tzinfo=UTC)


def test_retweets_of_the_table_are_recognised_by_their_column(tmp_path):
    """Retweets in the table are recognised by their column."""
    assert read_row(tmp_path, old_row(1, "theirs", retweeted_status_id="9")).kind is PostKind.REPOST


@pytest.mark.parametrize(
    ("text", "addresses", "expanded"),
    [
        (f"see {SHORT}", "http://a.org/x,y", "see http://a.org/x,y"),
        (
            f"{SHORT} {OTHER}",
            "http://a.org,http://b.org,http://a.org,http://b.org",
            "http://a.org http://b.org",
        ),
        (f"see {SHORT}", "http://twitter.com/ada/status/1/photo/1", "see"),
        (f"see {SHORT}", "", f"see {SHORT}"),
        ("nothing", "http://a.org", "nothing"),
    ],
)
def test_links_of_the_table_are_expanded_in_order(tmp_path, text, addresses, expanded):
    """Short links get the addresses of the last column in order, unless the numbers differ."""
    assert read_row(tmp_path, old_row(1, text, expanded_urls=addresses)).text == expanded


def test_the_table_stands_in_for_missing_months(tmp_path):
    """Without the monthly files the table is read."""
    table = old_table(COLUMNS_2013, old_row(2, "from the table"))
    folder = write_old_archive(tmp_path / "old", {}, index=False, table=table)
    assert [post.text for post in read_all(folder)] == ["from the table"]
    assert read_all(folder)[0].author == HANDLE


def test_the_months_are_not_read_twice(tmp_path):
    """With the monthly files the table is not read too."""
    table = old_table(COLUMNS_2013, old_row(1, "a b c"))
    folder = write_old_archive(tmp_path / "old", {"2012_01": [old_tweet(1, "a b c")]}, table=table)
    assert len(read_all(folder)) == 1


def test_a_table_that_names_nobody_needs_a_handle(tmp_path):
    """A table, or an archive without user_details.js, needs a handle from the user."""
    path = tmp_path / "tweets.csv"
    path.write_text(old_table(COLUMNS_2013, old_row(1, "a b c")))
    folder = write_old_archive(tmp_path / "old", {"2012_01": [old_tweet(1, "a b c")]}, details=False)
    for location in (path, folder):
        with pytest.raises(LocationError, match="--handle"):
            read_all(location)
        assert read_all(location, handle="@ada")[0].author == "ada"


def test_another_persons_archive_is_refused(tmp_path):
    """A handle other than the archive's is refused."""
    folder = write_old_archive(tmp_path / "old", {"2012_01": [old_tweet(1, "a b c")]})
    with pytest.raises(LocationError, match=f"@{HANDLE}, not of @bob"):
        read_all(folder, handle="bob")


@pytest.mark.parametrize("name", ["tweets/2012_01", "tweet_index", "user_details"])
def test_damage_is_reported_with_the_file(tmp_path, name):
    """Damage is reported with the name of the file."""
    folder = write_old_archive(tmp_path / "old", {"2012_01": [old_tweet(1, "a b c")]})
    path = folder / "data" / "js" / f"{name}.js"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(BrokenArchive, match=rf"{name.split('/')[-1]}\.js"):
        read_all(folder)


def test_a_month_that_is_missing_is_reported(tmp_path):
    """An archive without a month of its index is refused."""
    months = {"2012_02": [old_tweet(2, "a b c")], "2012_01": [old_tweet(1, "a b c")]}
    folder = write_old_archive(tmp_path / "old", months)
    (folder / "data" / "js" / "tweets" / "2012_01.js").unlink()
    with pytest.raises(BrokenArchive, match=r"lacks data/js/tweets/2012_01\.js"):
        read_all(folder)


def test_an_archive_without_posts_is_reported(tmp_path):
    """An archive without months and table is refused."""
    with pytest.raises(LocationError, match="has neither"):
        read_all(write_old_archive(tmp_path / "old", {}, index=False))


def test_other_tables_and_archives_are_left_to_others(tmp_path):
    """Other tables, empty and missing ones, and today's archives are not recognised."""
    contents = {"posts.csv": "id,text\n1,a b c\n", "empty.csv": "", "binary.csv": b"\0\xff" * 300}
    for name, content in contents.items():
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        assert x_grailbird.recognises(str(path)) is Match.NO
    today = write_zip(tmp_path / "x.zip", [new_tweet(1, "a b c")])
    for location in (today, tmp_path / "none.csv", tmp_path, "\0.csv"):
        assert x_grailbird.recognises(str(location)) is Match.NO
