"""X, live: nothing is paid without consent, posts are as typed, and the token stays secret.

The answers are written by hand from X's documentation (docs.x.com).
"""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime
from itertools import islice

import pytest

from huggingtweets import sources
from huggingtweets.errors import ConsentNeeded, HuggingtweetsError, LocationError, MissingSecret, Unreachable
from huggingtweets.sources import Match, ReadOptions, x_api
from huggingtweets.sources._formats import http
from huggingtweets.types import PostKind
from tests.helpers.commands import run
from tests.helpers.local_server import LocalServer, Reply
from tests.helpers.x_builder import HANDLE, NAME, TOKEN, XService, api_post, api_span

SHORT = "https://t.co/abcdefghij"
POSTS = "/2/users/42/tweets"


@pytest.fixture
def service(monkeypatch):
    monkeypatch.setattr(http, "FIRST_WAIT", 0.0)
    monkeypatch.setenv("X_BEARER_TOKEN", TOKEN)
    return XService(250)


@pytest.fixture
def server(service):
    with LocalServer(service.answer) as running:
        service.url = running.url
        yield running


def read(server, location="x:ada_tests", **options):
    options = {"agreed": True, "allow_private": True, "server": server.url} | options
    return sources.read(location, ReadOptions(**options))


def only(server, service, *posts):
    service.posts = list(posts)
    return list(read(server).posts)


@pytest.mark.parametrize(
    ("location", "match"),
    [
        ("x:jane", Match.CONTENT),
        ("x:@jane_2", Match.CONTENT),
        ("https://x.com/jane", Match.CONTENT),
        ("https://twitter.com/jane/", Match.CONTENT),
        ("http://mobile.twitter.com/jane?lang=de", Match.CONTENT),
        ("https://x.com/jane/status/1", Match.NO),
        ("https://x.com/home", Match.NO),
        ("https://x.com.example.org/jane", Match.NO),
        ("x:", Match.NO),
        ("x:a_name_too_long_for_x", Match.NO),
        ("x:../../etc", Match.NO),
        ("jane", Match.NO),
    ],
)
def test_accounts_are_recognised_without_asking(location, match):
    """The short form and links to profiles are recognised; other pages of X are not."""
    assert x_api.recognises(location) is match
    if match is Match.CONTENT:
        assert sources.recognise(location) == "x_api"


def test_nothing_is_asked_before_the_price_is_agreed_to(server):
    """Without consent the message names the price and its parts, and no request is sent."""
    with pytest.raises(ConsentNeeded) as caught:
        read(server, agreed=False)
    assert "$0.005 for each post of @ada_tests" in str(caught.value)
    assert "$16.01 at most" in str(caught.value)
    assert "--yes" in str(caught.value)
    assert server.requests == []


def test_without_a_token_the_way_to_one_is_reported(server, monkeypatch):
    """Without a token the message says where to get one and that an archive is free; no request is sent."""
    for value in ("", "  "):
        monkeypatch.setenv("X_BEARER_TOKEN", value)
        with pytest.raises(MissingSecret, match=r"X_BEARER_TOKEN.*archive"):
            read(server)
    assert server.requests == []


def test_an_account_is_read_live(server):
    """Name, bio, picture and all posts are read, newest first, in pages of a hundred."""
    timeline = read(server)
    account, posts = timeline.account, list(timeline.posts)
    assert (account.handle, account.name, account.bio) == (HANDLE, NAME, "Made up")
    assert (account.avatar, account.source) == (b"picture", "x_api")
    assert [post.text for post in posts] == [f"post number {n}" for n in reversed(range(250))]
    assert (timeline.expected, posts[0].author) == (250, HANDLE)
    assert (posts[0].lang, posts[0].created_at) == ("en", datetime(2021, 1, 6, 18, 40, 40, tzinfo=UTC))
    pages = [request.query for request in server.requests if request.path == POSTS]
    assert [page.get("pagination_token") for page in pages] == [None, "p100", "p200"]
    assert all(page["max_results"] == "100" and "exclude" not in page for page in pages)


def test_a_second_run_pays_for_nothing_twice(server, service):
    """A second run asks only for posts newer than the newest known one."""
    list(read(server).posts)
    service.posts.append(api_post(300, "a new one"))
    server.requests.clear()
    posts = list(read(server).posts)
    assert (len(posts), posts[0].text) == (251, "a new one")
    [page] = [request.query for request in server.requests if request.path == POSTS]
    assert page["since_id"] == service.posts[-2]["id"]


def test_an_interrupted_run_goes_on_where_it_was(server):
    """Pages that were paid for are not fetched again."""
    posts = iter(read(server).posts)
    first = list(islice(posts, 150))
    posts.close()
    server.requests.clear()
    again = list(read(server).posts)
    assert (len(first), len(again)) == (150, 250)
    cursors = [page.query.get("pagination_token") for page in server.requests if page.path == POSTS]
    assert cursors == [None, "p200"]


def test_limits_and_faults_are_waited_out(server, monkeypatch):
    """Rate limits are waited out, failures are retried, and no post is lost or repeated."""
    waits = []
    monkeypatch.setattr(http.time, "sleep", waits.append)
    timeline = read(server)
    limited = {"x-rate-limit-reset": f"{time.time() + 300:.0f}"}
    server.next(Reply(429, headers=limited), Reply(503), Reply(body={"data": []}, sent=5))
    assert len({post.id for post in timeline.posts}) == 250
    assert max(waits) == pytest.approx(300, abs=30)


@pytest.mark.parametrize("refuses", [True, False])
def test_the_newer_dialect_is_used_where_the_older_one_is_not_understood(server, service, refuses):
    """The newer dialect is used if the older is refused or silently ignored, and then for all pages."""
    service.understands, service.refuses = "post.fields", refuses
    text = "the beginning of a long post"
    whole = {"text": text + ", and all the rest of it", "entities": {}}
    service.posts[-1] = api_post(249, text, note_post=whole, referenced_posts=[{"type": "quoted", "id": "1"}])
    posts = list(read(server).posts)
    assert (posts[0].text, posts[0].kind) == (whole["text"], PostKind.QUOTE)
    assert all(post.created_at for post in posts)
    pages = [request.query for request in server.requests if request.path == POSTS]
    assert ["post.fields" in page for page in pages] == [False, True, True, True]


def test_links_are_expanded_by_code_points(server, service):
    """Positions of links count code points; links to the post's own pictures are removed."""
    other = "https://t.co/klmnopqrst"
    text = f"R&amp;D 🙂 {SHORT} &gt; {other}"
    urls = [
        api_span(text, SHORT, url=SHORT, expanded_url="https://example.org/a"),
        api_span(text, other, url=other, expanded_url="https://x.com/ada_tests/status/5/photo/1"),
    ]
    [post] = only(server, service, api_post(5, text, entities={"urls": urls}))
    assert (post.text, post.kind) == ("R&D 🙂 https://example.org/a >", PostKind.ORIGINAL)


def test_long_posts_come_whole(server, service):
    """The whole text of a long post replaces the cut text, with its own links."""
    whole = f"a long story & more, {SHORT} and the end"
    urls = [api_span(whole, SHORT, url=SHORT, expanded_url="https://example.org")]
    note = {"text": whole, "entities": {"urls": urls}}
    [post] = only(server, service, api_post(5, "a long story…", note_tweet=note))
    assert post.text == "a long story & more, https://example.org and the end"


def test_kinds_follow_what_a_post_refers_to(server, service):
    """Retweets, replies and quotes are recognised; a reply loses its leading mentions."""
    text = "@bob no, this"
    mentions = {"mentions": [api_span(text, "@bob", username="bob")]}
    refer = {kind: {"type": kind, "id": "9"} for kind in ("retweeted", "replied_to", "quoted")}
    both = [refer["quoted"], refer["replied_to"]]
    reply = {"entities": mentions, "in_reply_to_user_id": "7"}
    posts = only(
        server,
        service,
        api_post(1, "RT @bob: theirs", referenced_tweets=[refer["retweeted"]]),
        api_post(2, text, referenced_tweets=both, **reply),
        api_post(3, "look at this", referenced_tweets=[refer["quoted"]]),
        api_post(4, text, **reply),
        api_post(5, "plain"),
    )
    kinds = [(post.kind, post.reply_to) for post in reversed(posts)]
    assert kinds == [
        (PostKind.REPOST, None),
        (PostKind.REPLY, "9"),
        (PostKind.QUOTE, None),
        (PostKind.REPLY, None),
        (PostKind.ORIGINAL, None),
    ]
    assert posts[-2].text == "no, this"


def test_an_earlier_version_of_a_post_is_left_out(server, service):
    """Of an edited post only the last version is read."""
    ids = [api_post(number, "")["id"] for number in (1, 2)]
    versions = [api_post(n, text, edit_history_tweet_ids=ids) for n, text in ((1, "tipo"), (2, "typo"))]
    assert [post.text for post in only(server, service, *versions)] == ["typo"]


def test_a_protected_account_is_refused(server, service):
    """A protected account is refused, and no post is fetched."""
    service.user["protected"] = True
    with pytest.raises(Unreachable, match="followers only"):
        read(server)
    assert POSTS not in server.paths()


def test_an_unknown_account_is_reported(server):
    """An unknown account is reported, though X answers with status 200."""
    with pytest.raises(Unreachable, match="no account @nobody"):
        read(server, "x:nobody")


@pytest.mark.parametrize(
    ("status", "message"), [(401, "token"), (402, "credits"), (403, "token"), (404, "spelling"), (410, "410")]
)
def test_refusals_say_what_to_do(server, status, message):
    """Refusals of X are reported in one line, for the profile and for a page; fetched pages stay."""
    server.next(Reply(status, {"detail": TOKEN}))
    with pytest.raises(Unreachable, match=message) as caught:
        read(server)
    assert "\n" not in str(caught.value)
    timeline = read(server)
    server.next(Reply(status))
    with pytest.raises(Unreachable, match=message):
        list(timeline.posts)
    assert len(list(read(server).posts)) == 250


def test_the_token_is_in_no_message_and_goes_to_nobody_else(server, service, caplog, home):
    """The token is in no error, log, post or file, and is not sent to the host of the picture."""
    caplog.set_level(logging.DEBUG)
    said = []
    with LocalServer(service.answer) as elsewhere:
        service.url = elsewhere.url
        timeline = read(server)
        server.next(Reply(500, TOKEN.encode()), Reply(302, headers={"Location": f"{elsewhere.url}{POSTS}"}))
        for _ in range(2):
            try:
                said += [timeline, list(timeline.posts)]
            except HuggingtweetsError as error:
                said += [error, error.__cause__, error.__context__]
        assert elsewhere.requests
        assert not [request for request in elsewhere.requests if TOKEN in str(request.headers)]
    assert any(request.headers.get("authorization") for request in server.requests)
    assert TOKEN not in f"{said!r} {[str(one) for one in said]} {caplog.text}"
    files = [path for path in home.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if TOKEN.encode() in path.read_bytes()]


def test_the_command_shows_the_price_and_not_the_token(server):
    """The command shows the price, and never the token."""
    command = ["inspect", "x:ada_tests", "--debug", "--server", server.url]
    runs = [run(*command, *more) for more in ([], ["--yes"], ["--yes", "--allow-private-addresses"])]
    said = [done.stdout + done.stderr for done in runs]
    assert "$16.01 at most" in said[0]
    assert "private" in said[1]
    assert runs[2].returncode == 0, said[2]
    assert all(done.returncode for done in runs[:2])
    assert TOKEN not in "".join(said)


def test_a_private_address_is_asked_only_where_allowed(server):
    """A private server is refused, unless the user allows it."""
    with pytest.raises(Unreachable, match="private"):
        read(server, allow_private=False)
    assert server.requests == []


def test_what_is_no_account_is_refused():
    """A location without an account is refused even with `source`."""
    with pytest.raises(LocationError, match="x:jane"):
        x_api.read("posts.csv", ReadOptions())
