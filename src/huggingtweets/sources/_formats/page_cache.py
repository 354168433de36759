"""A cache of the pages of live timelines, so that no page is fetched twice.

Services list a timeline from its newest post down, page by page. A run that breaks off leaves a gap below the
posts it fetched; below the gap there may be posts of earlier runs. So the cache stores posts and gaps, each
gap with the cursor from which to go on. The next run treats the top of the timeline as a gap too: it fills
that gap down to the newest stored post, yields the stored posts down to the next gap, fills that one, and so
on. A page and the gap that it moves are written in one transaction of SQLite, so a run can be killed at any
moment, and no post is lost or yielded twice.

Posts that are deleted on the service must not stay on this machine. So a cache lasts only long enough for a
run that broke off to go on, or to be repeated: an hour, and a day where a service charges for each post. Then
everything is fetched again. That time counts from the last page of the way down to the timeline's end, since
this way can take longer; what is published later, and fetched by later runs, does not prolong it. The caches
of accounts that nobody reads any more, since they were closed for example, are deleted when another is
opened. Only the user can read the cache's files.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Self

import msgspec
from msgspec import Struct

from ...errors import OutOfSpace, Unreachable
from ...files.home_folder import FETCHED, READING, home
from ...progress import tell
from ...staging import one_at_a_time
from ...types import Post
from .authors import to_handle

HOUR, DAY = 3600.0, 24 * 3600.0  # seconds
_VERSION = 1  # of these files; raised when posts are read or stored in another way
_SCHEMA = f"""
    BEGIN;
    CREATE TABLE post (rank TEXT PRIMARY KEY, content BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE gap (above TEXT PRIMARY KEY, cursor TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE begun (at REAL NOT NULL);
    INSERT INTO begun VALUES (strftime('%s', 'now'));
    PRAGMA user_version = {_VERSION};
    COMMIT;
"""  # noqa: S608 -- the only thing filled in is the number above
_DIGITS = 4  # of the length of an id; a rank begins with it, so that ranks sort as the posts do
_TOP = "~"  # a rank above every post
_JUST_ABOVE = " "  # appended to a rank, gives one between it and the next higher rank
_MOST_EMPTY = 50  # pages in a row
_ROWS = 500  # read at a time, so that a slow reader does not keep the file locked
_LOCK_TIMEOUT = 60.0  # seconds another process may take to write a page


class Page(Struct, frozen=True):
    """One page of a timeline, newest post first; `cursor` is where the next page begins, None at the end."""

    posts: list[Post]
    cursor: str | None


FetchPage = Callable[[str | None, str | None], Page]
"""Fetches a page: from a cursor (None: from the top), down to a post's id (None: to the end).

The id tells the service that older posts are known. Older posts that it sends all the same are dropped.
"""


class PageCache:
    """The cached posts of one account, to use in a `with`.

    One process reads it at a time: a second one would end where the first has got to.

    Ids must grow with time, and a longer id counts as larger. X, Mastodon and Bluesky make such ids.

    Args:
        source: Name of the source.
        key: Identifies the timeline; two timelines never share a key.
        max_age: Seconds from the end of the first fetch, or from where it broke off, until everything is
            fetched again; a day at most.

    Raises:
        OutOfSpace: The file cannot be written, now or later.
    """

    def __init__(self, source: str, key: str, *, max_age: float = HOUR) -> None:
        unique = hashlib.sha256(f"{source}\0{key}".encode()).hexdigest()[:16]
        self.path = home() / FETCHED / f"{source}-{to_handle(key)[:60]}-{unique}.sqlite"
        with ExitStack() as stack:
            with self._translate_errors():
                turn = self.path.parent / READING / unique
                stack.enter_context(one_at_a_time(turn, _tell_of_waiting))
                self._db = _open(self.path, max_age)
            self._turn = stack.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()
        self._turn.close()

    def walk(self, fetch: FetchPage) -> Iterator[Post]:
        """Yield all posts, newest first: stored posts from the cache, those in the gaps through `fetch`.

        Raises:
            Unreachable: The service repeats itself without end.
        """
        with self._translate_errors():
            gaps = self._db.execute("SELECT above, cursor FROM gap ORDER BY above DESC").fetchall()
        ends = [above for above, _ in gaps] + [""]
        for (above, cursor), end in zip([(_TOP, None), *gaps], ends, strict=True):
            floor = self._newest_below(above)
            yield from self._fill(above, cursor, floor, fetch)
            yield from self._stored(floor, end)

    def _fill(self, above: str, cursor: str | None, floor: str, fetch: FetchPage) -> Iterator[Post]:
        """Fetch and store the posts between the ranks `floor` and `above`, page by page."""
        empty = 0
        while empty < _MOST_EMPTY:
            page = fetch(cursor, floor[_DIGITS:] or None)
            new = [post for post in page.posts if floor < _rank(post) < above]
            filled = page.cursor is None or any(_rank(post) <= floor for post in page.posts)
            below = min(map(_rank, new), default=above)
            self._store(new, above, None if filled else (below, page.cursor), is_first_fetch=not floor)
            yield from new
            if filled:
                return
            above, cursor, empty = below, page.cursor, 0 if new else empty + 1
        raise Unreachable("the service sends page after page without a new post; try again later")

    def _store(
        self, new: list[Post], above: str, gap: tuple[str, str | None] | None, *, is_first_fetch: bool
    ) -> None:
        """Store posts, and replace the gap at `above` by `gap`. A first fetch makes the cache young again."""
        rows = [(_rank(post), msgspec.json.encode(post)) for post in new]
        with self._translate_errors(), self._db:
            self._db.executemany("INSERT OR IGNORE INTO post VALUES (?, ?)", rows)
            self._db.execute("DELETE FROM gap WHERE above = ?", (above,))
            if gap and gap[0] != _TOP:
                self._db.execute("INSERT OR REPLACE INTO gap VALUES (?, ?)", gap)
            if is_first_fetch:
                self._db.execute("UPDATE begun SET at = ?", (time.time(),))

    def _newest_below(self, above: str) -> str:
        with self._translate_errors():
            rows = self._db.execute("SELECT max(rank) FROM post WHERE rank < ?", (above,))
            return rows.fetchone()[0] or ""

    def _stored(self, newest: str, end: str) -> Iterator[Post]:
        """Yield the stored posts from the rank `newest` down to `end`, both included."""
        query = "SELECT rank, content FROM post WHERE rank < ? AND rank >= ? ORDER BY rank DESC LIMIT ?"
        rows = [(newest + _JUST_ABOVE, b"")]
        while newest and rows:
            with self._translate_errors():
                rows = self._db.execute(query, (rows[-1][0], end, _ROWS)).fetchall()
            for _, content in rows:
                yield msgspec.json.decode(content, type=Post)

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise OutOfSpace(
                f"what is fetched cannot be kept in {self.path}: {error}; "
                "free some space, or set HUGGINGTWEETS_HOME to another folder"
            ) from error


def delete_unused() -> None:
    """Delete what was fetched more than a day ago, of whichever account and by whichever source."""
    for path in (home() / FETCHED).glob("*"):
        with suppress(OSError):  # another run was faster, or Windows keeps a file that is open
            if path.is_file() and time.time() - path.stat().st_mtime >= DAY:
                path.unlink()


def _tell_of_waiting() -> None:
    tell("waiting for another run, which fetches the same posts")


def _rank(post: Post) -> str:
    return f"{len(post.id):0{_DIGITS}}{post.id}"


def _open(path: Path, max_age: float) -> sqlite3.Connection:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    delete_unused()
    if path.exists() and not _is_fresh(path, max_age):
        path.unlink()
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    db = _connect(path)
    if not db.execute("PRAGMA user_version").fetchone()[0]:
        db.executescript(_SCHEMA)
    return db


def _is_fresh(path: Path, max_age: float) -> bool:
    """Whether a file has today's version and is young enough. A damaged file counts as too old."""
    db = _connect(path)
    try:
        version = db.execute("PRAGMA user_version").fetchone()[0]
        begun = db.execute("SELECT at FROM begun").fetchone()
    except sqlite3.DatabaseError:
        return False
    finally:
        db.close()
    return version == _VERSION and begun is not None and time.time() - begun[0] < max_age


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=_LOCK_TIMEOUT, check_same_thread=False)
