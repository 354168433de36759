"""Chats of Signal, as signal-export writes them: what their owner wrote."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from huggingtweets import sources
from huggingtweets.errors import LocationError
from huggingtweets.sources import ReadOptions, count_skipped, signal
from huggingtweets.sources._contract import Match
from huggingtweets.types import Visibility
from tests.helpers.export_builder import PRIVATE, write_export
from tests.helpers.private_exports import signal_message

LINES = [
    signal_message("Bob", PRIVATE),
    signal_message("Me", "the kettle sings\nagain", quote=f"\n\n> {PRIVATE}\n\n"),
    signal_message(None, PRIVATE),
    signal_message("No-Sender", PRIVATE),
    signal_message("Me", "", attachments=[{"name": PRIVATE, "path": f"./media/{PRIVATE}.jpg"}]),
    signal_message("Me", "Outgoing voice call (accepted, 2m 3s)"),
    signal_message("Me", "hello", call=True),
    signal_message("Me", PRIVATE, deleted=True),
    signal_message("Me", "a call to arms", reactions=[["Bob", "👍"]], sticker={"emoji": "🙂"}),
]


def read(path, **options):
    return sources.read(str(path), ReadOptions(**options))


@pytest.mark.parametrize("name", ["data.json", "Bob.json", "signal.zip", "signal"])
def test_own_messages_are_read_and_nothing_else(tmp_path, name):
    """Others' messages, quotes, calls and deleted messages are left out, in all forms."""
    content = "\n".join(LINES)
    path = tmp_path / name
    if name.endswith(".json"):
        path.write_text(content)
    else:
        write_export(path, {"Bob Tests/data.json": content, "Bob Tests/chat.md": PRIVATE})
    with count_skipped() as skipped:
        timeline = read(path, name="Ada Tests")
        posts = list(timeline.posts)
    assert (timeline.account.handle, timeline.account.source) == ("Ada_Tests", "signal")
    assert [post.text for post in posts] == ["the kettle sings\nagain", "a call to arms"]
    assert {post.visibility for post in posts} == {Visibility.UNLISTED}
    assert posts[0].created_at == datetime(2023, 5, 1, 10, 11, 12, tzinfo=UTC)
    assert skipped == {"deleted": 1, "no posts": 2}


def test_all_chats_are_of_one_person(tmp_path):
    """A folder of several chats gives the owner's messages in each."""
    files = {f"{name}/data.json": signal_message("Me", f"to {name}") for name in ("Bob", "Eve", "Émile")}
    assert {post.text for post in read(write_export(tmp_path / "chats", files)).posts} == {
        "to Bob",
        "to Eve",
        "to Émile",
    }


def test_a_chat_in_which_the_owner_wrote_nothing_is_refused(tmp_path):
    """It is not read as somebody else's."""
    path = tmp_path / "data.json"
    path.write_text("\n".join([signal_message("Bob", PRIVATE)] * 3))
    with pytest.raises(LocationError, match="holds no posts"):
        list(read(path, name="Bob").posts)


def test_a_damaged_line_costs_one_message(tmp_path):
    """And is counted."""
    path = tmp_path / "data.json"
    good = [signal_message("Me", f"number {n}") for n in range(30)]
    path.write_text("\n".join([*good[:3], good[3][:30], *good[4:]]))
    with count_skipped() as skipped:
        assert len(list(read(path).posts)) == 29
    assert skipped == {"damaged": 1}


MARKDOWN = f"""[2023-05-01 10:11:12] Bob Tests: {PRIVATE}
{PRIVATE}
[2023-05-01 10:11:12] Me:

> {PRIVATE}
>
> {PRIVATE}
goes on without its mark

the kettle sings
again
(- Bob Tests: 👍, Eve: {PRIVATE} -)
[2023-05-01 10:12:00] Me: ![{PRIVATE} [1].jpg](./media/{PRIVATE}%20(1).jpg)
[2023-05-01 10:12:30] Me: look ![a.jpg](./media/a.jpg)
[2023-05-01 10:13:00] Me: (This message was deleted)
[2023-05-01 10:14:00] Me: Outgoing voice call (accepted, 2m 3s)
[2023-05-01 10:15:00] No-Sender: {PRIVATE}
[2023-05-01, 10:16] Me: a call to arms: now
(( 🙂 ))
> {PRIVATE}
""".replace("Me:\n", "Me: \n").replace(".jpg)\n", ".jpg)  \n")


@pytest.mark.parametrize("name", ["chat.md", "Bob/chat.md", "Bob/index.md", "signal.zip"])
def test_own_messages_of_the_text_form_are_read_and_nothing_else(tmp_path, name):
    """Others' messages, what is answered, reactions, attachments, calls and deleted messages are left out."""
    path = tmp_path / name
    if name.endswith(".zip"):
        write_export(path, {"Bob Tests/chat.md": MARKDOWN})
    else:
        path.parent.mkdir(exist_ok=True)
        path.write_text(MARKDOWN)
    location = path if path.parent == tmp_path else tmp_path
    with count_skipped() as skipped:
        timeline = read(location, name="Ada Tests")
        posts = list(timeline.posts)
    assert (timeline.account.handle, timeline.account.source) == ("Ada_Tests", "signal")
    assert [post.text for post in posts] == ["the kettle sings\nagain", "look", "a call to arms: now"]
    assert {post.visibility for post in posts} == {Visibility.UNLISTED}
    assert posts[0].created_at == datetime(2023, 5, 1, 10, 11, 12, tzinfo=UTC)
    assert posts[-1].created_at == datetime(2023, 5, 1, 10, 16, tzinfo=UTC)
    assert skipped == {"deleted": 1, "no posts": 1}


def test_other_markdown_is_no_chat(tmp_path):
    """Notes whose lines begin with links or dates are not taken for messages."""
    for content in ("# Notes\n[2023-05-01 10:11:12] Me: hi\n", "[2023-05-01] Me: hi\n", "[link](x): y\n"):
        path = tmp_path / "notes.md"
        path.write_text(content)
        assert signal.recognises(str(path)) is Match.NO


def test_a_message_of_brackets_is_read(tmp_path):
    """The work grows linearly with brackets that begin no attachment; those that begin one are cut."""
    brackets = "[" * 200_000
    text = f"[2023-11-14 22:13:20] Me: ![a [1].jpg](./media/a.jpg)  tea {brackets}\n"
    path = tmp_path / "chat.md"
    path.write_text(text)
    assert [post.text for post in read(path, name="Ada").posts] == [f"tea {brackets}"]
