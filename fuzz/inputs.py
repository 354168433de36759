"""Valid inputs in every form of every source of files, small but varied, to be damaged.

The functions that build them are those of the tests' fixtures.
"""

from __future__ import annotations

import gzip
import io
import json
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fuzz.shapes import SHAPES
from tests.helpers import (
    archive_builder,
    export_builder,
    network_exports,
    private_exports,
    workbooks,
    x_builder,
)

_POSTS = 4  # of an input

Content = bytes | dict[str, bytes]
"""A file's bytes, or the bytes of a folder's files by name."""


@dataclass(frozen=True)
class Form:
    """One form of input, for example the zip of a source."""

    name: str  # in the table of results
    kind: str  # zip, tar, car, json, lines, table, text, folder, or marked, see marked.py
    weight: int  # how often it is chosen, relative to the others
    source: str  # name of the source that reads it
    file_name: str
    content: Content


def forms() -> list[Form]:
    """Build all forms."""
    with tempfile.TemporaryDirectory() as folder:
        return list(_forms(Path(folder)))


def _forms(folder: Path) -> Iterator[Form]:
    for name, kind, weight, source, build in _BUILDERS:
        place = folder / name.replace(" ", "-")
        place.mkdir()
        path = build(place)
        content: Content = timeless(path) if path.is_file() else _files_in(path)
        yield Form(name, kind, weight, source, path.name, content)
    yield from (Form(*shape) for shape in SHAPES)


def timeless(path: Path) -> bytes:
    """Return a file's bytes; the times in a zip or gzip are removed, so that seeds reproduce inputs."""
    content = path.read_bytes()
    if path.suffix == ".gz":
        return gzip.compress(gzip.decompress(content), mtime=0)
    if path.suffix not in {".zip", ".xlsx"}:
        return content
    packed = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name), old.read(name), zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _files_in(folder: Path) -> dict[str, bytes]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def _x_parts() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return posts of X with everything that its archives have, and the note of one of them."""
    links = "@bob @eve look &amp; see https://t.co/aaaa and https://t.co/bbbb"
    quote = "so true https://t.co/cccc"
    cut = "a very long post that goes on for a while until it is cut in the midd…"
    media = archive_builder.link(links, "https://t.co/bbbb", "https://x.com/ada_tests/status/1/photo/1")
    edited = {"initialTweetId": "5", "editControlInitial": {"editTweetIds": ["5", "6"]}}
    tweets = [
        archive_builder.tweet(
            1,
            links,
            entities={
                "urls": [archive_builder.link(links, "https://t.co/aaaa", "https://example.org/a?b=1&c")],
                "user_mentions": [
                    archive_builder.mention(links, "bob"),
                    archive_builder.mention(links, "eve"),
                ],
                "media": [media],
            },
            in_reply_to_status_id_str="77",
            in_reply_to_screen_name="bob",
        ),
        archive_builder.tweet(
            2,
            quote,
            entities={
                "urls": [archive_builder.link(quote, "https://t.co/cccc", "https://x.com/bob/status/99")]
            },
        ),
        archive_builder.tweet(3, cut),
        archive_builder.tweet(4, "RT @bob: words of another, cut at the end…"),
        archive_builder.tweet(6, "a post that was edited", edit_info={"edit": edited}),
        archive_builder.tweet(5, "a post that was edted"),
    ]
    note = archive_builder.note(
        "2018-10-10T20:19:24.000Z", cut.removesuffix("…") + "le https://t.co/dddd\nand more"
    )
    note["noteTweet"]["core"]["urls"] = [
        {"shortUrl": "https://t.co/dddd", "expandedUrl": "https://example.org/d"}
    ]
    return tweets, [note]


def _x_zip(folder: Path) -> Path:
    tweets, notes = _x_parts()
    return archive_builder.write_zip(folder / "archive.zip", tweets, notes=notes, parts=2)


def _x_folder(folder: Path) -> Path:
    tweets, notes = _x_parts()
    path: Path = archive_builder.write_folder(folder / "archive", tweets, notes=notes)
    (path / "data" / "protected-history.js").write_text(
        'window.YTD.protected_history.part0 = [ { "protectedHistory" : '
        '{ "protectedAt" : "2020-01-01T00:00:00.000Z", "action" : "Unprotect" } } ]'
    )
    return path


def _grailbird(target: str) -> Callable[[Path], Path]:
    def build(folder: Path) -> Path:
        text = "@bob see http://t.co/aaaa & more"
        urls = [x_builder.old_link(text, "http://t.co/aaaa", "http://example.org/")]
        months = {
            "2012_01": [
                x_builder.old_tweet(1, text, entities={"urls": urls}),
                x_builder.old_tweet(2, "RT @bob: x", retweeted_status={"id": 7}),
            ],
            "2012_02": [x_builder.old_tweet(3, "plain words", in_reply_to_status_id_str="5")],
        }
        row = x_builder.old_row(
            7, "see http://t.co/aaaa", expanded_urls="http://example.org/a,http://x.org/b"
        )
        table = x_builder.old_table(
            x_builder.COLUMNS_2013, row, x_builder.old_row(8, 'in "quotes", and\nlines')
        )
        if target == "tweets.csv":
            (folder / target).write_text(table)
            return folder / target
        return x_builder.write_old_archive(folder / target, months, table=table)

    return build


def _mastodon(target: str) -> Callable[[Path], Path]:
    def build(folder: Path) -> Path:
        mention = {"type": "Mention", "name": "@bob@other.example", "href": "https://other.example/@bob"}
        html = (
            '<p><a href="https://other.example/@bob" class="u-url mention">@<span>bob</span></a> look: '
            '<a href="https://example.org/long"><span class="invisible">https://</span>'
            '<span class="ellipsis">example.org/l</span><span class="invisible">ong</span></a>'
            "<br>&amp; that</p><p>more</p>"
        )
        activities = [
            network_exports.note(1, html, tag=[mention], inReplyTo="https://other.example/1"),
            network_exports.note(
                2, "<p>unlisted</p>", to=[f"{network_exports.ACTOR}/followers"], cc=[network_exports.PUBLIC]
            ),
            network_exports.note(3, "<p>private</p>", to=[f"{network_exports.ACTOR}/followers"], cc=[]),
            {
                "id": "a/4",
                "type": "Announce",
                "actor": network_exports.ACTOR,
                "to": [network_exports.PUBLIC],
                "object": "https://b.example/1",
            },
        ]
        files = network_exports.mastodon_files(activities)
        if target.endswith(".json"):
            (folder / target).write_bytes(files["outbox.json"])
            return folder / target
        return network_exports.write_files(folder / target, files)

    return build


def bluesky_records() -> dict[str, Any]:
    """Return the records of a repository by key."""
    text = "é look at example.org/lo… now"
    begin = len("é look at ".encode())
    link = {"$type": "app.bsky.richtext.facet#link", "uri": "https://example.org/long"}
    facet = {"index": {"byteStart": begin, "byteEnd": begin + len("example.org/lo…".encode())}}
    entity = {"index": {"start": 0, "end": 11}, "value": "https://example.org", "type": "link"}
    quoted = {"$type": "app.bsky.embed.record", "record": {"uri": "at://x/app.bsky.feed.post/1", "cid": "b"}}
    posts = [
        network_exports.bluesky_post(text, 1, facets=[facet | {"features": [link]}]),
        network_exports.bluesky_post("example.org is old", 2, entities=[entity]),
        network_exports.bluesky_post("quoting", 3, embed=quoted),
        network_exports.bluesky_post(
            "an answer", 4, reply={"parent": {"uri": "at://a"}, "root": {"uri": "at://b"}}
        ),
        network_exports.bluesky_post("hidden", 5, labels={"values": [{"val": "!no-unauthenticated"}]}),
    ]
    records = {f"app.bsky.feed.post/{network_exports.record_key(n)}": post for n, post in enumerate(posts)}
    repost = {"subject": {"uri": "at://a"}, "createdAt": "2023-07-01T00:00:00Z"}
    records[f"app.bsky.feed.repost/{network_exports.record_key(9)}"] = repost
    records["app.bsky.actor.profile/self"] = {"displayName": "Ada", "description": "Made up"}
    return records


def _bluesky(folder: Path) -> Path:
    return network_exports.write_car(folder / "repo.car", bluesky_records())


def car_writer() -> Any:
    """Return a writer of repositories."""
    return network_exports.CarWriter()


def _fixture(source: str) -> Callable[[Path], Path]:
    def build(folder: Path) -> Path:
        return export_builder.FIXTURES[source](folder, _POSTS)

    return build


def _whatsapp_zip(folder: Path) -> Path:
    chat = (
        "[14.11.23, 22:13:20] Ada Tests: first é\nand on\n[14.11.23, 22:13:21] Bob: no\n"
        "[15.11.23, 00:00:01] Ada Tests: \u200eimage omitted\n[15.11.23, 00:00:02] Ada Tests: <b> last\n"
    )
    return export_builder.write_export(folder / "chat.zip", {"_chat.txt": chat})


def _written(name: str, text: str) -> Callable[[Path], Path]:
    def build(folder: Path) -> Path:
        (folder / name).write_text(text, encoding="utf-8")
        return folder / name

    return build


def _private(source: str) -> Callable[[Path], Path]:
    def build(folder: Path) -> Path:
        return private_exports.FIXTURES[source](folder, _POSTS)

    return build


def _packed(name: str, text: str) -> Callable[[Path], Path]:
    def build(folder: Path) -> Path:
        (folder / name).write_bytes(gzip.compress(text.encode()))
        return folder / name

    return build


def _workbook(folder: Path) -> Path:
    rows: list[list[object]] = [
        ["user", "text", "likes"],
        ["ada", "first & é", 3],
        ["ada", "second https://a.b", 5],
    ]
    return workbooks.write_workbook(folder / "posts.xlsx", posts=rows)


_SIGNAL = "\n".join(private_exports.signal_message(who, "first é") for who in ("Me", "Bob", "Me"))
_ROWS: list[dict[str, object]] = [
    {"id": 1, "text": "first &amp; é", "created_at": "10/16/17 22:59", "user": "ada", "lang": "en"},
    {"id": 2.91094e17, "text": "RT @bob: x", "created_at": "2017-10-16T22:59:00Z", "user": "ada"},
    {"id": 3, "text": "@bob yes pic.twitter.com/a", "created_at": 1508194740, "user": "ada"},
]
_CSV = (
    'id,text,created_at,user,url\n1,"first ""one"", é\nand on",10/16/17 22:59,ada,https://x.com/a/status/1\n'
    "2.91094E+17,second https://a.bhttps://c.d,16.10.2017,ada,\n3,RT @bob: x,1508194740,ada,\n"
)
_ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title type="text">Ada</title><id>urn:1</id>
<author><name>Ada</name></author><updated>2023-11-14T22:13:20Z</updated>
<entry><id>urn:2</id><title>t</title><updated>2023-11-14T22:13:20Z</updated>
<link rel="alternate" href="https://example.org/1"/>
<content type="html">&lt;p&gt;one&lt;/p&gt;</content></entry>
<entry><id>urn:3</id><title>u</title><updated>2023-11-14T22:13:20Z</updated>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>two</p></div></content></entry></feed>
"""
_BUILDERS: list[tuple[str, str, int, str, Callable[[Path], Path]]] = [
    ("X zip", "zip", 6, "x_archive", _x_zip),
    ("X folder", "folder", 6, "x_archive", _x_folder),
    ("X 2012 zip", "zip", 2, "x_grailbird", _grailbird("archive.zip")),
    ("X 2012 csv", "table", 2, "x_grailbird", _grailbird("tweets.csv")),
    ("Mastodon zip", "zip", 2, "mastodon_export", _mastodon("archive.zip")),
    ("Mastodon tar", "tar", 5, "mastodon_export", _mastodon("archive.tar")),
    ("Mastodon tar.gz", "tar", 3, "mastodon_export", _mastodon("archive.tar.gz")),
    ("Mastodon json", "json", 2, "mastodon_export", _mastodon("outbox.json")),
    ("Bluesky CAR", "car", 8, "bluesky_repo", _bluesky),
    ("CSV", "table", 7, "table", _written("posts.csv", _CSV)),
    ("JSON", "json", 2, "table", _written("posts.json", json.dumps(_ROWS))),
    ("JSONL", "lines", 2, "table", _written("posts.jsonl", "\n".join(map(json.dumps, _ROWS)))),
    ("RSS", "text", 2, "feed", _fixture("feed")),
    ("Atom", "text", 2, "feed", _written("feed.atom", _ATOM)),
    ("WhatsApp text", "text", 2, "whatsapp", _fixture("whatsapp")),
    ("WhatsApp zip", "zip", 1, "whatsapp", _whatsapp_zip),
    ("Telegram", "json", 2, "telegram", _fixture("telegram")),
    ("Discord", "zip", 2, "discord", _fixture("discord")),
    ("Slack", "zip", 1, "slack", _fixture("slack")),
    ("Nostr", "lines", 1, "nostr", _fixture("nostr")),
    ("Instagram", "zip", 1, "instagram_export", _fixture("instagram_export")),
    ("Threads", "zip", 1, "threads_export", _fixture("threads_export")),
    ("Facebook", "zip", 1, "facebook_export", _fixture("facebook_export")),
    ("Reddit", "zip", 1, "reddit_export", _fixture("reddit_export")),
    ("LinkedIn", "zip", 1, "linkedin", _fixture("linkedin")),
    ("Substack", "zip", 1, "substack", _fixture("substack")),
    ("Tumblr", "zip", 1, "tumblr", _fixture("tumblr")),
    ("Medium", "zip", 2, "medium", _private("medium")),
    ("Signal zip", "zip", 1, "signal", _private("signal")),
    ("Signal JSON", "lines", 2, "signal", _written("data.json", _SIGNAL)),
    ("iMessage", "text", 3, "imessage", _private("imessage")),
    ("mbox", "text", 4, "mail", _private("mail")),
    ("CSV gz", "text", 2, "table", _packed("posts.csv.gz", _CSV)),
    ("Excel", "zip", 2, "table", _workbook),
    ("Arrow", "text", 1, "hf_dataset", _fixture("hf_dataset")),
    ("Marked JSON", "marked", 8, "table", _written("posts.json", json.dumps(_ROWS))),
    ("Marked JSONL gz", "marked", 2, "table", _packed("posts.jsonl.gz", "\n".join(map(json.dumps, _ROWS)))),
    ("Marked CSV", "marked", 4, "table", _written("posts.csv", _CSV)),
    ("Marked CSV gz", "marked", 1, "table", _packed("posts.csv.gz", _CSV)),
    ("Marked Excel", "marked", 3, "table", _workbook),
    (
        "Marked chat",
        "marked",
        8,
        "table",
        _written("posts.txt", "Rain on the roof again\nThe kettle sings\n"),
    ),
]
