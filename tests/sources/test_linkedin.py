"""LinkedIn's archive, made by hand as open parsers read it, in its old and new form."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from huggingtweets import sources
from huggingtweets.errors import BrokenArchive, LocationError
from huggingtweets.progress import Silence, watched_by
from huggingtweets.sources import ReadOptions
from huggingtweets.types import PostKind, Visibility
from tests.helpers.export_builder import PRIVATE, SHARES, linkedin_files, linkedin_share, table, write_export

COMMENTS = (
    "Date,Link,Message\n"
    "2023-11-14 22:13:20,https://www.linkedin.com/feed/update/urn%3Ali%3Aactivity%3A7001,"
    '"He said \\"yes\\", twice"\n'
    f"2023-11-14 22:13:20,https://www.linkedin.com/feed/update/urn%3Ali%3AgroupPost%3A1-2,{PRIVATE}\n"
    ",https://www.linkedin.com/feed/update/urn%3Ali%3Ashare%3A7002,undated\n"
)


def read_files(tmp_path, files, file="export.zip", **options):
    location = str(write_export(tmp_path / file, files))
    timeline = sources.read(location, ReadOptions(**options))
    return timeline, list(timeline.posts)


def test_zip_and_folder_are_read_alike(tmp_path):
    """A zip and its folder give the same timeline, with the same digest."""
    files = linkedin_files([linkedin_share(1, "one é"), linkedin_share(2, "two\nlines")], COMMENTS)
    seen = []
    for name in ("export.zip", "folder"):
        location = str(write_export(tmp_path / name, files))
        assert sources.recognise(location) == "linkedin"
        timeline = sources.read(location)
        seen.append((timeline.account, timeline.digest, list(timeline.posts)))
    assert seen[0] == seen[1]
    account = seen[0][0]
    assert (account.handle, account.name, account.bio) == ("Ada_Tests", "Ada Tests", "Made up for tests")
    assert [post.text for post in seen[0][2]] == ["one é", "two\nlines", 'He said "yes", twice', "undated"]


@pytest.mark.parametrize("visibility", ["CONNECTIONS", "LOGGED_IN", "CONTAINER", "", "SOMETHING_NEW"])
def test_only_what_everyone_could_read_is_taken(tmp_path, visibility):
    """Posts for connections, and those of an unknown visibility, are never read."""
    shares = [
        linkedin_share(1, PRIVATE, visibility),
        linkedin_share(2, "for anyone"),
        linkedin_share(3, "public", "PUBLIC"),
    ]
    timeline, posts = read_files(tmp_path, linkedin_files(shares, COMMENTS))
    assert [post.text for post in posts[:2]] == ["for anyone", "public"]
    assert PRIVATE not in repr((timeline.account, posts))


def test_what_was_written_in_groups_is_never_read(tmp_path):
    """Posts in groups, which are known by their address, are never read."""
    link = "https://www.linkedin.com/feed/update/urn%3Ali%3AgroupPost%3A1-2"
    row = ("2023-11-14 22:13:20", link, PRIVATE, "", "", "MEMBER_NETWORK")
    _, posts = read_files(tmp_path, linkedin_files([row, linkedin_share(1, "mine")]))
    assert [post.text for post in posts] == ["mine"]


def test_that_comments_below_posts_for_a_few_are_among_them_is_said(tmp_path):
    """The archive does not tell them apart; of one without comments nothing is said."""
    notes = []

    class Notes(Silence):
        def note(self, message):
            notes.append(message)

    shares = [linkedin_share(1, "one")]
    with watched_by(Notes()):
        alone = {name: content for name, content in linkedin_files(shares).items() if "Comments" not in name}
        read_files(tmp_path, alone, "one.zip")
        assert not notes
        _, posts = read_files(tmp_path, linkedin_files(shares, COMMENTS), "two.zip")
    assert [("comment" in note, "--exclude" in note) for note in notes] == [(True, True)]
    assert [post.visibility for post in posts] == [Visibility.PUBLIC, *[Visibility.UNLISTED] * 2]


def test_all_that_the_tables_tell_is_read(tmp_path):
    """Ids come from addresses; a share of another post is a quote, a comment is a reply."""
    shared = "https://www.linkedin.com/feed/update/urn:li:activity:5"
    shares = [linkedin_share(1, "mine"), linkedin_share(2, "look", shared=shared), linkedin_share(3, "")]
    _, posts = read_files(tmp_path, linkedin_files(shares, COMMENTS))
    assert [(post.id, post.kind, post.reply_to) for post in posts] == [
        ("7001", PostKind.ORIGINAL, None),
        ("7002", PostKind.QUOTE, None),
        ("comment-1", PostKind.REPLY, "7001"),
        ("comment-3", PostKind.REPLY, "7002"),
    ]
    assert posts[0].created_at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert posts[3].created_at is None


@pytest.mark.parametrize(
    ("stored", "text"),
    [
        ('One line."\n""\n"Third ""quoted"" line', 'One line.\n\nThird "quoted" line'),
        ('She said "no"\n"yes" he said\nand left', 'She said "no"\n"yes" he said\nand left'),
        ("plain\r\nlines", "plain\nlines"),
    ],
)
def test_line_ends_in_quotes_are_an_old_way_to_write_lines(tmp_path, stored, text):
    """Quotes around every line end are removed; all other quotes stay."""
    _, posts = read_files(tmp_path, linkedin_files([linkedin_share(1, stored)]))
    assert [post.text for post in posts] == [text]


def test_tables_that_are_called_after_the_member_are_found(tmp_path):
    """Tables with a number in their name, as since 2026, are read."""
    files = linkedin_files([])
    del files["Shares.csv"]
    files["Shares_155814142.csv"] = table(SHARES, linkedin_share(1, "mine"))
    _, posts = read_files(tmp_path, files)
    assert [post.text for post in posts] == ["mine"]


def test_without_a_profile_the_user_says_whose_it_is(tmp_path):
    """Without Profile.csv the user gives the name."""
    files = linkedin_files([linkedin_share(1, "mine")])
    del files["Profile.csv"]
    with pytest.raises(LocationError, match="--name"):
        read_files(tmp_path, files)
    timeline, _ = read_files(tmp_path, files, name="Ada T.")
    assert (timeline.account.handle, timeline.account.name) == ("Ada_T", "Ada T.")


def test_the_small_archive_is_reported_to_be_too_small(tmp_path):
    """LinkedIn's first archive has no posts; the message asks for the larger one."""
    location = str(write_export(tmp_path / "export.zip", {"Profile.csv": "First Name\nAda\n"}))
    with pytest.raises(LocationError, match="ask LinkedIn for the larger one"):
        sources.read(location, source="linkedin")


def test_broken_tables_are_reported_with_their_line(tmp_path):
    """A row with too many fields is refused in one line that names the table."""
    files = linkedin_files([linkedin_share(1, "mine")])
    files["Shares.csv"] += "2023,a,b,c,d,e,f,g\n"
    with pytest.raises(BrokenArchive, match=r"Shares\.csv is broken at line 3: 8 fields") as caught:
        read_files(tmp_path, files)
    assert "\n" not in str(caught.value)
