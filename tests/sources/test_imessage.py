"""chat.db of Apple's Messages: what its owner wrote, and nothing else."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import pytest

from huggingtweets import sources
from huggingtweets.errors import LocationError
from huggingtweets.files import sha256
from huggingtweets.sources import ReadOptions
from huggingtweets.types import PostKind, Visibility
from tests.helpers.export_builder import PRIVATE
from tests.helpers.private_exports import attributed, imessage_database

LONG = "the kettle sings again, ".ljust(300, "é")
MESSAGES = [
    {"text": "the kettle sings"},
    {"text": PRIVATE, "is_from_me": 0},
    {"attributedBody": attributed(PRIVATE), "is_from_me": 0},
    {"attributedBody": attributed("short and new")},
    {"text": None, "attributedBody": attributed(LONG)},
    {"text": f"Loved “{PRIVATE}”", "associated_message_type": 2000},
    {"text": PRIVATE, "item_type": 2},
    {"text": PRIVATE, "balloon_bundle_id": "com.apple.messages.URLBalloonProvider"},
    {"text": PRIVATE, "date_retracted": 704_628_672_000_000_000},
    {"text": PRIVATE, "schedule_type": 2, "schedule_state": 1},
    {"text": PRIVATE, "schedule_type": 2, "schedule_state": 2},
    {"text": PRIVATE, "schedule_type": 2},
    {"text": "sent when it was due", "schedule_type": 2, "schedule_state": 3},
    {"text": "\ufffclook at this", "thread_originator_guid": "A-B"},
    {"text": "\ufffc"},
    {"text": None},
    {"text": "in seconds", "date": 704_621_472},
]


def read(path, **options):
    return sources.read(str(path), ReadOptions(**options))


@pytest.mark.parametrize("name", ["chat.db", "3d0d7e5fb2ce288813306e4d4636395e047a3d28"])
def test_own_messages_are_read_and_nothing_else(tmp_path, name):
    """Received messages, reactions, notices, retracted and unsent ones and those of apps are left out."""
    timeline = read(imessage_database(tmp_path / name, MESSAGES), name="Ada Tests")
    posts = list(timeline.posts)
    assert (timeline.account.handle, timeline.account.source) == ("Ada_Tests", "imessage")
    texts = ["the kettle sings", "short and new", LONG, "sent when it was due", "look at this", "in seconds"]
    assert [post.text for post in posts] == texts
    assert {post.visibility for post in posts} == {Visibility.UNLISTED}
    assert {post.created_at for post in posts} == {datetime(2023, 5, 1, 8, 11, 12, tzinfo=UTC)}
    assert posts[4].kind is PostKind.REPLY
    assert sorted(path.name for path in tmp_path.iterdir()) == [name], "nothing is written beside it"


def test_the_newest_messages_are_read_from_the_log_beside(tmp_path):
    """Messages writes there first; the files stay as they are, and what others wrote there is not read."""
    used, copied = imessage_database(tmp_path / "chat.db", MESSAGES[:1]), tmp_path / "copied"
    copied.mkdir()
    with closing(sqlite3.connect(used)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("INSERT INTO message (text, date, is_from_me) VALUES ('just now', 5, 1)")
        database.execute("INSERT INTO message (text, date, is_from_me) VALUES (?, 6, 0)", (PRIVATE,))
        database.commit()
        for name in ("chat.db", "chat.db-wal"):
            shutil.copyfile(tmp_path / name, copied / name)
    alone = read(imessage_database(tmp_path / "alone.db", MESSAGES[:1]))
    timeline, before = read(copied / "chat.db"), {file: sha256(file) for file in copied.iterdir()}
    assert [post.text for post in timeline.posts] == ["the kettle sings", "just now"]
    assert {file: sha256(file) for file in copied.iterdir()} == before
    (copied / "chat.db-wal").unlink()
    assert [post.text for post in read(copied / "chat.db").posts] == [post.text for post in alone.posts]
    assert read(copied / "chat.db").digest != timeline.digest


def test_an_older_database_without_the_newer_columns_is_read(tmp_path):
    """The first systems had a text, a date and whose it is."""
    path = tmp_path / "chat.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE message (text, date, is_from_me)")
        database.execute("INSERT INTO message VALUES ('the kettle', 5, 1), ('theirs', 6, 0)")
        database.commit()
    assert [post.text for post in read(path).posts] == ["the kettle"]


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE notes (text, date, is_from_me)",
        "CREATE TABLE message (text, date)",
        "CREATE VIEW message AS SELECT 'made' AS text, 1 AS date, 1 AS is_from_me",
    ],
)
def test_other_databases_are_not_read(tmp_path, statement):
    """A table of another name, one that does not say whose a message is, and a view, which is computed."""
    path = tmp_path / "chat.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute(statement)
        database.commit()
    with pytest.raises(LocationError, match="is a database"):
        read(path, name="Ada")


def test_a_damaged_database_is_one_clear_error(tmp_path):
    """A page in the middle that is overwritten costs no traceback."""
    path = imessage_database(tmp_path / "chat.db", [{"text": f"number {n} {'x' * 200}"} for n in range(300)])
    content = bytearray(path.read_bytes())
    content[20_000:30_000] = b"\xff" * 10_000
    path.write_bytes(content)
    with pytest.raises(LocationError, match="damaged"):
        list(read(path).posts)


def test_a_damage_that_sqlite_quotes_is_one_clear_error(tmp_path):
    """A byte that is no UTF-8 is repeated in the library's own message, and costs no traceback either."""
    path = imessage_database(tmp_path / "chat.db", [{"text": "number one"}])
    path.write_bytes(path.read_bytes().replace(b"CREATE TABLE handle", b"CREATE \xffABLE handle"))
    with pytest.raises(LocationError, match="no whole database"):
        sources.read(str(path), ReadOptions(), source="imessage")


def test_messages_that_were_deleted_a_while_ago_are_not_read(tmp_path):
    """Messages keeps what its owner deletes for a month, in a table that only names it."""
    path = imessage_database(tmp_path / "chat.db", [{"text": "the kettle sings"}, {"text": PRIVATE}])
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE chat_recoverable_message_join (chat_id, message_id, delete_date)")
        database.execute("INSERT INTO chat_recoverable_message_join VALUES (1, 2, 5), (1, NULL, 6)")
        database.commit()
    assert [post.text for post in read(path).posts] == ["the kettle sings"]
