"""Discord's package, made by hand as open readers describe it, in its old and new form."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from huggingtweets import sources
from huggingtweets.errors import BrokenArchive, LocationError, UnknownPlace
from huggingtweets.sources import ReadOptions
from huggingtweets.types import Visibility
from tests.helpers.export_builder import (
    HANDLE,
    NAME,
    PRIVATE,
    discord_files,
    discord_message,
    table,
    write_export,
)

CSV = "ID,Timestamp,Contents,Attachments"
OLD = "2023-11-14 22:13:20.753000+00:00"


def read_files(tmp_path, files, file="package.zip", **options):
    location = str(write_export(tmp_path / file, files))
    timeline = sources.read(location, ReadOptions(**options))
    return timeline, list(timeline.posts)


@pytest.mark.parametrize("messages", ["Messages", "messages", "Nachrichten"])
def test_zip_and_folder_are_read_alike(tmp_path, messages):
    """A zip and its folder give the same timeline, whatever the folder is called."""
    files = discord_files(
        {"GUILD_TEXT": [discord_message(1, "one é"), discord_message(2, "two")]}, messages=messages
    )
    seen = []
    for name in ("package.zip", "folder"):
        location = str(write_export(tmp_path / name, files))
        assert sources.recognise(location) == "discord"
        timeline = sources.read(location)
        seen.append((timeline.account, timeline.digest, list(timeline.posts)))
    assert seen[0] == seen[1]
    assert (seen[0][0].handle, seen[0][0].name) == (HANDLE, NAME)
    post = seen[0][2][0]
    assert (post.id, post.text, post.visibility) == ("1180000000000000001", "one é", Visibility.UNLISTED)
    assert post.created_at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


@pytest.mark.parametrize("kind", ["1", "3", "12", "DM", "GROUP_DM", "PRIVATE_THREAD", "SOMETHING_NEW", ""])
def test_direct_messages_are_never_read(tmp_path, kind):
    """Only channels on servers are opened, never direct messages."""
    files = discord_files({"0": [discord_message(1, "mine")], kind: [discord_message(2, PRIVATE)]})
    timeline, posts = read_files(tmp_path, files, name="Bob")
    assert [post.text for post in posts] == ["mine"]
    assert PRIVATE not in repr((timeline.account, posts))


def test_a_channel_that_does_not_say_what_it_is_is_never_read(tmp_path):
    """A channel without channel.json is not opened."""
    files = discord_files({"0": [discord_message(1, "mine")], "5": [discord_message(2, PRIVATE)]})
    [name] = [name for name in files if name.endswith("1/channel.json")]
    del files[name]
    _, posts = read_files(tmp_path, files)
    assert [post.text for post in posts] == ["mine"]


def test_packages_until_2024_are_tables(tmp_path):
    """Until 2024 messages were CSV, types were numbers, and folders had no letter in front."""
    content = table(CSV, (7, OLD, 'two "quoted"\nlines', ""), (8, OLD, "", "https://cdn.discordapp.com/x"))
    files = discord_files({"0": content}, messages="messages")
    files = {name.replace("/c11", "/11"): content for name, content in files.items()}
    _, posts = read_files(tmp_path, files)
    assert [(post.id, post.text) for post in posts] == [("7", 'two "quoted"\nlines')]
    assert posts[0].created_at.replace(microsecond=0) == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("contents", "text"),
    [
        ("thanks <@900000000000000003>!", "thanks!"),
        ("<@!9> and <@&8> in <#7>", "and in"),
        ("nice <:blob:123> <a:party:456>", "nice :blob: :party:"),
        ("at <t:1700000000:R> use </help:12>", "at use"),
        ("a <b> c < d", "a <b> c < d"),
    ],
)
def test_references_without_names_fall_away(tmp_path, contents, text):
    """Mentions, which are ids, are removed; emoji keep their names."""
    _, posts = read_files(tmp_path, discord_files({"0": [discord_message(1, contents)]}))
    assert [post.text for post in posts] == [text]


def test_without_an_account_the_user_says_whose_it_is(tmp_path):
    """Without the account's folder the user gives the handle."""
    files = discord_files({"0": [discord_message(1, "mine")]})
    del files["Account/user.json"]
    with pytest.raises(LocationError, match="--handle"):
        read_files(tmp_path, files)
    timeline, _ = read_files(tmp_path, files, handle="ada")
    assert timeline.account.handle == "ada"


def test_servers_alone_are_no_messages(tmp_path):
    """The folder of servers, which also has an index and numbered folders, is not taken for messages."""
    files = {k: v for k, v in discord_files({}).items() if not k.startswith("Messages")}
    with pytest.raises(UnknownPlace):
        sources.recognise(str(write_export(tmp_path / "package.zip", files)))


def test_broken_messages_are_reported_with_their_name(tmp_path):
    """Cut JSON is refused in one line that names the file."""
    files = discord_files({"0": [discord_message(1, "mine")]})
    [name] = [name for name in files if name.endswith("messages.json")]
    files[name] = b'[{"ID": 1, "Conte'
    with pytest.raises(BrokenArchive, match=r"messages\.json breaks off") as caught:
        read_files(tmp_path, files)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("first", ["so, post, then, sleep", "text, post", "C:\\, then C:\\", "post"])
def test_a_first_message_in_a_table_hides_no_channel(tmp_path, first):
    """The first line of the old form is its header, and its quotes are doubled, whatever is written."""
    rows = [(n, OLD, text, "") for n, text in enumerate([first, "hello, you", "C:\\temp\\", "bye"])]
    files = discord_files({"0": [discord_message(1, "x")]})
    messages = next(name for name in files if name.endswith("messages.json"))
    del files[messages]
    quoted = (",".join(f'"{cell}"' for cell in row) for row in rows)
    files[messages.replace(".json", ".csv")] = "\n".join([CSV, *quoted, ""])
    _, posts = read_files(tmp_path, files)
    assert [post.text for post in posts] == [first, "hello, you", "C:\\temp\\", "bye"]
