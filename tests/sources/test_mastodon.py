"""Mastodon, live and as an archive: posts as typed, and only those that everybody may read.

The answers of the live service are written by hand from the documented form (docs.joinmastodon.org).
"""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections import Counter
from datetime import UTC, datetime
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huggingtweets import sources
from huggingtweets.errors import BrokenArchive, HuggingtweetsError, LocationError, Unreachable
from huggingtweets.sources import Match, ReadOptions, mastodon, mastodon_export
from huggingtweets.sources._formats import http
from huggingtweets.sources._formats.markup import Mention, activity_text
from huggingtweets.sources._formats.tar_files import TarFiles, is_tar
from huggingtweets.types import PostKind, Visibility
from tests.conftest import SHARED
from tests.helpers.local_server import LocalServer, Reply, Request
from tests.helpers.network_exports import ACTOR, PUBLIC, mastodon_files, note, write_files

FOLLOWERS = f"{ACTOR}/followers"
LINK = (
    '<a href="https://www.example.com/a/long/path?x=1&amp;y=2" target="_blank" rel="nofollow noopener">'
    '<span class="invisible">https://www.</span><span class="ellipsis">example.com/a/long/pa</span>'
    '<span class="invisible">th?x=1&amp;y=2</span></a>'
)


def mention(user, server):
    """Return a mention as Mastodon writes it."""
    address = f"https://{server}/@{user}"
    return f'<span class="h-card"><a href="{address}" class="u-url mention">@<span>{user}</span></a></span>'


# HTML


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>one<br>two<br />three</p><p>four</p>", "one\ntwo\nthree\n\nfour"),
        (
            "<p>5 &lt; 6 &amp;&amp; &quot;so&quot; it&#39;s &#x1F600; &amp;lt;</p>",
            '5 < 6 && "so" it\'s 😀 &lt;',
        ),
        (f"<p>see {LINK}!</p>", "see https://www.example.com/a/long/path?x=1&y=2!"),
        ('<p><a href="https://a.org/x">words</a></p>', "words"),
        ('<p><a href="https://a.org/x">https://a.org/x</a></p>', "https://a.org/x"),
        (
            '<a href="https://a.org/tags/Cats" class="mention hashtag">#<span>Cats</span></a> &amp; co',
            "#Cats & co",
        ),
        ("no\nelements\n\nat all", "no elements at all"),
        (
            '<p class="quote-inline">RE: <a href="https://a.org/@b/1">https://a.org/@b/1</a></p><p>true</p>',
            "true",
        ),
        ('<p>hi <img class="emoji" alt=":blob:" src="x"></p>', "hi :blob:"),
        ("<ul><li>one</li><li>two</li></ul><p>three</p>", "one\ntwo\n\nthree"),
        ("<blockquote>their words</blockquote><p>mine</p>", "mine"),
        ("<script>evil()</script><style>p{}</style>good", "good"),
        ("", ""),
        ("<p></p>", ""),
        ("<frameset>", ""),
    ],
)
def test_html_becomes_what_was_typed(html, text):
    """Lines, full links, hashtags and entities are read; no element and no script stays."""
    assert activity_text(html) == text


def test_mentions_are_named_in_full():
    """A mention of somebody on another server gets the server's name."""
    named = [("bob", "a.org"), ("bob", "b.org"), ("Eve", "home.org"), ("x", "c.org")]
    html = " ".join(mention(*person) for person in named)
    people = [
        Mention("@bob@b.org", "https://b.org/users/bob"),
        Mention("@bob@a.org", "https://a.org/users/bob"),
        Mention("@eve", "https://home.org/users/eve"),
    ]
    assert activity_text(html, people) == "@bob@a.org @bob@b.org @eve @x"


def test_a_server_under_another_name_is_found():
    """A mention is matched by its name; between two of the same name, the address decides."""
    elsewhere = [Mention("@bob@a.org", "https://social.a.org/users/9x")]
    assert activity_text(mention("bob", "www.a.org"), elsewhere) == "@bob@a.org"
    two = [*elsewhere, Mention("@bob@b.org", "https://www.a.org/@bob")]
    assert activity_text(mention("bob", "www.a.org"), two) == "@bob@b.org"
    assert activity_text(mention("bob", "c.org"), two) == "@bob"


@given(st.text("<>/apbr &;#@=\"'!-\nx😀", max_size=60))
def test_any_html_is_read(html):
    """Any HTML is read without an error."""
    assert isinstance(activity_text(html, [Mention("@x", "http://[")]), str)


def test_deep_html_is_read():
    """Deeply nested HTML is read."""
    assert activity_text("<b>" * 50_000 + "x") == "x"
    assert activity_text("<p><a href='http://a.org'>" * 5_000 + "x").endswith("x")


# archives


@pytest.mark.parametrize(
    ("name", "who", "kinds", "visible"),
    [
        (
            "mastodon-export.zip",
            ("lmorchard@toot.lmorchard.com", "Les Orchard", 255_487),
            {PostKind.ORIGINAL: 14, PostKind.REPLY: 4},
            {Visibility.PUBLIC: 18},
        ),
        (
            "mastodon-export.tar.gz",
            ("lmorchard@mastodon.social", "Les Orchard 🕹️🔧🐱🐰", 4_138),
            {PostKind.ORIGINAL: 84, PostKind.REPLY: 102, PostKind.REPOST: 34},
            {Visibility.PUBLIC: 218, Visibility.UNLISTED: 2},  # 3 private and 1 direct post are in it, too
        ),
    ],
)
def test_real_archives_are_read(name, who, kinds, visible):
    """Real archives: all public and unlisted posts are read, no private and no direct ones."""
    path = SHARED / "fixtures" / "mastodon" / name
    if not path.exists():
        pytest.skip(f"needs the real archive {name}, which is not part of the repository")
    assert sources.recognise(str(path)) == "mastodon_export"
    timeline = sources.read(str(path))
    posts = list(timeline.posts)
    assert (timeline.account.handle, timeline.account.name, len(timeline.account.avatar)) == who
    assert Counter(post.kind for post in posts) == kinds
    assert Counter(post.visibility for post in posts) == visible
    assert all(post.created_at for post in posts)
    assert not [post.text for post in posts if "<" in post.text and ">" in post.text]
    assert {post.lang for post in posts if post.kind is not PostKind.REPOST} == {"en"}
    assert any(post.text.count("https://") and len(post.text) > 60 for post in posts)


def boost(number, **fields):
    """Return an activity that boosts another post."""
    boost = note(number, "") | {"type": "Announce", "object": f"https://other.social/users/b/{number}"}
    return boost | fields


ACTIVITIES = [
    note(0, "<p>first</p>"),
    note(1, "<p>a reply</p>", inReplyTo="https://other.social/users/b/statuses/5"),
    note(2, "<p>a thread</p>", inReplyTo=f"{ACTOR}/statuses/1000"),
    note(3, "<p>unlisted</p>", to=[FOLLOWERS], cc=[PUBLIC]),
    note(4, "<p>secret of followers</p>", to=[FOLLOWERS], cc=[]),
    note(5, "<p>secret to one</p>", to=["https://other.social/users/b"], cc=[]),
    boost(6),
    note(7, "<p>grüße</p>", contentMap={"de": "<p>grüße</p>"}, summary="greeting"),
    note(8, "<p>which?</p>", type="Question", oneOf=[{"type": "Note", "name": "this"}], endTime="x"),
    note(9, "<p>indeed</p>", quote="https://other.social/users/b/statuses/6"),
    {"type": "Delete", "actor": ACTOR, "to": [PUBLIC], "object": f"{ACTOR}/statuses/1"},
    boost(10, to=[FOLLOWERS], cc=[], object="https://other.social/secret-boost"),
    note(11, "<p>secret of somebody else</p>") | {"actor": "https://other.social/users/b"},
]
TEXTS = ["first", "a reply", "a thread", "unlisted", "", "grüße", "which?", "indeed"]


@pytest.fixture(params=["a.zip", "a.tar.gz", "a.tar", "folder", "inside/outbox.json"])
def archive(tmp_path, request):
    """Write an archive in one of its forms."""
    files = mastodon_files(ACTIVITIES)
    path = tmp_path / request.param
    if path.suffix == ".json":
        write_files(path.parent, files)
        return path
    return write_files(path, files)


def test_an_archive_is_read_in_every_form(archive):
    """Zip, tar, tar.gz, folder and the outbox alone give the same posts in the same order."""
    assert sources.recognise(str(archive)) == "mastodon_export"
    timeline = sources.read(str(archive))
    account, posts = timeline.account, list(timeline.posts)
    assert (account.handle, account.name, account.bio) == ("ada@example.social", "Ada Tests", "counts")
    assert (account.avatar, account.url) == (b"\x89PNG picture", "https://example.social/@ada")
    assert [post.text for post in posts] == TEXTS
    assert {post.author for post in posts} == {"ada@example.social"}
    assert len(timeline.digest) == 64


def test_posts_have_what_the_archive_knows(tmp_path):
    """Kind, answered post, language, time, address and visibility are read; a content warning is not."""
    posts = list(sources.read(str(write_files(tmp_path / "a.zip", mastodon_files(ACTIVITIES)))).posts)
    kinds = [
        PostKind.ORIGINAL,
        PostKind.REPLY,
        PostKind.REPLY,
        PostKind.ORIGINAL,
        PostKind.REPOST,
        PostKind.ORIGINAL,
        PostKind.ORIGINAL,
        PostKind.QUOTE,
    ]
    assert [post.kind for post in posts] == kinds
    assert posts[1].reply_to == "https://other.social/users/b/statuses/5"
    assert posts[2].reply_to == posts[0].id
    assert [post.visibility for post in posts].index(Visibility.UNLISTED) == 3
    assert (posts[5].lang, posts[0].lang, posts[4].lang) == ("de", "en", None)
    assert posts[0].created_at == datetime(2024, 5, 1, 12, tzinfo=UTC)
    assert posts[0].url == "https://example.social/@ada/1000"


def test_what_was_not_for_everybody_is_nowhere(archive):
    """Private and direct posts, boosts to followers and posts of others are not read."""
    timeline = sources.read(str(archive))
    assert "secret" not in repr(timeline.account) + repr(list(timeline.posts))


@pytest.mark.parametrize("public", [PUBLIC, "as:Public", "Public"])
@pytest.mark.parametrize("form", [lambda one: one, lambda one: [one], lambda one: [FOLLOWERS, one]])
def test_all_names_of_everybody_are_known(tmp_path, public, form):
    """`#Public` is recognised in its three spellings, in a list or alone."""
    activities = [note(0, "<p>hello</p>", to=form(public)), note(1, "<p>secret</p>", to=FOLLOWERS, cc=None)]
    path = write_files(tmp_path / "a.zip", mastodon_files(activities))
    assert [post.text for post in sources.read(str(path)).posts] == ["hello"]


@pytest.mark.parametrize("others", ["https://example.social/users/bob", [{"id": "https://b.example/bob"}]])
def test_what_another_wrote_is_not_read(tmp_path, others):
    """Some servers publish the words of others in one's name; each names its author in a way of its own."""
    own = [
        note(n, f"<p>mine {n}</p>", attributedTo=by) for n, by in enumerate((ACTOR, [{"id": ACTOR}], None))
    ]
    files = mastodon_files([*own, note(3, "<p>theirs</p>", attributedTo=others)])
    posts = sources.read(str(write_files(tmp_path / "archive.zip", files))).posts
    assert [post.text for post in posts] == ["mine 0", "mine 1", "mine 2"]


def test_an_outbox_alone_names_its_author(tmp_path):
    """Without a matching actor.json the activities name the author."""
    files = mastodon_files(ACTIVITIES, id="https://other.social/users/b", name="Somebody else")
    path = tmp_path / "my outbox.json"
    path.write_bytes(files["outbox.json"])
    assert sources.read(str(path)).account.name == "ada"
    write_files(tmp_path, files)
    timeline = sources.read(str(tmp_path / "outbox.json"))
    assert (timeline.account.handle, timeline.account.name) == ("ada@example.social", "ada")
    assert [post.text for post in timeline.posts] == TEXTS


def test_a_handle_must_be_the_archives(tmp_path):
    """The user's handle must be the archive's, with or without the server."""
    path = str(write_files(tmp_path / "a.zip", mastodon_files(ACTIVITIES)))
    for handle in ("ada", "@Ada", "ada@example.social"):
        assert sources.read(path, ReadOptions(handle=handle)).account.handle == "ada@example.social"
    with pytest.raises(LocationError, match=r"posts of @ada@example\.social, not of @bob"):
        sources.read(path, ReadOptions(handle="bob"))


def test_keys_may_come_in_any_order(tmp_path):
    """An outbox with sorted keys or indentation is read."""
    files = mastodon_files(ACTIVITIES)
    for options in (
        {"sort_keys": True},
        {"indent": 2},
        {"indent": 2, "sort_keys": True, "ensure_ascii": False},
    ):
        files["outbox.json"] = json.dumps(json.loads(files["outbox.json"]), **options).encode()
        path = write_files(tmp_path / "a.zip", files)
        assert [post.text for post in sources.read(str(path)).posts] == TEXTS


def test_an_archive_in_a_folder_of_its_own_is_found(tmp_path):
    """An archive with one folder around its files is read."""
    files = {f"archive-2024/{name}": content for name, content in mastodon_files(ACTIVITIES).items()}
    for name in ("a.zip", "a.tar.gz"):
        timeline = sources.read(str(write_files(tmp_path / name, files)))
        assert timeline.account.avatar == b"\x89PNG picture"
        assert len(list(timeline.posts)) == len(TEXTS)


def refused(path, reason):
    with pytest.raises(LocationError, match=reason) as error:
        list(sources.read(str(path), source="mastodon_export").posts)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("length", [0, 10, 100, 300, 1000, -600, -100])
@pytest.mark.parametrize("name", ["a.zip", "a.tar.gz"])
def test_a_cut_archive_is_reported(tmp_path, name, length):
    """An archive that is cut anywhere is refused."""
    path = write_files(tmp_path / name, mastodon_files(ACTIVITIES))
    path.write_bytes(path.read_bytes()[:length])
    refused(path, "not a whole|is damaged|breaks off")


@pytest.mark.parametrize("length", [0, 50, 200, 1000, -1, -2, -30])
def test_a_cut_outbox_is_reported(tmp_path, length):
    """A cut outbox is an error, and is never read in part without one."""
    path = tmp_path / "outbox.json"
    path.write_bytes(mastodon_files(ACTIVITIES)["outbox.json"][:length])
    if length == -1:  # only the object's own bracket is gone, and no post
        assert len(list(sources.read(str(path), source="mastodon_export").posts)) == len(TEXTS)
    else:
        refused(path, "breaks off|no whole outbox")


@pytest.mark.parametrize("actor", [b"[]", b"{", b"\xff", b'{"preferredUsername": 5}', b"[" * 100_000])
def test_a_damaged_actor_is_reported(tmp_path, actor):
    """A damaged actor.json is reported by its name."""
    refused(write_files(tmp_path / "a.zip", mastodon_files(ACTIVITIES) | {"actor.json": actor}), "actor.json")


def test_a_nameless_outbox_needs_a_handle(tmp_path):
    """If the archive names nobody, the user gives the handle."""
    activities = [{key: value for key, value in note(0, "<p>hello</p>").items() if key != "actor"}]
    path = tmp_path / "outbox.json"
    path.write_bytes(mastodon_files(activities)["outbox.json"])
    refused(path, "give the handle with --handle")
    timeline = sources.read(str(path), ReadOptions(handle="@ada@example.social"))
    assert [post.author for post in timeline.posts] == ["ada@example.social"]


def test_other_files_are_left_to_others(tmp_path):
    """A folder, zip, tar or JSON without an outbox is not recognised."""
    for name in ("a.zip", "folder"):
        assert mastodon_export.recognises(str(write_files(tmp_path / name, {"x.json": b"{}"}))) is Match.NO
    (tmp_path / "posts.json").write_text('[{"text": "x"}]')
    assert mastodon_export.recognises(str(tmp_path / "posts.json")) is Match.NO
    refused(write_files(tmp_path / "a.tar.gz", {"x.json": b"{}"}), "no outbox.json is in it")


# tar


def write_tar(path, *members):
    with tarfile.open(path, "w:gz") as tar:
        for member, content in members:
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def read_tar(path):
    with TarFiles(path) as files:
        return [files.read(name, 10**9) for name in files.names()]


def tar_refused(path, reason):
    with pytest.raises(BrokenArchive, match=reason) as error:
        read_tar(path)
    assert str(path) in str(error.value)


@pytest.mark.parametrize("name", ["../up", "a/../../up", "/etc/passwd", "C:\\up", "..\\up"])
def test_a_tar_that_climbs_out_is_refused(tmp_path, name):
    """A tar with a name that leads out of it is refused."""
    tar_refused(write_tar(tmp_path / "a.tar.gz", (tarfile.TarInfo(name), b"x")), "climbs out")


def test_two_files_of_one_name_in_a_tar_are_refused(tmp_path):
    """Two files of the same name in a tar are refused."""
    twice = [(tarfile.TarInfo("a"), b"1"), (tarfile.TarInfo("./a"), b"2")]
    tar_refused(write_tar(tmp_path / "a.tar.gz", *twice), "more than once")


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE]
)
def test_a_tar_holds_files_only(tmp_path, kind):
    """Links, pipes and devices in a tar are not listed."""
    member = tarfile.TarInfo("outbox.json")
    member.type, member.linkname = kind, "/etc/passwd"
    path = write_tar(tmp_path / "a.tar.gz", (member, b""), (tarfile.TarInfo("folder/b"), b"x"))
    with TarFiles(path) as files:
        assert not files.has("outbox.json")
        assert (files.names(), files.folders(), files.names("folder/")) == ((), ("folder",), ("b",))


def test_a_tar_that_explodes_is_refused(tmp_path):
    """A tar that explodes is refused, by the content of a file or the length of a header."""
    path = tmp_path / "a.tar.gz"
    bomb = tarfile.TarInfo("outbox.json")
    bomb.size = 1 << 40
    path.write_bytes(gzip.compress(bomb.tobuf() + bytes(10_000)))
    tar_refused(path, "would grow")
    name = tarfile.TarInfo("././@LongLink")
    name.type, name.size = tarfile.GNUTYPE_LONGNAME, 1 << 30
    path.write_bytes(gzip.compress(name.tobuf() + bytes(1 << 22)))
    tar_refused(path, "not a whole tar")


def test_a_name_that_is_no_text_can_be_printed(tmp_path):
    """A name in a tar that is not UTF-8 can be printed in messages."""
    path = tmp_path / "a.tar.gz"
    bomb = tarfile.TarInfo("\udc89PNG\n")
    bomb.size = 1 << 40
    path.write_bytes(gzip.compress(bomb.tobuf(errors="surrogateescape") + bytes(10_000)))
    with pytest.raises(BrokenArchive, match="would grow") as error:
        read_tar(path)
    assert str(error.value).encode()
    assert "\n" not in str(error.value)


def test_long_names_in_a_tar_are_read(tmp_path):
    """Long names, as those of media in real archives, are read."""
    name = "media/" + "x" * 300 + ".png"
    path = write_tar(tmp_path / "a.tar.gz", (tarfile.TarInfo(name), b"picture"))
    with TarFiles(path) as files:
        assert files.read(name, 100) == b"picture"
    assert is_tar(path)


@given(st.lists(st.tuples(st.integers(0, 10**6), st.binary(max_size=4)), max_size=6), st.booleans())
def test_any_tar_is_read_or_refused(tmp_path_factory, changes, packed):
    """A randomly damaged tar gives posts or one of the project's errors."""
    path = tmp_path_factory.getbasetemp() / "random.tar"
    content = bytearray(write_files(path, mastodon_files(ACTIVITIES[:3])).read_bytes())
    for place, new in changes:
        at = place % len(content)
        content[at : at + len(new)] = new
    path.write_bytes(gzip.compress(content, 1) if packed else content)
    try:
        list(sources.read(str(path), source="mastodon_export").posts)
    except HuggingtweetsError as error:
        assert "\n" not in str(error)  # noqa: PT017 -- not raising is as right


# live


@pytest.mark.parametrize(
    ("location", "account"),
    [
        ("mastodon:jane@mastodon.social", ("jane", "mastodon.social")),
        ("mastodon:@jane.d-e@sub.example.org", ("jane.d-e", "sub.example.org")),
        ("https://mastodon.social/@jane", ("jane", "mastodon.social")),
        ("https://mastodon.social/@jane/", ("jane", "mastodon.social")),
        ("https://mastodon.social/@jane@example.org", ("jane", "example.org")),
        ("https://mastodon.social/web/@jane", ("jane", "mastodon.social")),
    ],
)
def test_addresses_of_accounts_are_known(location, account):
    """Addresses and profile links are recognised by their form."""
    assert mastodon.recognises(location) is Match.CONTENT
    assert mastodon._user_and_server(location) == account


@pytest.mark.parametrize(
    "location",
    [
        "mastodon:jane",
        "mastodon:jane@localhost",
        "jane@mastodon.social",
        "https://mastodon.social/@jane.rss",
        "https://mastodon.social/@jane/110",
        "https://www.youtube.com/@jane",
        "https://medium.com/@jane",
        "https://www.threads.net/@jane",
        "https://mastodon.social/",
        "posts.csv",
    ],
)
def test_other_locations_are_not_taken(location):
    """Feeds, single posts, and links of other sites with an @ are not recognised."""
    assert mastodon.recognises(location) is Match.NO
    with pytest.raises(LocationError, match=r"like mastodon:jane@mastodon\.social"):
        sources.read(location, source="mastodon")


class Service:
    """A Mastodon server with one account."""

    def __init__(self, posts=0):
        self.url = ""
        self.subject = "acct:ada@example.social"
        self.account = {
            "id": "42",
            "username": "ada",
            "acct": "ada",
            "display_name": "Ada Tests",
            "note": "<p>counts</p>",
            "url": "https://example.social/@ada",
            "locked": True,
            "discoverable": None,
            "noindex": False,
        }
        self.statuses = []
        self.post(posts)

    def post(self, number):
        """Publish a number of posts."""
        for _ in range(number):
            self.add(f"<p>post number {len(self.statuses)}</p>")

    def add(self, content, **fields):
        """Publish one post."""
        number = len(self.statuses)
        status = {
            "id": str(99_000 + number),
            "created_at": "2024-05-01T12:00:00.000Z",
            "account": {"id": "42", "username": "ada"},
            "in_reply_to_id": None,
            "visibility": "public",
            "language": "en",
            "url": f"https://example.social/@ada/{99_000 + number}",
            "content": content,
            "reblog": None,
            "mentions": [],
            "tags": [],
            "spoiler_text": "",
        }
        self.statuses.insert(0, status | fields)

    def answer(self, request):
        """Return the reply of a real server."""
        if request.path == "/.well-known/webfinger":
            if request.query["resource"] not in {"acct:ada@example.social", "acct:ada@www.example.social"}:
                return Reply(404)
            page = {"rel": "http://webfinger.net/rel/profile-page", "href": "https://example.social/@ada"}
            return Reply(
                body={
                    "subject": self.subject,
                    "links": [page, {"rel": "self", "href": f"{self.url}/users/ada"}],
                }
            )
        if request.path == "/api/v1/accounts/lookup" and request.query == {"acct": "ada"}:
            counted = {"statuses_count": len(self.statuses), "avatar": f"{self.url}/avatar.png"}
            return Reply(body=self.account | counted)
        if request.path == "/avatar.png":
            return Reply(body=b"picture")
        if request.path == "/api/v1/accounts/42/statuses":
            return self.listing(request.query)
        return Reply(404, {"error": "Record not found"})

    def listing(self, query):
        """Return a page of posts, newest first."""
        assert (query["exclude_reblogs"], query["limit"]) == ("true", "40")
        newest, oldest = int(query.get("max_id", 10**9)), int(query.get("since_id", 0))
        return Reply(body=[s for s in self.statuses if oldest < int(s["id"]) < newest][:40])


@pytest.fixture
def service(monkeypatch):
    """An account with 130 posts."""
    monkeypatch.setattr(http, "FIRST_WAIT", 0.0)
    return Service(130)


@pytest.fixture
def server(service):
    with LocalServer(service.answer) as running:
        service.url = running.url
        yield running


def read(server, location="mastodon:ada@example.social"):
    return sources.read(location, ReadOptions(server=server.url, allow_private=True))


def listed(server):
    return [request.query for request in server.requests if request.path.endswith("/statuses")]


def test_an_account_is_read_live(server):
    """Name, bio, picture and all posts are read, newest first, with no repeated request."""
    timeline = read(server)
    account, posts = timeline.account, list(timeline.posts)
    assert (account.handle, account.name, account.bio) == ("ada@example.social", "Ada Tests", "counts")
    assert (account.avatar, account.url) == (b"picture", "https://example.social/@ada")
    assert [post.text for post in posts] == [f"post number {n}" for n in reversed(range(130))]
    assert (timeline.expected, timeline.digest, posts[0].lang) == (130, "", "en")
    assert posts[0].url == "https://example.social/@ada/99129"
    assert [query.get("max_id") for query in listed(server)] == [None, "99090", "99050", "99010", "99000"]


def test_the_true_address_counts(server):
    """WebFinger gives the account's true address if its server has another name."""
    assert read(server, "https://www.example.social/@ada").account.handle == "ada@example.social"


def test_posts_have_what_the_server_knows(server, service):
    """Replies, quotes, visibility and full mentions are read."""
    service.statuses.clear()
    service.add("<p>hm</p>", in_reply_to_id="5", in_reply_to_account_id="7", visibility="unlisted")
    service.add("<p>this</p>", quote={"state": "accepted"})
    people = [{"id": "1", "username": "bob", "acct": "bob@b.org", "url": "https://b.org/@bob"}]
    service.add(f"<p>hi {mention('bob', 'b.org')}</p>", mentions=people)
    third, second, first = read(server).posts
    assert (first.kind, first.reply_to, first.visibility) == (PostKind.REPLY, "5", Visibility.UNLISTED)
    assert (second.kind, third.text) == (PostKind.QUOTE, "hi @bob@b.org")


def test_only_own_posts_for_everybody_are_kept(server, service):
    """Private and direct posts, boosts and posts of others are skipped, even if the server sends them."""
    service.statuses.clear()
    service.add("<p>good</p>")
    service.add("<p>secret</p>", visibility="private")
    service.add("<p>secret</p>", visibility="direct")
    service.add("<p>secret</p>", account={"id": "43"})
    service.add("<p>secret</p>", reblog={"id": "1", "content": "secret"})
    assert [post.text for post in read(server).posts] == ["good"]


def test_the_next_run_asks_only_for_what_is_new(server, service, home):
    """The next run sends one request with the newest known id; the cache has no private post."""
    list(read(server).posts)
    service.post(3)
    server.requests.clear()
    assert len(list(read(server).posts)) == 133
    assert [query["since_id"] for query in listed(server)] == ["99129", "99129"]
    assert len(list(home.rglob("*.sqlite"))) == 1


def test_a_dropped_connection_loses_nothing(server, monkeypatch):
    """The page before a failure is not fetched again."""
    monkeypatch.setattr(http, "TRIES", 2)
    posts = iter(read(server).posts)
    assert len(list(islice(posts, 40))) == 40
    server.next(*[Reply(body=[{"id": "1"}], sent=3)] * 2)
    with pytest.raises(Unreachable, match=r"breaks off.*what was fetched so far is kept"):
        next(posts)
    server.requests.clear()
    assert len(list(read(server).posts)) == 130
    assert [query.get("max_id") for query in listed(server)] == [None, "99090", "99050", "99010", "99000"]


def test_a_rate_limit_in_the_middle_is_waited_for(server):
    """The client waits until the moment that Mastodon's rate limit names."""
    posts = read(server).posts
    moment = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    server.next(
        Reply(429, {"error": "Throttled"}, {"X-RateLimit-Reset": moment}), Reply(500), Reply(body=b"<html>")
    )
    assert len(list(posts)) == 130


@pytest.mark.parametrize(
    "wish",
    [
        {"discoverable": False},
        {"noindex": True},
        {"note": '<p>cats <a href="https://a.org/tags/nobot" class="hashtag">#<span>nobot</span></a></p>'},
        {"note": "<p>#NoBots</p>"},
        {"note": "<p>art only #noai</p>"},
        {"fields": [{"name": "cats", "value": "<p>many</p>"}, {"name": "bots", "value": "<p>#nobots</p>"}]},
    ],
)
def test_accounts_that_opt_out_are_not_read(server, service, wish):
    """Accounts that opt out are refused before any post is fetched, and not read from the cache either."""
    list(read(server).posts)
    server.requests.clear()
    service.account |= wish
    with pytest.raises(Unreachable, match=r"does not want to be found.*give that file"):
        read(server)
    assert not listed(server)


@pytest.mark.parametrize(
    "wish",
    [
        {"discoverable": True},
        {"note": "<p>#nobody #noise</p>"},
        {"locked": False},
        {"fields": [{"name": "bots"}]},
    ],
)
def test_accounts_that_do_not_opt_out_are_read(server, service, wish):
    """Accounts that do not opt out are read."""
    service.account |= wish
    assert len(list(read(server).posts)) == 130


def test_accounts_that_cannot_be_read_are_reported(server, service):
    """Unknown and suspended accounts, and servers that need a login, are reported."""
    with pytest.raises(Unreachable, match=r"there is no account bob@example\.social"):
        read(server, "mastodon:bob@example.social")
    request = Request("/.well-known/webfinger", {"resource": "acct:ada@example.social"}, {})
    server.next(service.answer(request))
    server.next(Reply(401, {"error": "This API requires an authenticated user"}))
    with pytest.raises(Unreachable, match="only to people who are signed in"):
        read(server)
    service.account["suspended"] = True
    with pytest.raises(Unreachable, match="is suspended"):
        read(server)


@pytest.mark.parametrize(
    "links", [[], [{"rel": "self"}], [{"rel": "self", "href": "ftp://x"}], [{"rel": "self", "href": "/a"}]]
)
def test_a_server_that_points_nowhere_is_reported(server, links):
    """A WebFinger answer without a usable address is reported."""
    server.next(Reply(body={"subject": "acct:ada@example.social", "links": links}))
    with pytest.raises(Unreachable, match="does not say where"):
        read(server)


def test_a_server_in_a_private_network_is_not_asked(server):
    """A location does not lead to a private address."""
    with pytest.raises(Unreachable, match="inside of a private network"):
        sources.read("mastodon:ada@example.social", ReadOptions(server=server.url))
    assert not server.requests
