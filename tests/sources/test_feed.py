"""Feeds, made by hand after the specifications of RSS 2.0, RSS 1.0, Atom and WordPress's export."""

from __future__ import annotations

import html
import os
import time
from datetime import UTC, datetime

import pytest

from huggingtweets import sources
from huggingtweets.errors import BrokenArchive, LocationError, UnknownPlace, Unreachable
from huggingtweets.sources import ReadOptions
from huggingtweets.sources._formats.page_cache import DAY
from huggingtweets.sources._formats.skipped import NOT_PUBLIC, count_skipped
from huggingtweets.types import PostKind
from tests.helpers.export_builder import PRIVATE, rss, rss_item
from tests.helpers.local_server import LocalServer, Reply

MOMENT = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:thr="http://purl.org/syndication/thread/1.0" xml:lang="en">
<title type="html">Ada &amp;amp; tests</title><subtitle>Made up</subtitle>
<link rel="self" href="https://example.org/atom.xml"/><link href="https://example.org/"/>
<author><name>Ada Tests</name><email>{private}@example.org</email></author>
<entry><id>tag:1</id><title>Escaped</title><link href="https://example.org/1"/>
<published>2023-11-14T22:13:20Z</published><updated>2024-01-01T00:00:00Z</updated>
<content type="html">&lt;p&gt;My &lt;b&gt;words&lt;/b&gt;.&lt;/p&gt;&lt;p&gt;More.&lt;/p&gt;</content></entry>
<entry xml:lang="de"><id>tag:2</id><title/><updated>2023-11-14T23:13:20+01:00</updated>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Part of<br/>the XML.</p></div></content>
</entry>
<entry><id>tag:3</id><thr:in-reply-to ref="tag:9"/><content type="text">1 &lt; 2
second line</content></entry>
</feed>""".replace("{private}", PRIVATE)
RDF = """<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="https://example.org/"><title>Old feed</title><link>https://example.org/</link></channel>
<item rdf:about="https://example.org/1"><title>T</title><link>https://example.org/1</link>
<description>old words</description><dc:date>2023-11-14T22:13:20Z</dc:date><dc:creator>Ada</dc:creator></item>
</rdf:RDF>"""


def read_feed(tmp_path, content, file="feed.xml", **options):
    path = tmp_path / file
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert sources.recognise(str(path)) == "feed"
    timeline = sources.read(str(path), ReadOptions(**options))
    return timeline, list(timeline.posts)


def test_rss_is_read(tmp_path):
    """Channel and items of RSS become account and posts."""
    whole = "<content:encoded><![CDATA[<p>Whole <i>text</i>.</p><p>With more.</p>]]></content:encoded>"
    items = (
        rss_item(1, "Summary &hellip;", title="Title", more=whole),
        rss_item(2, "no title &amp; <b>bold</b>"),
    )
    timeline, posts = read_feed(tmp_path, rss(*items))
    account = timeline.account
    assert (account.handle, account.name, account.bio) == ("Ada_s_tests", "Ada's tests", "Made up for tests")
    assert account.url == "https://example.org/"
    assert [post.text for post in posts] == ["Title\n\nWhole text.\n\nWith more.", "no title & bold"]
    first = posts[0]
    assert (first.id, first.url, first.lang) == ("https://example.org/?p=1", "https://example.org/1", "en")
    assert (first.created_at, first.kind) == (MOMENT, PostKind.ORIGINAL)


def test_atom_is_read(tmp_path):
    """Atom is read with escaped HTML, XHTML and plain text, with its author, languages and replies."""
    timeline, posts = read_feed(tmp_path, ATOM, "feed.atom")
    assert (timeline.account.handle, timeline.account.bio) == ("Ada_Tests", "Made up")
    assert timeline.account.url == "https://example.org/"
    assert [post.text for post in posts] == [
        "Escaped\n\nMy words.\n\nMore.",
        "Part of\nthe XML.",
        "1 < 2\nsecond line",
    ]
    assert [post.lang for post in posts] == ["en", "de", "en"]
    assert [post.created_at for post in posts] == [MOMENT, MOMENT, None]
    assert (posts[2].kind, posts[2].reply_to) == (PostKind.REPLY, "tag:9")
    assert PRIVATE not in repr((timeline.account, posts))


def test_rss_1_is_read(tmp_path):
    """RSS 1.0 is read, whose items are beside the channel."""
    timeline, [post] = read_feed(tmp_path, RDF, "feed.rdf")
    assert (timeline.account.handle, timeline.account.url) == ("Ada", "https://example.org/")
    assert (post.text, post.created_at) == ("T\n\nold words", MOMENT)


@pytest.mark.parametrize(
    ("title", "body", "text"),
    [
        ("The beginning\u2026", "<p>The beginning and the end.</p>", "The beginning and the end."),
        ("All", "All", "All"),
        ("Only a title", "", "Only a title"),
        ("A title", "<blockquote>his words</blockquote><p>mine</p>", "A title\n\nmine"),
    ],
)
def test_a_title_repeated_in_the_text_is_left_out(tmp_path, title, body, text):
    """A title that repeats the beginning of the text is left out, and so are quotations."""
    _, [post] = read_feed(tmp_path, rss(rss_item(1, body, title=title)))
    assert post.text == text


OWN_LINK = '<a href="https://example.org/1"'
LEMMY = f'submitted by <a href="">a</a> to <a href="">b</a><br>8 points | {OWN_LINK}>3 comments</a>'
ANSWERS = {  # by title: the author and the id
    f"/u/ada on {PRIVATE}": ("/u/ada", "t1_l1abc"),
    f"Answer by Ada for {PRIVATE}": ("Ada", "https://example.org/a/2"),
    f'New comment by ada in "{PRIVATE}"': ("ada", "1"),
    f"Comment on {PRIVATE} by Ada": ("Ada", "2"),
    "By: Ada": ("Ada", "3"),
    f"Re: {PRIVATE}": ("Ada", "4"),
    PRIVATE: ("@ada Ada", "example.org-post-12-3"),
    f"R to @bob: {PRIVATE}": ("@ada", "5"),
}


def atom_entry(title, body, author, identity):
    """Return a feed of Atom with one entry; `body` is HTML."""
    return (
        f'<feed xmlns="http://www.w3.org/2005/Atom"><title>Ada</title><entry><id>{identity}</id>'
        f"<title>{html.escape(title)}</title><author><name>{author}</name></author>"
        f'<link href="https://example.org/1"/><content type="html">{html.escape(body)}</content>'
        "</entry></feed>"
    )


@pytest.mark.parametrize("title", ANSWERS)
def test_titles_of_the_threads_of_others_are_left_out(tmp_path, title):
    """The title of what a person answers is another's; the answer is a reply."""
    author, identity = ANSWERS[title]
    body = "<!-- SC_OFF --><p>my own answer</p><!-- SC_ON -->"
    _, [post] = read_feed(tmp_path, atom_entry(title, body, author, identity), "feed.atom")
    assert (post.text, post.kind) == ("my own answer", PostKind.REPLY)


@pytest.mark.parametrize("title", ["Comment on the new law", "/u/bob on tea", "Answer by Bob for you"])
def test_titles_of_ones_own_stay(tmp_path, title):
    """A title that names nobody, or somebody else, is the author's own."""
    _, [post] = read_feed(tmp_path, atom_entry(title, "mine", "Ada", "example.org-post-12-1"), "feed.atom")
    assert (post.text, post.kind) == (f"{title}\n\nmine", PostKind.ORIGINAL)


@pytest.mark.parametrize(
    "body",
    [
        f'<p>A kettle.</p><p>The post {OWN_LINK}>Tea</a> appeared first on <a href="/">Ada</a>.</p>',
        '<p>A kettle.</p>\n<p>Der Beitrag <a href="http://www.example.org/1/">Tea</a> erschien zuerst.</p>',
        '<p>A kettle.</p><hr><p><a href="https://example.org/1?source=rss">Tea</a> was in X before.</p>',
        '<p>A kettle. <a href="https://example.org/1#more">Weiterlesen <span>Tea</span></a></p>',
        f"<p>A kettle.</p><p>{OWN_LINK}>Read full topic</a></p>",
        f"<p>A kettle.</p>\n<hr>\n<p>Comments URL: {OWN_LINK}>1</a></p>\n<p>Points: 1</p>",
        LEMMY + "<p>A kettle.</p>",
        "A kettle.\n\n[contains quote post or other embedded content]",
    ],
)
def test_lines_that_programs_add_below_a_text_are_left_out(tmp_path, body):
    """Most are known in any language by a link to the entry, with which a person's own text does not end."""
    _, [post] = read_feed(tmp_path, rss(rss_item(1, body, title="Tea")))
    assert post.text == "Tea\n\nA kettle."


def test_links_of_ones_own_stay(tmp_path):
    """A link to another page, and one to the entry with text behind it, are the author's."""
    body = '<p><a href="https://example.org/1">Tea</a> is good.</p><p>So is <a href="https://example.org/2">milk</a></p>'
    _, [post] = read_feed(tmp_path, rss(rss_item(1, body)))
    assert post.text == "Tea is good.\n\nSo is milk"
    _, [post] = read_feed(
        tmp_path, rss(rss_item(1, '<p><a href="https://example.org/1">Tea</a> is good.</p>', title="Tea"))
    )
    assert post.text == "Tea is good."


def test_a_title_that_misskey_gives_is_left_out(tmp_path):
    """It is the same for each note; one that names somebody else is the author's own."""
    for title, text in (("New note by Ada", "mine"), ("New note by Bob", "New note by Bob\n\nmine")):
        _, [post] = read_feed(tmp_path, atom_entry(title, "mine", "Ada", "1"), "feed.atom")
        assert (post.text, post.kind) == (text, PostKind.ORIGINAL)
        _, [post] = read_feed(tmp_path, rss(rss_item(1, "mine", title=title), channel="<author>Ada</author>"))
        assert post.text == text


@pytest.mark.parametrize("sign", ["[&#8230;]", "[\u2026]", "[...]"])
@pytest.mark.parametrize("body", ["my kettle sings at {}", "<p>my kettle sings at {}</p>\n"])
def test_a_summary_of_wordpress_ends_as_cut_posts_do(tmp_path, sign, body):
    """So it is known as the beginning of the whole post."""
    _, [post] = read_feed(tmp_path, rss(rss_item(1, body.format(sign))))
    assert post.text == "my kettle sings at\u2026"
    below = '<p>The post <a href="https://example.org/1">A title</a> appeared first on Blog.</p>'
    _, [post] = read_feed(tmp_path, rss(rss_item(1, f"<p>at {sign}</p>\n{below}", title="A title")))
    assert post.text == "A title\n\nat\u2026"


def test_the_link_of_mastodon_to_a_quoted_post_is_left_out(tmp_path):
    """Servers put it above the text, for programs that do not show quotations."""
    quote = (
        '<p class="quote-inline">RE: <a href="https://example.social/@bob/1">example.social/@bob/1</a></p>'
    )
    _, [post] = read_feed(tmp_path, rss(rss_item(1, f"{quote}<p>mine</p>")))
    assert post.text == "mine"


def test_a_page_of_many_links_to_itself_is_read_in_time(tmp_path):
    """A table of contents, however long, takes time in line with its length."""
    sections = "".join(f'<p>{OWN_LINK[:-1]}#s{n}">{n}</a> words</p>' for n in range(20_000))
    began = time.process_time()
    _, [post] = read_feed(tmp_path, rss(rss_item(1, f"{sections}<p>mine</p>")))
    assert post.text.endswith("19999 words\n\nmine")
    assert time.process_time() - began < 20


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (
            "<!-- SC_OFF --><div><p>mine</p></div><!-- SC_ON --> submitted by <a>/u/ada</a> <a>[link]</a>",
            "T\n\nmine",
        ),
        (
            "<table><tr><td> submitted by <a>/u/ada</a> to <a>r/tea</a> <a>[comments]</a></td></tr></table>",
            "T",
        ),
    ],
)
def test_of_reddits_feed_only_the_text_is_read(tmp_path, body, text):
    """Reddit marks the text of a post; a post of a link has none."""
    _, [post] = read_feed(tmp_path, atom_entry("T", body, "/u/ada", "t3_abc"), "feed.atom")
    assert post.text == text


def test_a_title_made_of_what_is_quoted_is_left_out(tmp_path):
    """Tumblr makes the title of a reblog out of the words of another."""
    body = (
        f'<p><a class="tumblr_blog" href="https://bob.example">bob</a>:</p><blockquote><p>{PRIVATE} words</p>'
        "</blockquote><p>mine</p>"
    )
    _, [post] = read_feed(tmp_path, rss(rss_item(1, body, title=f"bob: {PRIVATE} w...")))
    assert post.text == "mine"


def test_names_of_other_modules_are_not_taken_for_the_feeds(tmp_path):
    """Titles and descriptions of pictures are not taken for those of the entry."""
    more = "<media:title>picture</media:title><media:description>of a cat</media:description>"
    _, [post] = read_feed(tmp_path, rss(rss_item(1, "mine", more=more)))
    assert post.text == "mine"


def test_of_several_authors_one_must_be_named(tmp_path):
    """If there are several authors, they are listed with counts and without e-mail addresses."""
    items = [
        rss_item(n, f"by {who}", more=f"<author>{PRIVATE}@example.org ({who})</author>")
        for n, who in enumerate(["Ada", "Ada", "Bob"])
    ]
    content = rss(*items)
    with pytest.raises(LocationError, match=r"'Ada' \(2\), 'Bob' \(1\); say .* --name"):
        read_feed(tmp_path, content)
    timeline, posts = read_feed(tmp_path, content, name="ada")
    assert [post.text for post in posts] == ["by Ada"] * 2
    assert PRIVATE not in repr((timeline.account, posts))


def test_drafts_and_private_posts_of_wordpress_are_never_read(tmp_path):
    """Of WordPress's export only the posts published for everyone are read."""

    def item(number, status="publish", kind="post", key=""):
        more = f"<wp:status>{status}</wp:status><wp:post_type>{kind}</wp:post_type>"
        return rss_item(
            number,
            PRIVATE if number else "mine",
            more=f"{more}<wp:post_password>{key}</wp:post_password>",
        )

    items = [item(0), item(1, "draft"), item(2, "private"), item(3, key="x"), item(4, kind="attachment")]
    _, posts = read_feed(tmp_path, rss(*items))
    assert [post.text for post in posts] == ["mine"]


def test_letters_of_wordpress_to_subscribers_are_never_read(tmp_path):
    """Their status is that of a post for everyone; Jetpack has the audience beside it."""

    def item(number, body, access):
        key = "<wp:meta_key>_jetpack_newsletter_access</wp:meta_key>"
        meta = f"<wp:postmeta>{key}<wp:meta_value><![CDATA[{access}]]></wp:meta_value></wp:postmeta>"
        return rss_item(number, body, more=f"<wp:status>publish</wp:status>{meta}")

    narrow = ("subscribers", "paid_subscribers", "paid_subscribers_all_tiers", "some_later_word")
    items = [item(n, PRIVATE, access) for n, access in enumerate(narrow)]
    with count_skipped() as skipped:
        _, posts = read_feed(tmp_path, rss(item(8, "mine", ""), item(9, "mine, too", "everybody"), *items))
    assert [post.text for post in posts] == ["mine", "mine, too"]
    assert set(skipped) == {NOT_PUBLIC}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_the_declared_encoding_counts(tmp_path, encoding):
    """The encoding that a feed declares is used."""
    content = rss(rss_item(1, "caf\u00e9")).replace("UTF-8", encoding).encode(encoding)
    path = tmp_path / "feed.xml"
    path.write_bytes(content)
    [post] = sources.read(str(path), source="feed").posts
    assert post.text == "caf\u00e9"


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "' + "x" * 1000 + '">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 100}">' for a, b in zip("abc", "bcd", strict=True))
    + "]><rss><channel><title>t</title><item><title>&d;</title></item></channel></rss>"
)  # fmt: skip
OUTSIDE = (
    '<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    "<rss><channel><item><title>&a;</title></item></channel></rss>"
)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (rss(rss_item(1, "x"))[:-20], "no whole XML"),
        ("<rss><channel><item></channel></rss>", "no whole XML"),
        ("<rss><channel><title>t</title></channel></rss>", "without entries"),
        ("<html><p>no feed</p></html>", "neither RSS nor Atom"),
        (BOMB, "no whole XML"),
        (OUTSIDE, "no whole XML"),
        ('<?xml version="1.0" encoding="no-such"?><rss><channel/></rss>', "no whole XML"),
    ],
)
def test_what_is_no_feed_or_a_trap_is_refused(tmp_path, content, reason):
    """XML that is cut, that grows without end, or that refers to other files is refused in one line."""
    path = tmp_path / "feed.xml"
    path.write_text(content)
    with pytest.raises(BrokenArchive, match=reason) as caught:
        list(sources.read(str(path), source="feed").posts)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("location", "source"),
    [
        ("https://example.org/feed.xml", "feed"),
        ("https://example.org/blog/feed/", "feed"),
        ("https://example.org/?feed=rss2", "feed"),
        ("https://example.org/index.rss?x=1", "feed"),
        ("https://example.org/feeds/ada", "feed"),
        ("https://example.org/feedback", None),
        ("https://example.org/", None),
    ],
)
def test_only_addresses_that_look_like_a_feeds_are_taken(location, source):
    """Addresses of feeds are recognised without a request; others need --source feed."""
    if source:
        assert sources.recognise(location) == source
    else:
        with pytest.raises(UnknownPlace):
            sources.recognise(location)


def xml(content, **headers):
    return Reply(body=content.encode(), headers={"Content-Type": "application/xml", **headers})


def test_an_address_is_fetched_and_asked_again_only_for_changes():
    """An unchanged feed comes from the cache, and a changed one is fetched."""
    replies = {"etag": '"1"', "text": "one"}

    def answer(request):
        if request.headers.get("if-none-match") == replies["etag"]:
            return Reply(304)
        return xml(rss(rss_item(1, replies["text"])), ETag=replies["etag"])

    def texts():
        timeline = sources.read(f"http://127.0.0.1:{server.port}/feed.xml", ReadOptions(allow_private=True))
        assert len(timeline.digest) == 64
        return [post.text for post in timeline.posts]

    with LocalServer(answer) as server:
        assert texts() == texts() == ["one"]
        assert ["if-none-match" in request.headers for request in server.requests] == [False, True]
        replies.update(etag='"2"', text="two")
        assert texts() == ["two"]


def test_a_page_that_links_to_its_feed_is_read():
    """With --source feed the address of a blog leads to its feed."""
    page = b"<html><head><link rel='alternate' type='application/atom+xml' href='/atom'></head></html>"
    with LocalServer(lambda request: xml(ATOM) if request.path == "/atom" else Reply(body=page)) as server:
        location = f"http://127.0.0.1:{server.port}/"
        timeline = sources.read(location, ReadOptions(allow_private=True), source="feed")
        assert len(list(timeline.posts)) == 3


def test_a_page_without_a_feed_is_reported():
    """A page without a feed is refused; the message says what is needed."""
    with LocalServer(lambda _: Reply(body=b"<html><p>no feed</p></html>")) as server:
        location = f"http://127.0.0.1:{server.port}/feed.xml"
        with pytest.raises(BrokenArchive, match="neither RSS nor Atom; give the address or file of a feed"):
            sources.read(location, ReadOptions(allow_private=True))


def test_private_addresses_are_refused():
    """Private addresses are refused, unless the user allows them."""
    with LocalServer(lambda _: xml(rss(rss_item(1, "x")))) as server:
        with pytest.raises(Unreachable, match=r"127\.0\.0\.1"):
            sources.read(f"http://127.0.0.1:{server.port}/feed.xml")
        assert server.requests == []


def test_a_damaged_cache_is_ignored(home):
    """A damaged file in the cache is ignored."""
    with LocalServer(lambda _: xml(rss(rss_item(1, "one")), ETag='"1"')) as server:
        location = f"http://127.0.0.1:{server.port}/feed.xml"
        options = ReadOptions(allow_private=True)
        sources.read(location, options)
        [path] = (home / "fetched").iterdir()
        path.write_bytes(os.urandom(100))
        assert [post.text for post in sources.read(location, options).posts] == ["one"]


def test_a_content_warning_in_a_feed_of_mastodon_is_left_out(tmp_path):
    """It is a label on the post, as in Mastodon's own archive; elsewhere a bold line is the author's."""
    body = "<p><strong>Inhaltswarnung:</strong> politics</p><hr /><p>mine</p>"
    item = rss_item(1, body)
    of_mastodon = item.replace("<link>https://example.org/1", "<link>https://example.org/@ada/1123")
    _, posts = read_feed(tmp_path, rss(of_mastodon, item))
    assert [post.text for post in posts] == ["mine", "Inhaltswarnung: politics\n\nmine"]


def test_authors_that_are_handles_are_told_apart(tmp_path):
    """Nitter names authors so, of what a person repeats, too."""
    items = [
        rss_item(n, who, more=f"<dc:creator>@{who}</dc:creator>") for n, who in enumerate(("ada", PRIVATE))
    ]
    with pytest.raises(LocationError, match=f"'@ada'.*'@{PRIVATE}'"):
        read_feed(tmp_path, rss(*items))
    timeline, [post] = read_feed(tmp_path, rss(*items), handle="@ada")
    assert (timeline.account.handle, post.text) == ("ada", "ada")


NAMED_BY_AN_ADDRESS = {  # by what stands in an entry: what the person is called
    "<author>bob@example.org</author>": "bob",
    "<author>Bob &lt;bob@example.org&gt;</author>": "Bob",
    "<author>Bob (bob@example.org)</author>": "Bob",
    '<author>"Bob" &lt;bob@example.org&gt;</author>': "Bob",
    "<dc:creator>@bob@example.social</dc:creator>": "@bob@example.social",
    "<author><email>bob@example.org</email></author>": "bob",
    "<author><name/><email>bob@example.org</email></author>": "bob",
    "<author>bob@example.org</author><dc:creator>Bob</dc:creator>": "Bob",
}


@pytest.mark.parametrize("author", NAMED_BY_AN_ADDRESS)
@pytest.mark.parametrize("channel", ["", "<author>Ada</author>"])
def test_an_author_named_by_an_address_is_somebody(tmp_path, author, channel):
    """Two people's posts never become one's; the address is in no message, and chooses its owner."""
    name = NAMED_BY_AN_ADDRESS[author]
    ada = "" if channel else "<author>Ada</author>"
    content = rss(rss_item(1, "hers", more=ada), rss_item(2, "his", more=author), channel=channel)
    with pytest.raises(LocationError, match=f"'Ada' \\(1\\), '{name}' \\(1\\); say who") as asked:
        read_feed(tmp_path, content)
    assert "bob@example.org" not in str(asked.value)
    for who, text in (("Ada", "hers"), (name, "his")):
        timeline, posts = read_feed(tmp_path, content, name=who)
        assert [post.text for post in posts] == [text]
        assert "bob@example.org" not in repr((timeline.account, posts))


def test_addresses_that_begin_alike_are_of_different_people(tmp_path):
    """Each is chosen by the whole address, which no message shows."""
    hosts = ("one.example", "two.example")
    content = rss(*(rss_item(n, h, more=f"<author>ada@{h}</author>") for n, h in enumerate(hosts)))
    with pytest.raises(LocationError, match=r"'ada' \[author_\w+\] \(1\), 'ada' \[author_\w+\] \(1\)"):
        read_feed(tmp_path, content)
    _, posts = read_feed(tmp_path, content, handle="ada@two.example")
    assert [post.text for post in posts] == ["two.example"]


def test_a_feed_of_one_address_is_called_as_its_title(tmp_path):
    """The address of its only author says no name."""
    items = (rss_item(n, "mine", more="<author>mail@example.org</author>") for n in range(2))
    timeline, posts = read_feed(tmp_path, rss(*items))
    assert (timeline.account.name, len(posts)) == ("Ada's tests", 2)


def test_entries_that_name_nobody_are_the_channels(tmp_path):
    """Beside a guest's, which are not read with them, they are chosen by the channel's title."""
    guest = rss_item(3, "a guest's", more="<author>bob@example.org (Bob)</author>")
    content = rss(rss_item(1, "mine"), rss_item(2, "mine, too"), guest)
    with pytest.raises(LocationError, match=r'"Ada\'s tests" \(2\), \'Bob\' \(1\); say who you are'):
        read_feed(tmp_path, content)
    _, posts = read_feed(tmp_path, content, name="Ada's tests")
    assert [post.text for post in posts] == ["mine", "mine, too"]
    _, posts = read_feed(tmp_path, content, name="Bob")
    assert [post.text for post in posts] == ["a guest's"]


def test_entries_that_name_nobody_are_those_of_the_person_the_feed_is_called_after(tmp_path):
    """Their posts are read with those that name the person; nothing is asked."""
    items = (
        rss_item(1, "mine"),
        rss_item(2, "mine, too", more="<author>a@example.org (ada's TESTS)</author>"),
    )
    _, posts = read_feed(tmp_path, rss(*items))
    assert [post.text for post in posts] == ["mine", "mine, too"]


def test_names_that_differ_in_case_alone_can_be_chosen(tmp_path):
    """One person whose address is written in two ways is one; Bob and an address of bob are two."""
    spelt = (f"<author>{who}@example.org</author>" for who in ("Bob", "bob"))
    _, posts = read_feed(tmp_path, rss(*(rss_item(n, f"{n}", more=who) for n, who in enumerate(spelt))))
    assert [post.text for post in posts] == ["0", "1"]
    both = ("<author>Bob</author>", "<author>bob@example.org</author>")
    content = rss(*(rss_item(n, who[8:11], more=who) for n, who in enumerate(both)))
    for name in ("Bob", "bob"):
        _, [post] = read_feed(tmp_path, content, name=name)
        assert post.text == name


@pytest.mark.parametrize("author", ["/u/ada", "https://example.social/u/ada"])
def test_an_author_that_is_a_profile_is_called_as_its_account(tmp_path, author):
    """Reddit and Lemmy name authors by where they are found."""
    timeline, _ = read_feed(tmp_path, atom_entry("T", "mine", author, "1"), "feed.atom")
    assert (timeline.account.handle, timeline.account.name) == ("ada", "ada")


def test_a_feed_that_is_read_no_more_is_deleted(home):
    """What was fetched a day ago goes when any feed is read."""
    with LocalServer(lambda _: xml(rss(rss_item(1, "one")))) as server:
        for name in ("a", "b"):
            address = f"http://127.0.0.1:{server.port}/{name}.xml"
            sources.read(address, ReadOptions(allow_private=True))
            [path] = (home / "fetched").iterdir()
            os.utime(path, (0, time.time() - DAY))
