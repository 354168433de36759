"""Messages of Apple: chat.db of a Mac, or of the backup of an iPhone; what its owner wrote.

The database says of each message whether it is from its owner (`is_from_me`); no other one is asked for.
Reactions, notices, retracted and deleted messages, those of apps, and scheduled ones that are not sent yet
are left out. Newer systems keep the text in `attributedBody` alone, a typedstream of NSAttributedString, of
which the string is taken. Messages are never public; they count as unlisted, the narrowest visibility that
posts can have. Form: the open tools that read it, which agree (imessage-exporter, imessage_tools). The file
is opened for reading only.
"""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from ..errors import BrokenArchive
from ..files import sha256
from ..types import Account, Post, PostKind, Timeline, Visibility
from ._contract import Match, ReadOptions
from ._formats.authors import to_handle

NAME = "iMessage"
SUMMARY = "messages of Apple: chat.db of a Mac, or sms.db of a backup"
EXAMPLE = "chat.db"

_FIRST_BYTES = b"SQLite format 3\0"
_ME = "Me"
_NEEDED = {"text", "date", "is_from_me"}
_NONE = ("associated_message_type", "item_type", "is_system_message", "date_retracted")
_SCHEDULED = {"schedule_type", "schedule_state"}  # the former is 0 where a message was sent at once
_SENT = 3  # state of a scheduled message; before, it waits
_RECENTLY_DELETED = "chat_recoverable_message_join"  # by message_id; Messages keeps them for a month
_EPOCH = datetime(2001, 1, 1, tzinfo=UTC)
_NANOSECONDS_FROM = 10**11  # a date that is larger is not in seconds, as before macOS 10.13
_LONGEST = 16 << 20  # bytes of one value
_STRING = b"NSString"
_BEFORE_LENGTH = 5  # bytes between the name of the class and the length of a string
_LENGTHS = {0x81: 2, 0x82: 4}  # bytes of a length, by the one before it
_ATTACHMENT = "\ufffc"
_DAMAGED = (sqlite3.Error, UnicodeDecodeError)  # the latter where the message of an error is no UTF-8


def recognises(location: str) -> Match:
    """Whether it is a database that has a table of messages as Apple's has."""
    path = Path(location)
    if not path.is_file():
        return Match.NO
    with path.open("rb") as file:
        if file.read(len(_FIRST_BYTES)) != _FIRST_BYTES:
            return Match.NO
    try:
        with closing(_opened(path)) as database:
            return Match.CONTENT if _columns(database) >= _NEEDED else Match.NO
    except _DAMAGED:
        return Match.NO


def read(location: str, options: ReadOptions) -> Timeline:
    """Open the owner's messages, oldest first."""
    path = Path(location)
    if recognises(location) is Match.NO:
        raise BrokenArchive(f"{location} is no whole database of messages; give chat.db, copied from the Mac")
    name = options.name or options.handle or _ME
    account = Account(handle=to_handle(name) or _ME, name=name, source="imessage")
    return Timeline(account=account, posts=_posts(path, account.handle), digest=_digest(path))


def _posts(path: Path, handle: str) -> Iterator[Post]:
    try:
        with _opened_with_log(path) as database:
            for number, text, body, date, answered in database.execute(_query(database)):
                typed = _typed(text, body)
                if typed:
                    yield Post(
                        id=f"message-{number}",
                        author=handle,
                        text=typed,
                        created_at=_moment(date),
                        kind=PostKind.REPLY if answered else PostKind.ORIGINAL,
                        visibility=Visibility.UNLISTED,
                    )
    except _DAMAGED as error:
        raise BrokenArchive(f"{path} is damaged ({error}); copy it again") from error


def _digest(path: Path) -> str:
    log = _log(path)
    return hashlib.sha256((sha256(path) + sha256(log)).encode()).hexdigest() if log else sha256(path)


def _log(path: Path) -> Path | None:
    """What lies beside a database in use, with what was written last (SQLite's write-ahead log)."""
    log = path.with_name(f"{path.name}-wal")
    return log if log.is_file() and log.stat().st_size else None


@contextmanager
def _opened_with_log(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a database with its log, if it has one: a copy of both, since SQLite writes beside a log."""
    log = _log(path)
    with TemporaryDirectory() as folder:
        if log:
            for file in (path, log):
                shutil.copyfile(file, Path(folder, file.name))
            path = Path(folder, path.name)
        with closing(_opened(path, immutable=log is None)) as database:
            yield database


def _opened(path: Path, *, immutable: bool = True) -> sqlite3.Connection:
    """Open a database so that nothing in it is run, and, without its log, nothing is written beside it."""
    database = sqlite3.connect(
        f"file:{quote(str(path.resolve()))}?mode=ro&immutable={int(immutable)}", uri=True
    )
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
    database.execute("PRAGMA trusted_schema = OFF")
    database.text_factory = lambda content: content.decode("utf-8", "replace")
    return database


def _columns(database: sqlite3.Connection, table: str = "message") -> set[str]:
    """Return the columns of a table, by default that of the messages; nothing where that is no table."""
    query = "SELECT type, sql FROM sqlite_master WHERE name = ?"
    kinds = database.execute(query, (table,)).fetchall()
    if [kind for kind, _ in kinds] != ["table"] or "virtual" in str(kinds[0][1])[:30].casefold():
        return set()
    return {name for _, name, *_ in database.execute(f"PRAGMA table_info({table})")}


def _query(database: sqlite3.Connection) -> str:
    """Return the query for what the owner wrote, in the words of this version of the database."""
    columns = _columns(database)
    unset = " AND ".join(f"COALESCE({name}, 0) = 0" for name in _NONE if name in columns)
    body = "attributedBody" if "attributedBody" in columns else "NULL"
    answered = "thread_originator_guid" if "thread_originator_guid" in columns else "NULL"
    apps = " AND COALESCE(balloon_bundle_id, '') = ''" if "balloon_bundle_id" in columns else ""
    sent = f" AND (COALESCE(schedule_type, 0) = 0 OR COALESCE(schedule_state, 0) = {_SENT})"
    schedule = sent if columns >= _SCHEDULED else ""
    deleted = f"SELECT message_id FROM {_RECENTLY_DELETED} WHERE message_id IS NOT NULL"  # noqa: S608 -- own name
    is_kept = "message_id" in _columns(database, _RECENTLY_DELETED)
    deletions = f" AND ROWID NOT IN ({deleted})" if is_kept else ""
    return (
        f"SELECT ROWID, text, {body}, date, {answered} FROM message WHERE is_from_me = 1"  # noqa: S608 -- own names
        f"{f' AND {unset}' if unset else ''}{apps}{schedule}{deletions} ORDER BY ROWID"
    )


def _typed(text: object, body: object) -> str:
    """Return the text of a message, without the signs that stand for pictures."""
    typed = text if isinstance(text, str) and text else _string(body) if isinstance(body, bytes) else ""
    return typed.replace(_ATTACHMENT, "").strip()


def _string(body: bytes) -> str:
    """Return the string of an archived NSAttributedString; an empty one where there is none."""
    _, name, rest = body.partition(_STRING)
    rest = rest[_BEFORE_LENGTH:]
    if not name or not rest:
        return ""
    size = _LENGTHS.get(rest[0], 0)
    length = int.from_bytes(rest[1 : 1 + size], "little") if size else rest[0]
    return rest[1 + size : 1 + size + length].decode("utf-8", "replace")


def _moment(date: object) -> datetime | None:
    """Return the time of a number of nanoseconds, or seconds, since 2001."""
    if not isinstance(date, int) or date <= 0:
        return None
    try:
        return _EPOCH + timedelta(seconds=date / 1e9 if date > _NANOSECONDS_FROM else date)
    except OverflowError:
        return None
