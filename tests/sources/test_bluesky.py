"""Bluesky, live and as a repository file: all posts, as typed, of accounts that do not opt out.

The answers of the live service are written by hand from the documented form (docs.bsky.app).
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from itertools import islice

import libipld
import pytest
from hypothesis import given
from hypothesis import strategies as st

from huggingtweets import sources
from huggingtweets.errors import BrokenArchive, HuggingtweetsError, LocationError, Unreachable
from huggingtweets.sources import Match, ReadOptions, bluesky, bluesky_repo, count_skipped
from huggingtweets.sources._formats import http
from huggingtweets.sources._formats.bluesky_posts import to_post
from huggingtweets.types import PostKind
from tests.conftest import SHARED
from tests.helpers.local_server import LocalServer, Reply
from tests.helpers.network_exports import DID, CarWriter, bluesky_post, record_key, write_car

URI = f"at://{DID}/app.bsky.feed.post/{record_key(1)}"
OTHER = "at://did:plc:z72i7hdynmk6r22z27h6tvur/app.bsky.feed.post/3kabc"
PAGE = "https://bsky.app/profile/ada.example.com"


def as_post(record, uri=URI):
    return to_post(uri, record, "ada.example.com", PAGE)


def link(begin, end, uri):
    """Return a facet as Bluesky's app writes it."""
    feature = {"$type": "app.bsky.richtext.facet#link", "uri": uri}
    return {"index": {"byteStart": begin, "byteEnd": end}, "features": [feature]}


# records


def test_a_record_becomes_a_post():
    """Id, author, text, time, language and address are those of the record."""
    post = as_post(bluesky_post("hello", 61, langs=["de", "en"]))
    assert (post.id, post.author, post.text, post.kind) == (
        URI,
        "ada.example.com",
        "hello",
        PostKind.ORIGINAL,
    )
    assert post.created_at == datetime(2023, 7, 1, 1, 1, 0, 123000, tzinfo=UTC)
    assert (post.lang, post.reply_to, post.url) == ("de", None, f"{PAGE}/post/{record_key(1)}")


def test_a_reply_knows_what_it_answers():
    """A reply to oneself is a reply, and so is a reply that quotes."""
    for parent in (OTHER, URI):
        reply = {"root": {"uri": OTHER, "cid": "x"}, "parent": {"uri": parent, "cid": "x"}}
        embed = {"$type": "app.bsky.embed.record", "record": {"uri": OTHER, "cid": "x"}}
        post = as_post(bluesky_post("no", reply=reply, embed=embed))
        assert (post.kind, post.reply_to) == (PostKind.REPLY, parent)


def test_a_quote_shows_a_post():
    """An embedded post makes a quote; embedded feeds, lists and link cards do not."""
    quoted = {"uri": OTHER, "cid": "x"}
    embeds = {
        PostKind.QUOTE: [
            {"$type": "app.bsky.embed.record", "record": quoted},
            {"$type": "app.bsky.embed.recordWithMedia", "record": {"record": quoted}, "media": {}},
        ],
        PostKind.ORIGINAL: [
            {"$type": "app.bsky.embed.record", "record": {"uri": "at://did:plc:a/app.bsky.graph.list/1"}},
            {"$type": "app.bsky.embed.external", "external": {"uri": "https://a.org", "title": OTHER}},
            {"$type": "app.bsky.embed.images", "images": []},
            None,
        ],
    }
    for kind, examples in embeds.items():
        assert {as_post(bluesky_post("look", embed=embed)).kind for embed in examples} == {kind}


@pytest.mark.parametrize(
    ("shown", "uri"),
    [
        ("example.com/a/very/lo...", "https://example.com/a/very/long/path?x=1"),
        ("example.com/a/very/lo…", "https://example.com/a/very/long/path"),
        ("example.com", "https://example.com"),
        ("Example.com", "https://www.example.com/"),
        ("http://example.com", "https://example.com/"),
        ("https://example.com/ä", "https://example.com/ä"),
    ],
)
def test_shortened_links_are_written_out(shown, uri):
    """A shortened link is replaced by its address; positions count bytes."""
    before, after = "Grüße 👩‍👩‍👧 from ", " 👍 see"
    begin = len(before.encode())
    facets = [link(begin, begin + len(shown.encode()), uri)]
    assert as_post(bluesky_post(before + shown + after, facets=facets)).text == before + uri + after


def test_words_that_were_made_a_link_stay():
    """Words with a link stay as they were typed."""
    assert (
        as_post(bluesky_post("read this now", facets=[link(5, 9, "https://a.org/thing")])).text
        == "read this now"
    )


def test_links_of_the_first_months_are_written_out():
    """In records of 2022, positions of links count UTF-16 units."""
    text = "👍 cool example.com yeah"
    entities = [
        {"type": "link", "index": {"start": 8, "end": 19}, "value": "https://example.com"},
        {"type": "mention", "index": {"start": 0, "end": 2}, "value": "did:plc:x"},
    ]
    assert as_post(bluesky_post(text, entities=entities)).text == "👍 cool https://example.com yeah"


def test_mentions_and_tags_stay_as_they_are():
    """Mentions and hashtags stay in the text."""
    features = [
        {"$type": "app.bsky.richtext.facet#mention", "did": "did:plc:x"},
        {"$type": "app.bsky.richtext.facet#tag", "tag": "tag"},
    ]
    facets = [{"index": {"byteStart": 0, "byteEnd": 9}, "features": features}]
    assert as_post(bluesky_post("@jay.team #tag", facets=facets)).text == "@jay.team #tag"


@given(
    st.text(max_size=20),
    st.lists(
        st.tuples(st.integers(-3, 90), st.integers(-3, 90), st.sampled_from(["https://a.org", ""])),
        max_size=4,
    ),
)
def test_impossible_facets_do_no_harm(text, links):
    """Facets that overlap, lie outside, run backwards or cut a character change nothing."""
    post = as_post(bluesky_post(text, facets=[link(*one) for one in links]))
    if "https" not in post.text:
        assert post.text == text.strip()


@pytest.mark.parametrize(
    "record",
    [
        None,
        [],
        "text",
        {},
        {"$type": "app.bsky.feed.post"},
        bluesky_post("x") | {"text": 5},
        bluesky_post("x", facets=[{"index": {"byteStart": "0", "byteEnd": 1}, "features": []}]),
        bluesky_post("x", reply={"parent": 1}),
        bluesky_post("x", langs="en"),
    ],
)
def test_what_is_no_record_of_a_post_is_none(record):
    """Records of another form, which Bluesky's app does not show, are not read."""
    assert as_post(record) is None


def test_a_post_for_signed_in_people_is_left_out():
    """A post with the label for signed-in people is left out; other labels are ignored."""
    labels = {"$type": "com.atproto.label.defs#selfLabels", "values": [{"val": "!no-unauthenticated"}]}
    assert as_post(bluesky_post("for some", labels=labels)) is None
    labels["values"] = [{"val": "graphic-media"}]
    assert as_post(bluesky_post("for all", labels=labels)).text == "for all"


def test_a_strange_date_is_no_date():
    """A date that cannot be understood is None."""
    assert as_post(bluesky_post("x") | {"createdAt": "last week"}).created_at is None
    assert as_post(bluesky_post("x") | {"createdAt": "2023-01-01T00:00:00-08:00"}).created_at.hour == 8


# a repository in a file


@pytest.mark.parametrize(
    ("name", "did", "person", "kinds"),
    [
        (
            "bnewbold.robocracy.org.car",
            "did:plc:nhxcyu4ewwhl5pqil4dotqjo",
            ("now roaming free", "yup"),
            {PostKind.ORIGINAL: 20, PostKind.REPLY: 2, PostKind.QUOTE: 1, PostKind.REPOST: 1},
        ),
        (
            "paul_staging.repo.car",  # of the first months: 28 commits, entities instead of facets
            "did:plc:cmpvykrzb2l22kj4ojlv3ox4",
            ("Paul", "Bluesky guy!!!"),
            {PostKind.ORIGINAL: 76, PostKind.REPLY: 19, PostKind.QUOTE: 6, PostKind.REPOST: 15},
        ),
    ],
)
def test_real_repositories_are_read_whole(name, did, person, kinds):
    """All posts of the newest commit are read, with their links written out."""
    path = SHARED / "fixtures" / "bluesky" / name
    if not path.exists():
        pytest.skip(f"needs the real repository {name}, which is not part of this one")
    assert sources.recognise(str(path)) == "bluesky_repo"
    timeline = sources.read(str(path))
    posts = list(timeline.posts)
    assert (timeline.account.name, timeline.account.bio) == person
    assert timeline.account.url == f"https://bsky.app/profile/{did}"
    assert timeline.digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert Counter(post.kind for post in posts) == kinds
    assert all(post.created_at and post.id.startswith(f"at://{did}/") for post in posts)
    assert not [post.text for post in posts if "..." in post.text and "/" in post.text]
    _, blocks = libipld.decode_car(path.read_bytes())
    typed = [v["text"].strip() for v in blocks.values() if v.get("$type") == "app.bsky.feed.post"]
    plain = {post.text for post in posts if "http" not in post.text and post.kind is not PostKind.REPOST}
    assert plain <= set(typed)
    assert sum(kinds.values()) - kinds[PostKind.REPOST] == len(typed)


def test_a_real_long_link_is_written_out():
    """A link that the app showed as `github.com/bluesky-soci...` is written out."""
    path = SHARED / "fixtures" / "bluesky" / "bnewbold.robocracy.org.car"
    if not path.exists():
        pytest.skip("needs a real repository, which is not part of this one")
    texts = [post.text for post in sources.read(str(path)).posts]
    assert any(text.endswith("/indigo/blob/main/atproto/identity/base_directory.go#L44") for text in texts)
    assert "coooool\nhttps://linkat.blue/board/bnewbold.robocracy.org" in texts


RECORDS = {
    "app.bsky.actor.profile/self": {
        "$type": "app.bsky.actor.profile",
        "displayName": "Ada Tests",
        "description": "counts",
    },
    "app.bsky.feed.like/3a": {
        "$type": "app.bsky.feed.like",
        "subject": {"uri": OTHER},
        "text": "secret like",
    },
    **{f"app.bsky.feed.post/{record_key(n)}": bluesky_post(f"post number {n}", n) for n in range(40)},
    "app.bsky.feed.repost/3b": {"$type": "app.bsky.feed.repost", "subject": {"uri": OTHER, "cid": "x"}},
    "app.bsky.graph.block/3c": {"$type": "app.bsky.graph.block", "text": "secret block"},
}


@pytest.fixture
def car(tmp_path):
    return write_car(tmp_path / "repo.car", RECORDS)


def test_a_repository_is_read_in_order(car):
    """Posts come oldest first, then reposts, which have no text; nothing else is read."""
    timeline = sources.read(str(car))
    posts = list(timeline.posts)
    assert [post.text for post in posts] == [f"post number {n}" for n in range(40)] + [""]
    assert posts[-1].kind is PostKind.REPOST
    assert timeline.account.name == "Ada Tests"
    assert timeline.account.handle == "did_plc_ewvi7nxzyoun6zhxrhs64oiz"


def test_a_handle_can_be_given(car):
    """A handle given by the user is in the account and in the posts' addresses, instead of the DID."""
    timeline = sources.read(str(car), ReadOptions(handle="ada.example.com", name="Countess"))
    post = next(iter(timeline.posts))
    assert (timeline.account.handle, timeline.account.name) == ("ada.example.com", "Countess")
    assert (post.author, post.url) == ("ada.example.com", f"{PAGE}/post/{record_key(0)}")


def test_blocks_may_come_in_any_order(tmp_path):
    """Blocks are read in any order, and a file is recognised by its content."""
    writer = CarWriter()
    root = writer.commit(writer.add_tree(RECORDS))
    path = tmp_path / "download"
    path.write_bytes(writer.content(root, reverse=True))
    assert bluesky_repo.recognises(str(path)) is Match.CONTENT
    assert len(list(sources.read(str(path)).posts)) == 41


def test_old_commits_are_not_read(tmp_path):
    """A post that the newest commit lacks was deleted, and is not read, though its block is in the file."""
    writer = CarWriter()
    writer.commit(
        writer.add_tree(RECORDS | {f"app.bsky.feed.post/{record_key(50)}": bluesky_post("deleted")})
    )
    root = writer.commit(writer.add_tree(RECORDS))
    path = tmp_path / "repo.car"
    path.write_bytes(writer.content(root))
    assert b"deleted" in path.read_bytes()
    assert "deleted" not in {post.text for post in sources.read(str(path)).posts}


def refused(path, reason="download"):
    with pytest.raises(BrokenArchive, match=reason) as error:
        list(bluesky_repo.read(str(path), ReadOptions()).posts)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_that_was_cut_is_reported(car):
    """A file that is cut anywhere is refused in one line."""
    content = car.read_bytes()
    for length in [*range(80), *range(80, len(content), 97), len(content) - 1]:
        car.write_bytes(content[:length])
        refused(car)


def test_changed_bytes_are_reported(car):
    """A block that does not match its hash is refused."""
    content = car.read_bytes()
    at = content.index(b"post number 7")
    car.write_bytes(content[:at] + b"POST" + content[at + 4 :])
    refused(car, "damaged at byte")


@pytest.mark.parametrize(
    "content",
    [
        b"\xff" * 100,  # a length without end
        b"\x80" * 8 + b"\x01",  # a length of 2^56
        b"\x00",
        b"\x0a\xa1gversion\x02",
        b"\x11\xa2eroots\x80gversion\x01",  # no root
        b"<html>Please log in</html>",
    ],
)
def test_what_is_no_car_is_reported(tmp_path, content):
    """Impossible lengths, other versions and other files are refused."""
    path = tmp_path / "repo.car"
    path.write_bytes(content)
    refused(path)


def write_tree(path, make):
    """Write a repository with the given tree."""
    writer = CarWriter()
    path.write_bytes(writer.content(writer.commit(make(writer))))
    return path


def entry(key, value, subtree=None, shared=0):
    return {"p": shared, "k": key.encode(), "v": value, "t": subtree}


def test_a_missing_part_is_reported(tmp_path):
    """A file that lacks blocks is refused."""
    absent = CarWriter().add({"e": [], "l": None})
    refused(write_tree(tmp_path / "a.car", lambda w: w.add({"e": [], "l": absent})), "lacks a part")


def test_a_tree_that_repeats_itself_is_reported(tmp_path):
    """A tree with repeated subtrees is refused at the first repeated key; else it would have 2^30 nodes."""

    def make(writer):
        value = writer.add(bluesky_post("again"))
        node = writer.add({"e": [entry("app.bsky.feed.post/3a", value)], "l": None})
        for _ in range(30):
            node = writer.add({"e": [entry("app.bsky.feed.post/3b", value, node)], "l": node})
        return node

    refused(write_tree(tmp_path / "a.car", make), "tree of the repository is damaged")


def test_a_tree_too_deep_is_refused(tmp_path):
    """A tree that is too deep is refused."""

    def make(writer):
        node = None
        for _ in range(100_000):
            node = writer.add({"e": [], "l": node})
        return node

    refused(write_tree(tmp_path / "a.car", make), "tree of the repository is damaged")


@pytest.mark.parametrize(
    "node",
    [
        {"e": None, "l": None},
        {"e": [{"p": 0, "k": "text", "v": b"x"}], "l": None},
        {"e": [{"p": -1, "k": b"", "v": b"\x01\x71"}], "l": None},
        {"e": [], "l": b"short"},
        [1],
        "node",
    ],
)
def test_a_tree_of_another_form_is_reported(tmp_path, node):
    """A tree whose nodes have another form is refused."""
    refused(write_tree(tmp_path / "a.car", lambda writer: writer.add(node)))


def test_records_in_records_without_end_do_no_harm(tmp_path):
    """A record that is nested a hundred thousand deep is skipped, and the others are read."""

    def make(writer):
        content = b"\x81" * 100_000 + b"\x00"
        cid = b"\x01\x71\x12\x20" + hashlib.sha256(content).digest()
        writer.blocks[cid] = content
        good = writer.add(bluesky_post("good"))
        entries = [entry("app.bsky.feed.post/3a", cid), entry("app.bsky.feed.post/3b", good)]
        return writer.add({"e": entries, "l": None})

    path = write_tree(tmp_path / "repo.car", make)
    assert [post.text for post in sources.read(str(path)).posts] == ["good"]


@given(st.lists(st.tuples(st.integers(0, 10**6), st.binary(max_size=6)), max_size=5), st.integers(0, 10**6))
def test_any_file_is_read_or_refused(tmp_path_factory, changes, cut):
    """A randomly damaged repository gives posts or one of the project's errors."""
    small = {key: RECORDS[key] for key in list(RECORDS)[:8]}
    path = write_car(tmp_path_factory.getbasetemp() / "random.car", small)
    content = bytearray(path.read_bytes())
    for place, new in changes:
        at = place % len(content)
        content[at : at + len(new)] = new
    path.write_bytes(content[: len(content) - cut % 200 if cut % 3 == 0 else None])
    try:
        list(sources.read(str(path), source="bluesky_repo").posts)
    except HuggingtweetsError as error:
        assert "\n" not in str(error)  # noqa: PT017 -- not raising is as right


# live


@pytest.mark.parametrize(
    ("location", "actor"),
    [
        ("bsky:jane.bsky.social", "jane.bsky.social"),
        ("bsky:@jane.bsky.social", "jane.bsky.social"),
        ("https://bsky.app/profile/jane.example.com", "jane.example.com"),
        ("https://bsky.app/profile/jane.example.com/post/3k?ref=x#y", "jane.example.com"),
        (f"https://bsky.app/profile/{DID}", DID),
        (DID, DID),
        (f"bsky:{DID}", DID),
        ("did:web:jane.example.com", "did:web:jane.example.com"),
    ],
)
def test_addresses_of_accounts_are_known(location, actor):
    """Handles, profile links and DIDs are recognised by their form."""
    assert bluesky.recognises(location) is Match.CONTENT
    assert bluesky._actor(location) == actor


@pytest.mark.parametrize(
    "location", ["", "jane", "jane.bsky.social", "https://bsky.app/", "posts.csv", "x:jane"]
)
def test_other_locations_are_not_taken(location):
    """Locations of other forms are not recognised."""
    assert bluesky.recognises(location) is Match.NO


@pytest.mark.parametrize(
    "location", ["bsky:", "bsky:jane", "bsky:../..", "did:plc:", "bsky:jane.bsky.social:8080"]
)
def test_a_mistyped_address_is_reported(location):
    """An impossible handle is refused with an example, and no request is sent."""
    with pytest.raises(LocationError, match=r"like bsky:jane\.bsky\.social"):
        sources.read(location)


class Service:
    """Imitates Bluesky's app server, the directory of DIDs and a personal data server."""

    def __init__(self, posts=0):
        self.did, self.handle = DID, "ada.example.com"
        self.profile = {"displayName": "Ada Tests", "description": "counts"}
        self.records = []
        self.url = ""
        self.post(posts)

    def post(self, number):
        """Publish a number of posts."""
        for n in range(len(self.records), len(self.records) + number):
            uri = f"at://{DID}/app.bsky.feed.post/{record_key(n)}"
            self.records.insert(0, {"uri": uri, "cid": "x", "value": bluesky_post(f"post number {n}", n)})

    def answer(self, request):
        """Return the reply of the real service."""
        if request.path == "/xrpc/app.bsky.actor.getProfile":
            if request.query["actor"] not in {self.did, self.handle}:
                return Reply(400, {"error": "InvalidRequest", "message": "Profile not found"})
            known = {"did": self.did, "handle": self.handle, "postsCount": len(self.records)}
            return Reply(body=known | {"avatar": f"{self.url}/avatar"} | self.profile)
        if request.path == f"/{self.did}":
            service = {"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": self.url}
            return Reply(body={"id": self.did, "service": [{"id": "#other", "serviceEndpoint": {}}, service]})
        if request.path == "/avatar":
            return Reply(body=b"picture")
        if request.path == "/xrpc/com.atproto.repo.listRecords":
            return self.listing(request.query)
        return Reply(404, {"error": "NotFound"})

    def listing(self, query):
        """Return a page of records, newest first; the cursor is the last record's key."""
        assert (query["repo"], query["collection"], query["limit"]) == (DID, "app.bsky.feed.post", "100")
        cursor = query.get("cursor", "~")
        page = [r for r in self.records if r["uri"].split("/")[-1] < cursor][:100]
        more = {"cursor": page[-1]["uri"].split("/")[-1]} if page else {}
        return Reply(body={"records": page, **more})


@pytest.fixture
def service(monkeypatch):
    """An account with 250 posts."""
    monkeypatch.setattr(http, "FIRST_WAIT", 0.0)
    return Service(250)


@pytest.fixture
def server(service):
    with LocalServer(service.answer) as running:
        service.url = running.url
        yield running


def read(server, location="bsky:ada.example.com", **options):
    return sources.read(location, ReadOptions(server=server.url, allow_private=True, **options))


def test_an_account_is_read_live(server):
    """Name, bio, picture and all posts are read, newest first, with no needless request."""
    timeline = read(server)
    account, posts = timeline.account, list(timeline.posts)
    assert (account.handle, account.name, account.bio) == ("ada.example.com", "Ada Tests", "counts")
    assert (account.avatar, account.url, account.source) == (b"picture", PAGE, "bluesky")
    assert [post.text for post in posts] == [f"post number {n}" for n in reversed(range(250))]
    assert (timeline.expected, timeline.digest) == (250, "")
    assert posts[0].url == f"{PAGE}/post/{record_key(249)}"
    assert server.paths().count("/xrpc/com.atproto.repo.listRecords") == 4
    assert not [request for request in server.requests if "authorization" in request.headers]


def test_a_did_finds_the_same_account(server):
    """A DID leads to the same account as its handle."""
    assert read(server, DID).account == read(server).account


def test_an_account_without_a_working_handle_is_named_by_its_did(server, service):
    """An account with `handle.invalid` is named by its DID."""
    service.handle = "handle.invalid"
    account = read(server, DID).account
    assert (account.handle, account.url) == (DID.replace(":", "_"), f"https://bsky.app/profile/{DID}")


def test_the_next_run_asks_only_for_what_is_new(server, service):
    """The next run fetches only new posts, and the profile again, since it may opt out by now."""
    list(read(server).posts)
    service.post(5)
    server.requests.clear()
    assert len(list(read(server).posts)) == 255
    assert server.paths().count("/xrpc/com.atproto.repo.listRecords") == 1


def test_a_key_of_another_form_costs_no_other_post(server, service):
    """Records under keys that are no times are skipped and counted, and what stands behind them is read."""
    for key in ("zzz", "3zzzzzzzzzzz!", "self"):
        uri = f"at://{DID}/app.bsky.feed.post/{key}"
        service.records.append({"uri": uri, "cid": "x", "value": bluesky_post("of no time")})
    service.records.sort(key=lambda record: record["uri"], reverse=True)
    with count_skipped() as skipped:
        assert len(list(read(server).posts)) == 250
    assert skipped == {"no posts": 3}
    uri = f"at://{DID}/app.bsky.feed.post/{record_key(250)}"
    service.records.insert(3, {"uri": uri, "cid": "x", "value": bluesky_post("new", 250)})
    assert [post.text for post in read(server).posts][:2] == ["new", "post number 249"]


def test_a_dropped_connection_loses_nothing(server, monkeypatch):
    """The page before a failure is not fetched again."""
    monkeypatch.setattr(http, "TRIES", 2)
    posts = iter(read(server).posts)
    assert len(list(islice(posts, 100))) == 100
    server.next(*[Reply(body={"records": []}, sent=5)] * 2)
    with pytest.raises(Unreachable, match="breaks off"):
        next(posts)
    server.requests.clear()
    assert len(list(read(server).posts)) == 250
    listed = [request.query.get("cursor") for request in server.requests if "listRecords" in request.path]
    assert listed == [None, record_key(150), record_key(50), record_key(0)]


INTERRUPTED = """
import sys
from huggingtweets import sources
from huggingtweets.sources import ReadOptions

timeline = sources.read("bsky:ada.example.com", ReadOptions(server=sys.argv[1], allow_private=True))
for post in timeline.posts:
    print(post.text, flush=True)
"""


@pytest.mark.skipif(os.name != "posix", reason="sends a signal of POSIX")
def test_ctrl_c_loses_nothing(server, service):
    """The pages before a Ctrl-C are not fetched again."""
    genuine = service.listing
    service.listing = lambda query: (
        Reply(body=b"{}", pause=60) if query.get("cursor") == record_key(50) else genuine(query)
    )
    command = [sys.executable, "-c", INTERRUPTED, server.url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        for _ in range(200):
            next(process.stdout)
        process.send_signal(2)
        assert "KeyboardInterrupt" in process.communicate()[1]
    service.listing = genuine
    server.requests.clear()
    assert len(list(read(server).posts)) == 250
    assert server.paths().count("/xrpc/com.atproto.repo.listRecords") == 3


def test_faults_are_retried(server):
    """Rate limits, errors, cut pages and nonsense are retried, and no post is lost."""
    posts = read(server).posts
    server.next(
        Reply(429, headers={"RateLimit-Reset": "0"}),
        Reply(502, b"<html>"),
        Reply(body={"records": []}, sent=5),
        Reply(body=b'{"records": [{'),
    )
    assert len(list(posts)) == 250


@pytest.mark.parametrize("neg", [False, True])
def test_accounts_only_for_signed_in_people_are_refused(server, service, neg):
    """An account with the label for signed-in people is refused before any post is fetched."""
    label = {"src": DID, "uri": f"at://{DID}/app.bsky.actor.profile/self", "val": "!no-unauthenticated"}
    service.profile["labels"] = [label | {"neg": neg}]
    if neg:
        assert len(list(read(server).posts)) == 250
    else:
        with pytest.raises(Unreachable, match=r"only to people who are signed in.*give that file"):
            read(server)
        assert server.paths() == ["/xrpc/app.bsky.actor.getProfile"]


def test_cached_posts_of_such_accounts_are_not_read(server, service):
    """Cached posts are not read either once the account has the label."""
    list(read(server).posts)
    service.profile["labels"] = [{"val": "!no-unauthenticated"}]
    with pytest.raises(Unreachable):
        read(server)


@pytest.mark.parametrize(
    ("of_account", "of_repository", "said"),
    [
        ("AccountTakedown", "RepoTakendown", "was taken down"),
        ("AccountDeactivated", "RepoDeactivated", "was deactivated by its owner"),
        ("InvalidRequest", "InvalidRequest", "there is no account ada"),
    ],
)
def test_accounts_that_are_gone_are_reported(server, of_account, of_repository, said):
    """Accounts that were taken down, deactivated or unknown are refused in one line."""
    server.next(Reply(400, {"error": of_account, "message": "x"}))
    with pytest.raises(Unreachable, match=said):
        read(server)
    posts = read(server).posts
    server.next(Reply(400, {"error": of_repository, "message": "x"}))
    with pytest.raises(Unreachable, match=said):
        list(posts)


def test_an_account_that_has_no_server_is_reported(server):
    """A DID without a server is refused."""
    server.next(Reply(body={"did": DID, "handle": "ada.example.com"}), Reply(body={"id": DID}))
    with pytest.raises(Unreachable, match="no server that holds its posts"):
        read(server)


def test_a_missing_picture_is_no_trouble(server, service):
    """An account without a picture is read."""
    service.profile["avatar"] = f"{server.url}/gone"
    assert read(server).account.avatar is None


def test_records_of_others_and_of_other_forms_are_left_out(server, service):
    """Records of other accounts or of another form are skipped."""
    service.records[3]["uri"] = OTHER
    service.records[5]["value"] = {"$type": "app.bsky.feed.post", "words": "x"}
    assert len(list(read(server).posts)) == 248


def test_a_server_in_a_private_network_is_not_asked(server):
    """Neither a location nor a DID's document leads to a private address."""
    with pytest.raises(Unreachable, match="inside of a private network"):
        sources.read("bsky:ada.example.com", ReadOptions(server=server.url))
    assert not server.requests
