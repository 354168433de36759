"""What was fetched of live timelines, kept on this machine, so that no page is asked for twice.

Services show a timeline from its newest post down, page by page. A run that is broken off leaves a gap: what
it fetched, then nothing, then perhaps what earlier runs fetched. So beside the posts the gaps are kept, each
with the cursor from which its filling goes on. The next run starts at the top, which is a gap too, fills it
down to the newest post that is known, shows what is known down to the next gap, fills that one, and so on.
A page and the gap that it moves are written in one transaction of SQLite: a run can be killed at any moment
and nothing is lost or counted twice.

Posts that were deleted where they were published must not live on here, so what was fetched is fetched
anew after some days. Only the user can read these files.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import msgspec
from msgspec import Struct

from ...errors import OutOfSpace, Unreachable
from ...files import home
from ...types import Post
from .handles import to_handle

KEPT_FOR = 7 * 24 * 3600.0  # seconds
_FORM = 1  # of these files; raised when posts are read or kept in another way
_SCHEMA = f"""
    BEGIN;
    CREATE TABLE post (rank TEXT PRIMARY KEY, content BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE gap (above TEXT PRIMARY KEY, cursor TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE begun (at REAL NOT NULL);
    INSERT INTO begun VALUES (strftime('%s', 'now'));
    PRAGMA user_version = {_FORM};
    COMMIT;
"""  # noqa: S608 -- the only thing filled in is the number above
_DIGITS = 4  # of the length of an id, with which ranks begin, so that they sort as the posts do
_TOP = "~"  # ranks above every post
_JUST_ABOVE = " "  # added to a rank, ranks above it and below every other that is above it
_MOST_EMPTY = 50  # pages in a row
_ROWS = 500  # read at a time, so that a slow reader does not keep the file locked
_LONGEST_LOCK = 60.0  # seconds another process may take to write a page


class Page(Struct, frozen=True):
    """Posts of one answer, newest first, and where the next page begins; None behind the oldest."""

    posts: list[Post]
    cursor: str | None


Ask = Callable[[str | None, str | None], Page]
"""Fetches a page: from a cursor (None: from the top), down to a post's id (None: to the end).

The id is a hint to the service that older posts are known; those that it sends all the same are dropped.
"""


class Fetched:
    """The posts of one account that were fetched so far, to use in a `with`.

    Ids must grow with time, the longer of two being the larger, as X's, Mastodon's and Bluesky's do.

    Args:
        source: Name of the source.
        key: Who it is, where: two timelines never share a key.
        kept_for: Seconds after which everything is fetched anew.
    """

    def __init__(self, source: str, key: str, *, kept_for: float = KEPT_FOR) -> None:
        unique = hashlib.sha256(f"{source}\0{key}".encode()).hexdigest()[:16]
        self.path = home() / "fetched" / f"{source}-{to_handle(key)[:60]}-{unique}.sqlite"
        with self._told():
            self._db = _open(self.path, kept_for)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def walk(self, ask: Ask) -> Iterator[Post]:
        """All posts, newest first: those that are known from here, those in the gaps through `ask`."""
        with self._told():
            gaps = self._db.execute("SELECT above, cursor FROM gap ORDER BY above DESC").fetchall()
        ends = [above for above, _ in gaps] + [""]
        for (above, cursor), end in zip([(_TOP, None), *gaps], ends, strict=True):
            floor = self._newest_below(above)
            yield from self._fill(above, cursor, floor, ask)
            yield from self._known(floor, end)

    def _fill(self, above: str, cursor: str | None, floor: str, ask: Ask) -> Iterator[Post]:
        """Fetch the posts between two ranks, and keep them page by page."""
        empty = 0
        while empty < _MOST_EMPTY:
            page = ask(cursor, floor[_DIGITS:] or None)
            new = [post for post in page.posts if floor < _rank(post) < above]
            joined = page.cursor is None or any(_rank(post) <= floor for post in page.posts)
            below = min(map(_rank, new), default=above)
            self._keep(new, above, None if joined else (below, page.cursor))
            yield from new
            if joined:
                return
            above, cursor, empty = below, page.cursor, 0 if new else empty + 1
        raise Unreachable("the service sends page after page without a new post; try again later")

    def _keep(self, new: list[Post], above: str, gap: tuple[str, str | None] | None) -> None:
        rows = [(_rank(post), msgspec.json.encode(post)) for post in new]
        with self._told(), self._db:
            self._db.executemany("INSERT OR IGNORE INTO post VALUES (?, ?)", rows)
            self._db.execute("DELETE FROM gap WHERE above = ?", (above,))
            if gap and gap[0] != _TOP:
                self._db.execute("INSERT OR REPLACE INTO gap VALUES (?, ?)", gap)

    def _newest_below(self, above: str) -> str:
        with self._told():
            rows = self._db.execute("SELECT max(rank) FROM post WHERE rank < ?", (above,))
            return rows.fetchone()[0] or ""

    def _known(self, newest: str, end: str) -> Iterator[Post]:
        """Kept posts from `newest` down to `end`, both included."""
        query = "SELECT rank, content FROM post WHERE rank < ? AND rank >= ? ORDER BY rank DESC LIMIT ?"
        rows = [(newest + _JUST_ABOVE, b"")]
        while newest and rows:
            with self._told():
                rows = self._db.execute(query, (rows[-1][0], end, _ROWS)).fetchall()
            for _, content in rows:
                yield msgspec.json.decode(content, type=Post)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise OutOfSpace(
                f"what is fetched cannot be kept in {self.path}: {error}; "
                "free some space, or set HUGGINGTWEETS_HOME to another folder"
            ) from error


def _rank(post: Post) -> str:
    return f"{len(post.id):0{_DIGITS}}{post.id}"


def _open(path: Path, kept_for: float) -> sqlite3.Connection:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    if path.exists() and not _is_fresh(path, kept_for):
        path.unlink()
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    db = _connect(path)
    if not db.execute("PRAGMA user_version").fetchone()[0]:
        db.executescript(_SCHEMA)
    return db


def _is_fresh(path: Path, kept_for: float) -> bool:
    """Whether a file is of today's form and young enough; a damaged one is as good as none."""
    db = _connect(path)
    try:
        form = db.execute("PRAGMA user_version").fetchone()[0]
        begun = db.execute("SELECT at FROM begun").fetchone()
    except sqlite3.DatabaseError:
        return False
    finally:
        db.close()
    return form == _FORM and begun is not None and time.time() - begun[0] < kept_for


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=_LONGEST_LOCK, check_same_thread=False)
