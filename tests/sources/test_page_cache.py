"""The page cache: nothing is fetched twice or lost, and only the user can read it."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from contextlib import suppress
from itertools import count, islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huggingtweets.errors import OutOfSpace, Unreachable
from huggingtweets.sources._formats import page_cache
from huggingtweets.sources._formats.page_cache import Page, PageCache
from huggingtweets.types import Post

UNIQUE = count()
WAIT = 0.3  # seconds in which a reader that does not wait would end


class Broken(Exception):  # noqa: N818 -- stands for whatever can happen
    """Stands for a failed connection or a Ctrl-C."""


class Place:
    """A timeline with three posts a page, newest first."""

    def __init__(self, posts=0):
        self.newest = 0
        self.ids = []
        self.fetches = []
        self.breaks_after = None
        self.post(posts)

    def post(self, number):
        """Publish a number of posts."""
        self.ids = [str(n) for n in range(self.newest + number, self.newest, -1)] + self.ids
        self.newest += number

    def ask(self, cursor, newest):
        """Return a page, or raise `Broken` if the run is to break here."""
        if self.breaks_after is not None and len(self.fetches) >= self.breaks_after:
            raise Broken
        self.fetches.append((cursor, newest))
        older = [i for i in self.ids if cursor is None or int(i) < int(cursor)]
        page = older[:3]
        return Page([Post(id=i, author="me", text=f"text {i}") for i in page], page[-1] if page else None)

    def walk(self, key, breaks_after=None, **options):
        """Return the ids that one run yields, and the arguments of its fetches."""
        self.fetches, self.breaks_after = [], breaks_after
        seen = []
        with suppress(Broken), PageCache("place", key, **options) as cache:
            seen.extend(post.id for post in cache.walk(self.ask))
        return seen, self.fetches


def test_a_second_run_fetches_only_what_is_new():
    """The first run fetches every page, the next run one page, and both yield all posts, newest first."""
    place = Place(10)
    seen, fetches = place.walk("a")
    assert (seen, len(fetches)) == (place.ids, 5)
    seen, fetches = place.walk("a")
    assert (seen, fetches) == (place.ids, [(None, "10")])
    place.post(4)
    seen, fetches = place.walk("a")
    assert (seen, len(fetches)) == (place.ids, 2)


def test_an_interrupted_run_goes_on_where_it_was():
    """The second run fetches only the pages that the first did not reach."""
    place = Place(20)
    seen, _ = place.walk("a", breaks_after=3)
    assert seen == place.ids[:9]
    seen, fetches = place.walk("a")
    assert seen == place.ids
    assert [cursor for cursor, _ in fetches] == [None, "12", "9", "6", "3", "1"]


def test_several_gaps_are_filled_from_above():
    """Posts published between interrupted runs are all yielded in the end, in order and once."""
    place = Place(12)
    place.walk("a", breaks_after=1)
    place.post(9)
    place.walk("a", breaks_after=1)
    place.post(9)
    seen, _ = place.walk("a")
    assert seen == place.ids
    assert place.walk("a") == (place.ids, [(None, "30")])


def test_a_reader_that_stops_loses_nothing():
    """A reader that stops early loses nothing for the next run."""
    place = Place(20)
    with PageCache("place", "a") as cache:
        assert [post.id for post in islice(cache.walk(place.ask), 4)] == place.ids[:4]
    assert place.walk("a")[0] == place.ids


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 4)), max_size=8))
def test_all_posts_are_yielded_once(events):
    """Any sequence of new posts and interrupted runs ends in the whole timeline, newest first."""
    place, key = Place(3), str(next(UNIQUE))
    for posts, pages in events:
        place.post(posts)
        seen, _ = place.walk(key, breaks_after=pages)
        assert seen == sorted(set(seen), key=int, reverse=True)
    assert place.walk(key)[0] == place.ids
    assert place.walk(key) == (place.ids, [(None, place.ids[0])])


def test_a_deleted_newest_post_does_not_matter():
    """If the service deletes the newest known post, the next run still fetches only new posts."""
    place = Place(10)
    place.walk("a")
    del place.ids[0]
    place.post(2)
    seen, fetches = place.walk("a")
    assert (seen[:2], len(seen), len(fetches)) == (["12", "11"], 12, 1)


@pytest.mark.parametrize("max_age", [page_cache.HOUR, page_cache.DAY])
def test_deleted_posts_are_removed_after_a_while(max_age):
    """After an hour or a day everything is fetched again, and deleted posts are gone from this machine."""
    place = Place(10)
    place.walk("a")
    place.ids.remove("5")
    with PageCache("place", "a") as cache:
        path = cache.path
    with sqlite3.connect(path) as db:
        db.execute("UPDATE begun SET at = at - ?", (max_age,))
    db.close()
    seen, fetches = place.walk("a", max_age=max_age)
    assert (seen, len(fetches)) == (place.ids, 4)
    assert b"text 5" not in path.read_bytes()


def test_a_cache_lasts_an_hour_unless_more_is_asked_for():
    """After an hour a free service is asked for everything again, and one that charges is not."""
    place = Place(10)
    place.walk("a")
    with PageCache("place", "a") as cache:
        path = cache.path
    with sqlite3.connect(path) as db:
        db.execute("UPDATE begun SET at = at - ?", (page_cache.HOUR,))
    db.close()
    assert len(place.walk("a", max_age=page_cache.DAY)[1]) == 1
    assert len(place.walk("a")[1]) == 5


class SlowPlace(Place):
    """A timeline of which each page takes half an hour; its clock is that of the cache."""

    def __init__(self, posts, monkeypatch):
        super().__init__(posts)
        self.now = time.time()
        monkeypatch.setattr(page_cache, "time", self)

    def time(self):
        """Return the seconds since 1970, as the module of this name does."""
        return self.now

    def ask(self, cursor, newest):
        """Return a page, half an hour later."""
        page = super().ask(cursor, newest)
        self.now += page_cache.HOUR / 2
        return page


def test_a_fetch_of_more_than_an_hour_goes_on_where_it_was(monkeypatch):
    """However long a run has fetched, the next goes on where it broke off, unless an hour has gone by."""
    place = SlowPlace(20, monkeypatch)
    place.walk("a", breaks_after=4)
    place.now += page_cache.HOUR * 0.4
    seen, fetches = place.walk("a")
    assert (seen, [cursor for cursor, _ in fetches]) == (place.ids, [None, "9", "6", "3", "1"])
    place.walk("b", breaks_after=4)
    place.now += page_cache.HOUR
    assert len(place.walk("b")[1]) == 8


def test_a_fetch_of_more_than_an_hour_is_not_repeated_at_once(monkeypatch):
    """A cache lasts an hour from the end of its fetch on; later posts do not prolong it."""
    place = SlowPlace(20, monkeypatch)
    place.walk("a")
    assert place.walk("a") == (place.ids, [(None, "20")])
    place.post(7)
    place.ids.remove("5")
    place.walk("a", breaks_after=1)
    seen, fetches = place.walk("a")
    assert (seen, len(fetches)) == (place.ids, 10)


def test_what_is_read_no_more_is_deleted(home):
    """Of an account that was closed a day ago nothing stays once any other is read; younger ones stay."""
    Place(3).walk("closed")
    Place(3).walk("young")
    folder = home / "fetched"
    [closed] = folder.glob("place-closed-*")
    rest = folder / f"{closed.name}-journal", folder / "feed-0.msgpack"  # of a killed run, and of a feed
    for path in rest:
        path.write_bytes(b"text 1")
    for path in (closed, *rest):
        os.utime(path, (0, time.time() - page_cache.DAY))
    Place(3).walk("other")
    left = {path.name.split("-")[1] for path in folder.iterdir() if path.is_file()}
    assert left == {"young", "other"}


def test_stored_posts_are_read_in_batches(monkeypatch):
    """Stored posts are read in batches without losing their order."""
    monkeypatch.setattr(page_cache, "_ROWS", 4)
    for posts in (7, 8, 9, 12):
        place = Place(posts)
        place.walk(str(posts))
        assert place.walk(str(posts))[0] == place.ids


def test_timelines_do_not_mix():
    """Other accounts, other sources and similar names have files of their own."""
    keys = ["a", "b", "A", "a/../b", "a" * 300, "a" * 299 + "b", "did:plc:x", "did_plc_x"]
    paths = set()
    for key in keys:
        for source in ("one", "two"):
            with PageCache(source, key) as cache:
                paths.add(cache.path)
                assert not list(cache.walk(lambda *_: Page([], None)))
    assert len(paths) == 2 * len(keys)
    assert len({path.parent for path in paths}) == 1


@pytest.mark.skipif(os.name != "posix", reason="permissions are those of POSIX")
def test_only_the_user_can_read_it():
    """Neither the folder nor the file is readable by others, whatever the umask."""
    before = os.umask(0)
    try:
        Place(3).walk("a")
        with PageCache("place", "a") as cache:
            modes = [stat.S_IMODE(path.stat().st_mode) for path in (cache.path.parent, cache.path)]
    finally:
        os.umask(before)
    assert modes == [0o700, 0o600]


@pytest.mark.parametrize("damage", [b"", b"no database", b"SQLite format 3\0" + b"\xff" * 4000])
def test_a_damaged_file_is_replaced(damage):
    """A damaged file is replaced, and everything is fetched again."""
    place = Place(5)
    place.walk("a")
    with PageCache("place", "a") as cache:
        path = cache.path
    path.write_bytes(damage)
    assert place.walk("a") == (place.ids, [(None, None), ("3", None), ("1", None)])


def test_a_folder_that_cannot_be_written_is_reported(home):
    """A folder that cannot be written is an error of one line that names it."""
    (home / "fetched").write_text("a file where the folder should be")
    with pytest.raises(OutOfSpace, match=r"cannot be kept in .*fetched.*HUGGINGTWEETS_HOME") as error:
        PageCache("place", "a")
    assert "\n" not in str(error.value)


def test_a_service_that_repeats_itself_is_given_up():
    """A service that repeats a page for ever is given up."""
    posts = [Post(id="5", author="me", text="again")]
    cursors = []

    def ask(cursor, _):
        cursors.append(cursor)
        return Page(posts, "5")

    with PageCache("place", "a") as cache, pytest.raises(Unreachable, match="without a new post"):
        list(cache.walk(ask))
    assert len(cursors) < 100


WALK = """
import sys
from huggingtweets.sources._formats.page_cache import Page, PageCache
from huggingtweets.types import Post

def ask(cursor, newest):
    top = int(cursor or 301) - 1
    print(top, flush=True)
    posts = [Post(id=str(n), author="me", text="x" * 300) for n in range(top, max(0, top - 3), -1)]
    return Page(posts, posts[-1].id if posts else None)

with PageCache("place", "killed") as cache:
    print("all", len({post.id for post in cache.walk(ask)}))
"""


def test_a_killed_run_goes_on():
    """A process that is killed several times loses at most the page it was at."""
    reached = []
    for lines in (10, 25, 40):
        process = subprocess.Popen([sys.executable, "-c", WALK], stdout=subprocess.PIPE, text=True)
        with process:
            reached.append([int(next(process.stdout)) for _ in range(lines)])
            process.send_signal(signal.SIGKILL)
    done = subprocess.run([sys.executable, "-c", WALK], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "all 300"
    assert all(later[1] <= earlier[-1] for earlier, later in pairwise(reached))
    assert int(done.stdout.splitlines()[1]) <= reached[-1][-1]


def test_a_second_reader_waits_and_gets_every_post():
    """Whoever reads a timeline that another run is fetching gets all of it, not what is there so far."""
    place, key, seen = Place(9), f"two {next(UNIQUE)}", []
    with PageCache("place", key) as cache:
        posts = cache.walk(place.ask)
        first = [next(posts).id]
        second = threading.Thread(target=lambda: seen.extend(place.walk(key)[0]))
        second.start()
        second.join(WAIT)
        assert second.is_alive()
        first += [post.id for post in posts]
    second.join()
    assert seen == first == place.ids
