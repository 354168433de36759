"""Posts are looked through on the page, and taken out by hand, as `inspect --show` and `--exclude` do."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from msgspec.structs import replace

from huggingtweets.app import browsing, reading, selection
from huggingtweets.app.browsing import KEPT, Browsing
from huggingtweets.app.limits import Limits
from huggingtweets.app.selection import Place, Selection
from huggingtweets.app.sessions import Session, Sessions
from huggingtweets.app.visitors import Visitors
from huggingtweets.errors import UserError
from huggingtweets.types import Reason
from tests.helpers.tiny import varied_texts


@pytest.fixture
def session(tmp_path):
    return Session(tmp_path / "app", tmp_path / "models", None)


@pytest.fixture
def posts(tmp_path):
    """A selection of 60 posts, of which 10 are too short and two are the same."""
    texts = [*varied_texts(49, seed=3), "the Gull sat there", "the Gull sat there", *["short"] * 10]
    table = tmp_path / "ada.csv"
    table.write_text("\n".join(["id,author,text", *(f'{n},ada,"{t}"' for n, t in enumerate(texts))]), "utf-8")
    return Selection(places=(Place(str(table), "ada.csv"),))


def test_every_kind_of_posts_can_be_looked_at(posts, session):
    """Kept posts have ids, dropped ones their texts, and the counts are those of the funnel."""
    listing = Browsing().listing(posts, session, Limits(), KEPT, "")
    _, [inspection] = reading.read_posts(posts, session, Limits())
    funnel = inspection.author.cleaned.funnel
    assert listing.counts == {KEPT: funnel.kept, **funnel.dropped}
    assert [post.id for post in listing.posts] == [post.id for post in inspection.author.cleaned.posts]
    short = Browsing().listing(posts, session, Limits(), "short", "")
    assert list(short.texts) == ["short"] * 10


@pytest.mark.parametrize("which", ["nothing", None, 7, ["kept"], "reply"])
def test_what_is_not_there_is_answered_with_the_kept_posts(posts, session, which):
    """A visitor can ask for anything."""
    assert Browsing().listing(posts, session, Limits(), which, "").which == KEPT


def test_posts_are_taken_out_and_put_back(posts, session):
    """What is taken out is not learnt from, is found under its reason, and can be put back."""
    browsing_ = Browsing()
    [gull] = browsing_.listing(posts, session, Limits(), KEPT, "the gull").posts
    without = browsing.without_posts(posts, [gull])
    saved, [inspection] = reading.read_posts(without, session, Limits())
    assert gull.text not in inspection.author.texts
    assert saved.rules.excludes(gull)
    assert browsing_.listing(without, session, Limits(), KEPT, "the gull").total == 0
    assert list(browsing_.listing(without, session, Limits(), Reason.EXCLUDED, "").posts) == [gull]
    again = browsing.with_posts_again(without, [gull])
    assert again == posts
    assert again.digest == posts.digest != without.digest


def test_what_an_earlier_version_took_out_can_be_put_back(posts, session):
    """It kept ids without handles."""
    earlier = replace(posts, rules=replace(posts.rules, exclude=frozenset({"3"})))
    [out] = Browsing().listing(earlier, session, Limits(), Reason.EXCLUDED, "").posts
    assert out.id == "3"
    assert browsing.with_posts_again(earlier, [out]) == posts


def test_only_the_marked_person_s_post_is_taken_out(session, tmp_path):
    """Two tables without ids number their posts alike; the other person's post of that number stays."""
    places = []
    for seed, name in enumerate(("ada", "bob")):
        table = tmp_path / f"{name}.csv"
        table.write_text(
            "\n".join(["author,text", *(f'{name},"{t}"' for t in varied_texts(30, seed=seed))]), "utf-8"
        )
        places.append(Place(str(table), table.name))
    both = Selection(places=tuple(places))
    listing = Browsing().listing(both, session, Limits(), KEPT, "")
    sixth = [post for post in listing.posts if post.id == "row-6"]
    assert {post.author for post in sixth} == {"ada", "bob"}
    without = browsing.without_posts(both, [post for post in sixth if post.author == "ada"])
    left = Browsing().listing(without, session, Limits(), KEPT, "").posts
    assert [post.author for post in left if post.id == "row-6"] == ["bob"]


def test_what_is_taken_out_stays_out(posts, session):
    """Neither another filter nor a restart puts a post back; which posts are out makes another choice."""
    by_id = {post.id: post for post in Browsing().listing(posts, session, Limits(), KEPT, "").posts}
    without = browsing.without_posts(posts, [by_id[each] for each in ("3", "8", "5")])
    selection.save(without, session)
    assert selection.load(session) == without
    assert selection.with_filters(without, True, "", "", "", "").rules.exclude == {"ada/3", "ada/5", "ada/8"}
    other_order = replace(posts, rules=replace(posts.rules, exclude=frozenset(("ada/8", "ada/5", "ada/3"))))
    assert other_order.digest == without.digest


def test_a_table_of_several_people_may_be_one_person_s(session, tmp_path):
    """It asks so; what is answered is of this table, and not of what is added later."""
    rows = [f'{n},{("ada", "bernard")[n % 2]},"{text}"' for n, text in enumerate(varied_texts(60, seed=3))]
    table = tmp_path / "two.csv"
    table.write_text("\n".join(["id,author,text", *rows]), "utf-8")
    refused, _ = reading.read_posts(Selection(places=(Place(str(table), "two.csv"),)), session, Limits())
    [place] = refused.places
    assert set(place.authors) == {"ada", "bernard"}
    assert place.may_be_one
    answered = selection.with_answer(replace(refused, person="carla"), one_author=True)
    saved, [inspection] = reading.read_posts(answered, session, Limits())
    assert inspection.author.cleaned.funnel.read == 60
    assert saved.title == "carla"
    assert saved.digest != refused.digest
    assert not selection.with_typed(saved, "@jane.bsky.social", Limits()).one_author


@pytest.fixture
def slow_reading(monkeypatch):
    """Reading waits until `go_on` is set; `begun` has the folders of the sessions whose posts are read."""
    begun, go_on, read = [], threading.Event(), browsing._read

    def read_slowly(selection_, session, limits):
        begun.append(session.root)
        if session.root.name.startswith("slow"):
            assert go_on.wait(60)
        return read(selection_, session, limits)

    monkeypatch.setattr(browsing, "_read", read_slowly)
    return SimpleNamespace(begun=begun, go_on=go_on)


def _session_of(root, limits=None):
    visitors = Visitors(limits) if limits else None
    return Session(root, root / "models", root / "home", visitors, "192.0.2.1")


def test_a_slow_reading_holds_up_no_other_visitor(posts, tmp_path, slow_reading):
    """Posts are looked through while those of somebody else are read; those are read once."""
    browsing_, slow = Browsing(), _session_of(tmp_path / "slow")
    with ThreadPoolExecutor() as pool:
        waiting = [pool.submit(browsing_.listing, posts, slow, Limits(), KEPT, "") for _ in range(2)]
        try:
            other = pool.submit(browsing_.listing, posts, _session_of(tmp_path / "quick"), Limits(), KEPT, "")
            assert other.result(timeout=30).total
            assert not any(one.done() for one in waiting)
        finally:
            slow_reading.go_on.set()
        assert len({one.result(timeout=60).total for one in waiting}) == 1
    assert slow_reading.begun.count(slow.root) == 1


def test_who_waits_for_a_reading_counts_as_who_reads(posts, tmp_path, slow_reading):
    """Each takes a thread of the page, so one address has only a few of them."""
    limits = Limits(own_readings=1)
    browsing_, session = Browsing(), _session_of(tmp_path / "slow", limits)
    with ThreadPoolExecutor() as pool, session.reading():
        reading_ = pool.submit(browsing_.listing, posts, session, limits, KEPT, "")
        try:
            while not slow_reading.begun:
                time.sleep(0.01)
            with pytest.raises(UserError, match="being read already"):
                pool.submit(browsing_.listing, posts, session, limits, KEPT, "").result(timeout=30)
        finally:
            slow_reading.go_on.set()
        assert reading_.exception(timeout=60)


def test_posts_that_could_not_be_read_are_read_again(posts, session, monkeypatch):
    """An error is not kept."""
    browsing_, read = Browsing(), browsing._read
    monkeypatch.setattr(browsing, "_read", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        browsing_.listing(posts, session, Limits(), KEPT, "")
    monkeypatch.setattr(browsing, "_read", read)
    assert browsing_.listing(posts, session, Limits(), KEPT, "").total


def test_posts_of_a_deleted_session_leave_memory(posts, home, slow_reading):
    """Nothing of an idle session that is deleted stays in memory, and what others read does."""
    del home
    browsing_ = Browsing()
    sessions = Sessions(Limits(public=True, idle=3600.0), on_delete=browsing_.drop)
    idle, active = (sessions.of(letter * 32) for letter in "ab")
    for session in (idle, active):
        browsing_.listing(posts, session, Limits(), KEPT, "")
    os.utime(idle.root, (0, 0))
    assert sessions.delete_idle() == 1
    for session in (idle, active):
        browsing_.listing(posts, session, Limits(), KEPT, "")
    assert slow_reading.begun == [idle.root, active.root, idle.root]
