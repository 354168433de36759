"""Telegram Desktop's exports, made by hand as its source code writes them."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from huggingtweets import sources
from huggingtweets.errors import BrokenArchive, LocationError, UnknownPlace
from huggingtweets.sources import ReadOptions
from huggingtweets.types import PostKind, Visibility
from tests.helpers.export_builder import (
    PRIVATE,
    telegram_chat,
    telegram_everything,
    telegram_message,
    write_export,
)


def write(tmp_path, result, indent=1):
    path = tmp_path / "result.json"
    path.write_text(json.dumps(result, indent=indent, ensure_ascii=False), encoding="utf-8")
    return path


def read_result(tmp_path, result, **options):
    timeline = sources.read(str(write(tmp_path, result)), ReadOptions(**options))
    return timeline, list(timeline.posts)


def test_file_zip_and_folder_are_read_alike(tmp_path):
    """result.json alone, its folder and a zip of it give the same timeline."""
    result = telegram_everything(telegram_chat(telegram_message(1, "one é 😀"), telegram_message(2, "two")))
    (tmp_path / "bare").mkdir()
    locations = [
        write(tmp_path / "bare", result),
        write_export(tmp_path / "folder", {"DataExport_2024-05-01/result.json": result}),
        write_export(tmp_path / "export.zip", {"DataExport_2024-05-01/result.json": result}),
    ]
    seen = []
    for location in map(str, locations):
        assert sources.recognise(location) == "telegram"
        timeline = sources.read(location)
        seen.append((timeline.account, list(timeline.posts)))
    assert seen[0] == seen[1] == seen[2]
    assert [post.text for post in seen[0][1]] == ["one é 😀", "two"]


@pytest.mark.parametrize("indent", [None, 1])
def test_of_everything_only_own_lines_in_groups_are_read(tmp_path, indent):
    """Of an export of everything only the owner's messages in groups and channels are read."""
    personal = [
        telegram_chat(telegram_message(n, PRIVATE), kind=kind, number=n)
        for n, kind in enumerate(["personal_chat", "bot_chat", "saved_messages", "replies", "new_kind"])
    ]
    group = telegram_chat(telegram_message(1, "mine"), telegram_message(2, PRIVATE, who=2))
    channel = telegram_chat(telegram_message(3, "in public"), kind="public_supergroup", number=6)
    left = telegram_chat(telegram_message(4, "before I left"), number=7)
    result = telegram_everything(*personal, group, channel, left=(left,))
    timeline = sources.read(str(write(tmp_path, result, indent)), ReadOptions(name="Another Name"))
    posts = list(timeline.posts)
    assert [(post.text, post.visibility) for post in posts] == [
        ("mine", Visibility.UNLISTED),
        ("in public", Visibility.PUBLIC),
        ("before I left", Visibility.UNLISTED),
    ]
    account = timeline.account
    assert (account.handle, account.name, account.bio) == ("ada_tests", "Another Name", "Made up for tests")
    assert PRIVATE not in repr((account, posts))


@pytest.mark.parametrize("bit", [0, 1 << 32])
def test_owners_of_exports_before_2021_are_found_by_their_number(tmp_path, bit):
    """Ids were numbers then, in some versions with a bit that says that they are a person's."""
    owner = telegram_everything()["personal_information"]["user_id"]
    mine, other = telegram_message(1, "mine"), telegram_message(2, PRIVATE)
    mine["from_id"], other["from_id"] = owner | bit, (owner + 1) | bit
    _, posts = read_result(tmp_path, telegram_everything(telegram_chat(mine, other)))
    assert [post.text for post in posts] == ["mine"]


@pytest.mark.parametrize("kind", ["personal_chat", "private_group", "public_channel"])
def test_of_one_chat_only_the_one_named_is_read(tmp_path, kind):
    """Of one chat the named person's messages are read; the name is matched without case, or by id."""
    lines = [telegram_message(n, f"by {who}", who) for n, who in enumerate([1, 1, 1, 2, 2, 3])]
    chat = telegram_chat(*lines, kind=kind)
    with pytest.raises(LocationError, match=r"'Ada Tests' \(3\), 'Bob' \(2\), 'Eve' \(1\); say .* --name"):
        read_result(tmp_path, chat)
    for options in ({"name": "ada  tests"}, {"handle": "user1"}, {"handle": "@Ada Tests"}):
        timeline, posts = read_result(tmp_path, chat, **options)
        assert [post.text for post in posts] == ["by 1"] * 3
        assert (timeline.account.handle, timeline.account.name) == ("Ada_Tests", "Ada Tests")
    with pytest.raises(LocationError, match="nobody called 'Zoe', but 'Ada Tests'"):
        read_result(tmp_path, chat, name="Zoe")


def test_who_is_alone_need_not_be_named(tmp_path):
    """If a chat has one author, no name is needed; a channel is its own author."""
    message = telegram_message(1, "news") | {"from": "Ada's channel", "from_id": "channel9"}
    timeline, posts = read_result(tmp_path, telegram_chat(message, kind="public_channel"))
    assert (timeline.account.name, [post.text for post in posts]) == ("Ada's channel", ["news"])


def test_two_of_one_name_are_told_apart_by_their_ids(tmp_path):
    """Two people of the same name are told apart by their ids."""
    twin = telegram_message(2, "hers", who=2) | {"from": "Ada Tests"}
    chat = telegram_chat(telegram_message(1, "mine"), twin)
    with pytest.raises(LocationError, match=r"several people called .*'Ada Tests' \[user1\] \(1\)"):
        read_result(tmp_path, chat, name="Ada Tests")
    _, posts = read_result(tmp_path, chat, handle="user2")
    assert [post.text for post in posts] == ["hers"]


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("plain", "plain"),
        (["see ", {"type": "link", "text": "https://x.y"}, " and ", {"type": "bold", "text": "this"}],
         "see https://x.y and this"),
        ([{"type": "text_link", "text": "here", "href": "https://x.y"}], "here"),
        ([{"type": "blockquote", "text": "his words"}, "\nmine"], "mine"),
        ([{"type": "mention", "text": "@bob"}, " hi ", {"type": "custom_emoji", "text": "😀"}], "@bob hi 😀"),
    ],
)  # fmt: skip
def test_text_is_what_was_typed(tmp_path, text, typed):
    """Pieces of formatted text are joined; quotations are left out."""
    _, posts = read_result(tmp_path, telegram_chat(telegram_message(1, text)))
    assert [post.text for post in posts] == [typed]


@pytest.mark.parametrize(
    "fields",
    [
        {"forwarded_from": "Bob"},
        {"forwarded_from": None},
        {"forwarded_from": {"name": "Bob"}},
        {"forwarded_from_id": "user7"},
        {"via_bot": 7},
        {"via_bot": "@gif"},
        {"type": "service"},
        {"type": "unsupported"},
        {"text": ""},
    ],
)
def test_somebody_elses_words_and_none_are_left_out(tmp_path, fields):
    """Forwarded messages, messages through bots, and messages without text are skipped."""
    other = telegram_message(2, PRIVATE) | fields
    _, posts = read_result(tmp_path, telegram_chat(telegram_message(1, "mine"), other))
    assert [post.text for post in posts] == ["mine"]


def test_all_that_a_message_tells_is_read(tmp_path):
    """Ids are those of chat and message, times are in UTC, and a reply names its parent."""
    messages = (
        telegram_message(0, "first"),
        telegram_message(8, "answer", reply_to_message_id=3),
        telegram_message(9, "answer to elsewhere", reply_to_message_id=3, reply_to_peer_id="channel4"),
    )
    _, posts = read_result(tmp_path, telegram_chat(*messages))
    assert [(post.id, post.kind, post.reply_to) for post in posts] == [
        ("5/0", PostKind.ORIGINAL, None),
        ("5/8", PostKind.REPLY, "5/3"),
        ("5/9", PostKind.REPLY, None),
    ]
    assert posts[0].created_at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


def test_an_export_without_its_owner_asks_who_it_is(tmp_path):
    """Without personal information the user names the author."""
    result = telegram_everything(
        telegram_chat(telegram_message(1, "mine"), telegram_message(2, "his", who=2))
    )
    del result["personal_information"]
    with pytest.raises(LocationError, match="--name"):
        read_result(tmp_path, result)
    _, posts = read_result(tmp_path, result, name="Bob")
    assert [post.text for post in posts] == ["his"]


@pytest.mark.parametrize(
    "content", ['{"name": "x", "type": "song", "id": 1}', '{"about": "me"}', "[1]", '{"a": {}}']
)
def test_other_json_is_not_taken_for_telegrams(tmp_path, content):
    """Other JSON is not recognised, whatever its name or keys."""
    location = write_export(tmp_path / "folder", {"result.json": content})
    with pytest.raises(UnknownPlace):
        sources.recognise(str(location))
    assert sources.recognise(str(location / "result.json")) == "table"


def test_an_export_that_breaks_off_is_reported(tmp_path):
    """A cut file is refused in one line that names it."""
    path = write(tmp_path, telegram_chat(*(telegram_message(n, "words") for n in range(50))))
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(BrokenArchive, match=r"result\.json breaks off") as caught:
        list(sources.read(str(path), ReadOptions(name="Ada Tests")).posts)
    assert "\n" not in str(caught.value)


def test_an_owner_whose_name_is_no_handle_is_still_somebody(tmp_path):
    """If neither user name nor name gives a handle, the id does."""
    everything = telegram_everything(telegram_chat(telegram_message(1, "one")))
    everything["personal_information"] |= {"username": "@", "first_name": "..", "last_name": ""}
    path = tmp_path / "result.json"
    path.write_text(json.dumps(everything))
    assert sources.read(str(path)).account.handle == "1"


def test_posts_of_a_channel_belong_to_who_signed_them(tmp_path):
    """A channel with signatures has several authors, one of whom has to be chosen."""
    messages = [
        {**telegram_message(n, text), "from_id": "channel9", "from": "Tea", "author": author}
        for n, (text, author) in enumerate([("mine", "Ada"), (PRIVATE, "Bob"), ("mine too", "Ada")], start=1)
    ]
    messages.append({**telegram_message(4, "of the channel"), "from_id": "channel9", "from": "Tea"})
    channel = telegram_chat(*messages, kind="public_channel", number=9)
    with pytest.raises(LocationError, match=r"Ada.*Bob"):
        read_result(tmp_path, channel)
    assert [post.text for post in read_result(tmp_path, channel, name="Ada")[1]] == ["mine", "mine too"]
    assert [post.text for post in read_result(tmp_path, channel, name="Tea")[1]] == ["of the channel"]


def test_what_was_kept_from_another_is_not_read(tmp_path):
    """A forwarded message names where it comes from in one of two fields."""
    kept = {**telegram_message(1, PRIVATE), "saved_from": "Bob"}
    chat = telegram_chat(kept, telegram_message(2, "mine"), kind="private_group")
    assert [post.text for post in read_result(tmp_path, chat)[1]] == ["mine"]
