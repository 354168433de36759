"""The Community Archive, live: the right person's posts, all of them, and with the key shown to nobody.

The answers are written by hand from the project's documentation and from its tables' published types.
"""

from __future__ import annotations

from itertools import islice

import pytest

from huggingtweets import sources
from huggingtweets.errors import LocationError, MissingSecret, Unreachable
from huggingtweets.sources import Match, ReadOptions, community_archive
from huggingtweets.sources._formats import http
from huggingtweets.types import PostKind
from tests.helpers.local_server import LocalServer, Reply
from tests.helpers.x_builder import HANDLE, NAME, TOKEN, CommunityService, community_row

TWEETS = "/enriched_tweets"
SHORT = "https://t.co/abcdefghij"
OTHER = "https://t.co/klmnopqrst"


@pytest.fixture
def service(monkeypatch):
    monkeypatch.setattr(http, "FIRST_WAIT", 0.0)
    monkeypatch.setenv("COMMUNITY_ARCHIVE_KEY", TOKEN)
    return CommunityService(2500)


@pytest.fixture
def server(service):
    with LocalServer(service.answer) as running:
        service.url = running.url
        yield running


def read(server, location="community:Ada_Tests", **options):
    return sources.read(location, ReadOptions(server=server.url, allow_private=True, **options))


def only(server, service, **fields):
    service.rows = [community_row(1, **fields)]
    [post] = read(server).posts
    return post


def test_accounts_are_recognised_without_asking():
    """By the word before the handle."""
    assert sources.recognise("community:@jane") == "community_archive"
    for location in ("community:", "community:a/b", "community:jane doe", "jane"):
        assert community_archive.recognises(location) is Match.NO


def test_a_person_is_read_whole(server):
    """A thousand rows at a time, newest first, over seconds that hold several posts, none lost or double."""
    timeline = read(server)
    account, posts = timeline.account, list(timeline.posts)
    assert (account.handle, account.name, account.bio) == (HANDLE, NAME, "Made up")
    assert (account.avatar, account.source, timeline.expected) == (b"picture", "community_archive", 9)
    assert [post.text for post in posts] == [f"post number {n}" for n in reversed(range(2500))]
    assert server.paths().count(TWEETS) == 3
    assert all(request.query["limit"] == "1000" for request in server.requests if request.path == TWEETS)


def test_nobody_is_taken_for_somebody_else(server):
    """In the service's patterns `_` fits any character; only the name itself is taken."""
    [request] = [request for request in _requests(server, read(server)) if request.path == "/all_account"]
    assert request.query["username"] == r"ilike.Ada\_Tests"
    with pytest.raises(Unreachable, match="@nobody is not in the Community Archive"):
        read(server, "community:nobody")


def _requests(server, timeline):
    assert timeline.account.handle == HANDLE
    return server.requests


def test_a_second_run_fetches_only_what_is_new(server, service):
    """One page, as far down as the newest post that is known."""
    list(read(server).posts)
    service.rows.append(community_row(2600, "a new one"))
    server.requests.clear()
    posts = list(read(server).posts)
    assert (len(posts), posts[0].text) == (2501, "a new one")
    assert server.paths().count(TWEETS) == 1


def test_an_interrupted_run_goes_on_where_it_was(server):
    """What was fetched is kept, whatever breaks."""
    posts = iter(read(server).posts)
    assert len(list(islice(posts, 1200))) == 1200
    posts.close()
    server.requests.clear()
    assert len({post.id for post in read(server).posts}) == 2500
    assert server.paths().count(TWEETS) == 2


def test_faults_are_waited_out(server):
    """Limits, errors and answers that break off cost time and no posts."""
    timeline = read(server)
    server.next(Reply(429, headers={"Retry-After": "0"}), Reply(500), Reply(body=[{"tweet_id": "1"}], sent=9))
    assert len({post.id for post in timeline.posts}) == 2500


def test_links_are_expanded_and_pictures_go(server, service):
    """The table of addresses says what short links stand for; the text is still escaped."""
    text = f"R&amp;D 🙂 {SHORT} &lt;3 {OTHER}"
    urls = [{"url": SHORT, "expanded_url": "https://example.org/a"}]
    assert only(server, service, text=text, tweet_urls=urls).text == "R&D 🙂 https://example.org/a <3"


def test_kinds_are_told_by_columns_and_text(server, service):
    """Retweets, replies and quotes."""
    assert only(server, service, text="RT @bob: theirs").kind is PostKind.REPOST


@pytest.mark.parametrize(
    ("fields", "kind", "reply_to"),
    [
        ({"reply_to_tweet_id": "5", "reply_to_user_id": "7"}, PostKind.REPLY, "5"),
        ({"reply_to_username": "bob"}, PostKind.REPLY, None),
        ({"quoted_tweet_id": "5"}, PostKind.QUOTE, None),
        ({"quoted_tweet_id": "5", "reply_to_tweet_id": "6"}, PostKind.REPLY, "6"),
        ({}, PostKind.ORIGINAL, None),
    ],
)
def test_what_a_post_refers_to_makes_its_kind(server, service, fields, kind, reply_to):
    """As the table's columns say."""
    post = only(server, service, text="so it is", **fields)
    assert (post.kind, post.reply_to) == (kind, reply_to)


def test_without_a_key_the_way_to_one_is_told(server, monkeypatch):
    """Nothing is asked for."""
    monkeypatch.delenv("COMMUNITY_ARCHIVE_KEY")
    with pytest.raises(MissingSecret, match="COMMUNITY_ARCHIVE_KEY"):
        read(server)
    assert server.requests == []


def test_a_wrong_key_is_told_and_not_shown(server, monkeypatch):
    """Neither the key nor what the service says of it is in the message."""
    wrong = TOKEN + "wrong"
    monkeypatch.setenv("COMMUNITY_ARCHIVE_KEY", wrong)
    with pytest.raises(Unreachable, match="does not accept the key") as caught:
        read(server)
    assert TOKEN not in f"{caught.value} {caught.value.__cause__!r}"


def test_the_key_stays_with_the_service(server, service):
    """Pictures lie elsewhere, and are fetched without it; a missing one is no misfortune."""
    with LocalServer(lambda _: Reply(404)) as elsewhere:
        service.url = elsewhere.url
        timeline = read(server)
        assert timeline.account.avatar is None
        assert elsewhere.requests
        assert TOKEN not in str([request.headers for request in elsewhere.requests])
    assert TOKEN not in repr((timeline, list(timeline.posts)))


def test_a_service_that_is_closed_is_told(server):
    """What it answers is named with its address."""
    server.next(Reply(410, {"message": "retired"}))
    with pytest.raises(Unreachable, match=r"all_account refuses to answer \(status 410\)"):
        read(server)


def test_what_is_no_account_is_refused():
    """Insisting on the source does not make an account of a file."""
    with pytest.raises(LocationError, match="community:jane"):
        community_archive.read("posts.csv", ReadOptions())
