"""The Community Archive, live: all posts of the right person are read, and the key stays secret.

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
    """Locations are recognised by their prefix."""
    assert sources.recognise("community:@jane") == "community_archive"
    for location in ("community:", "community:a/b", "community:jane doe", "jane"):
        assert community_archive.recognises(location) is Match.NO


def test_a_person_is_read_whole(server):
    """Posts come in pages of a thousand, newest first; none is lost or repeated within a second."""
    timeline = read(server)
    account, posts = timeline.account, list(timeline.posts)
    assert (account.handle, account.name, account.bio) == (HANDLE, NAME, "Made up")
    assert (account.avatar, account.source, timeline.expected) == (b"picture", "community_archive", 9)
    assert [post.text for post in posts] == [f"post number {n}" for n in reversed(range(2500))]
    assert server.paths().count(TWEETS) == 3
    assert all(request.query["limit"] == "1000" for request in server.requests if request.path == TWEETS)


def test_only_the_exact_handle_is_read(server):
    """A handle with `_`, which matches any character in patterns, finds only the exact handle."""
    [request] = [request for request in _requests(server, read(server)) if request.path == "/all_account"]
    assert request.query["username"] == r"ilike.Ada\_Tests"
    with pytest.raises(Unreachable, match="@nobody is not in the Community Archive"):
        read(server, "community:nobody")


def _requests(server, timeline):
    assert timeline.account.handle == HANDLE
    return server.requests


def test_a_second_run_fetches_only_what_is_new(server, service):
    """The second run fetches one page."""
    list(read(server).posts)
    service.rows.append(community_row(2600, "a new one"))
    server.requests.clear()
    posts = list(read(server).posts)
    assert (len(posts), posts[0].text) == (2501, "a new one")
    assert server.paths().count(TWEETS) == 1


def test_an_interrupted_run_goes_on_where_it_was(server):
    """The pages before an interruption are not fetched again."""
    posts = iter(read(server).posts)
    assert len(list(islice(posts, 1200))) == 1200
    posts.close()
    server.requests.clear()
    assert len({post.id for post in read(server).posts}) == 2500
    assert server.paths().count(TWEETS) == 2


def test_faults_are_waited_out(server):
    """Rate limits, errors and cut answers are retried, and no post is lost."""
    timeline = read(server)
    server.next(Reply(429, headers={"Retry-After": "0"}), Reply(500), Reply(body=[{"tweet_id": "1"}], sent=9))
    assert len({post.id for post in timeline.posts}) == 2500


def test_links_are_expanded_and_pictures_go(server, service):
    """Short links are replaced by their addresses, links of pictures are removed, and escapes are undone."""
    text = f"R&amp;D 🙂 {SHORT} &lt;3 {OTHER}"
    urls = [{"url": SHORT, "expanded_url": "https://example.org/a"}]
    assert only(server, service, text=text, tweet_urls=urls).text == "R&D 🙂 https://example.org/a <3"


def test_kinds_follow_from_columns_and_text(server, service):
    """Retweets, replies and quotes are recognised by their columns and text."""
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
    """The columns for answered and quoted posts decide the kind."""
    post = only(server, service, text="so it is", **fields)
    assert (post.kind, post.reply_to) == (kind, reply_to)


def test_without_a_key_the_way_to_one_is_reported(server, monkeypatch):
    """Without a key the message says where to get one, and no request is sent."""
    monkeypatch.delenv("COMMUNITY_ARCHIVE_KEY")
    with pytest.raises(MissingSecret, match="COMMUNITY_ARCHIVE_KEY"):
        read(server)
    assert server.requests == []


def test_a_wrong_key_is_reported_and_not_shown(server, monkeypatch):
    """A refused key is reported without the key and without the service's own words."""
    wrong = TOKEN + "wrong"
    monkeypatch.setenv("COMMUNITY_ARCHIVE_KEY", wrong)
    with pytest.raises(Unreachable, match="does not accept the key") as caught:
        read(server)
    assert TOKEN not in f"{caught.value} {caught.value.__cause__!r}"


def test_the_key_stays_with_the_service(server, service):
    """Pictures on another host are fetched without the key, and may be missing."""
    with LocalServer(lambda _: Reply(404)) as elsewhere:
        service.url = elsewhere.url
        timeline = read(server)
        assert timeline.account.avatar is None
        assert elsewhere.requests
        assert TOKEN not in str([request.headers for request in elsewhere.requests])
    assert TOKEN not in repr((timeline, list(timeline.posts)))


def test_a_service_that_is_closed_is_reported(server):
    """The address and the status of a closed service are in the message."""
    server.next(Reply(410, {"message": "retired"}))
    with pytest.raises(Unreachable, match=r"all_account refuses to answer \(status 410\)"):
        read(server)


def test_what_is_no_account_is_refused():
    """A location without an account is refused even with `source`."""
    with pytest.raises(LocationError, match="community:jane"):
        community_archive.read("posts.csv", ReadOptions())
