"""A feed, RSS or Atom, from a file or from the web; WordPress's export is one, too.

An entry is its title and its whole text, or its summary where the feed has no more. Of a feed by several
people only one's entries are read. What the web answered is kept on this machine, and asked for again only
if it has changed. The address of a page that names its feed will do, with `--source feed`.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from urllib.parse import urljoin

import msgspec
from msgspec import Struct
from selectolax.lexbor import LexborHTMLParser

from ..errors import LocationError
from ..files import home, sha256
from ..types import Account, Post, PostKind, Timeline
from ._contract import Match, ReadOptions
from ._formats.archive_files import CHUNK
from ._formats.dates import read_date
from ._formats.feed_entries import Channel, read_feed
from ._formats.handles import to_handle
from ._formats.http import Answer, Http
from ._formats.people import the_one

SUMMARY = "a feed (RSS, Atom), its file or its address"
EXAMPLE = "https://example.org/feed.xml"

_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)
_OF_A_FEED = re.compile(r"\.(?:xml|rss|atom|rdf)(?:$|\?)|[/=.](?:feeds?|rss2?|atom)(?:/|$|\?)", re.IGNORECASE)
_FILES = {".xml", ".rss", ".atom", ".rdf"}
_ROOT = re.compile(rb"<(?:rss|feed|rdf:RDF)[\s>]")
_HEAD = 4096  # bytes
_UNCHANGED = 304  # HTTP's number
_LINKED = ", ".join(f"link[rel~=alternate][type='application/{kind}+xml']" for kind in ("rss", "atom"))


class _Kept(Struct, frozen=True):
    """What an address answered last."""

    content: bytes = b""
    etag: str = ""
    modified: str = ""


def recognises(location: str) -> Match:
    """Whether a file begins as a feed does, or an address looks like one's; nobody is asked."""
    if _ADDRESS.fullmatch(location):
        return Match.SUFFIX if _OF_A_FEED.search(location) else Match.NO
    path = Path(location)
    if path.suffix.lower() not in _FILES or not path.is_file():
        return Match.NO
    with path.open("rb") as file:
        return Match.CONTENT if _ROOT.search(file.read(_HEAD)) else Match.NO


def read(location: str, options: ReadOptions) -> Timeline:
    """Read or fetch the feed, find out whose entries to read, and open them in its order."""
    if _ADDRESS.fullmatch(location):
        content = _fetched(location, options)
        digest, chunks = hashlib.sha256(content).hexdigest(), partial(iter, [content])
    else:
        digest, chunks = sha256(Path(location)), partial(_chunks, Path(location))
    channel, authors = _surveyed(location, chunks())
    author = the_one(location, authors, options) if len(authors) > 1 else next(iter(authors), "")
    account = _account(location, channel, author, options)
    only = author if len(authors) > 1 else None
    return Timeline(account=account, posts=_posts(location, chunks(), account.handle, only), digest=digest)


def _surveyed(location: str, chunks: Iterable[bytes]) -> tuple[Channel, Counter[str]]:
    """What a feed says of itself, and who wrote how many of its entries."""
    channel, authors = Channel(), Counter[str]()
    for part in read_feed(chunks, location):
        if isinstance(part, Channel):
            channel = part
        elif part.author or channel.author:
            authors[part.author or channel.author] += 1
    return channel, authors


def _account(location: str, channel: Channel, author: str, options: ReadOptions) -> Account:
    name = options.name or author or channel.title
    handle = to_handle(options.handle or name)
    if not handle:
        raise LocationError(f"{location} does not say whose it is; say it with --name 'Their Name'")
    return Account(handle=handle, name=name or handle, source="feed", bio=channel.about, url=channel.url)


def _posts(location: str, chunks: Iterable[bytes], handle: str, only: str | None) -> Iterator[Post]:
    channel = Channel()
    for number, part in enumerate(read_feed(chunks, location)):
        if isinstance(part, Channel):
            channel = part
        elif only in {None, part.author or channel.author} and (text := part.text):
            yield Post(
                id=part.id or f"entry-{number}",
                author=handle,
                text=text,
                created_at=read_date(part.date),
                kind=PostKind.REPLY if part.answered else PostKind.ORIGINAL,
                reply_to=part.answered,
                lang=part.lang or channel.lang or None,
                url=part.url,
            )


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from iter(partial(file.read, CHUNK), b"")


def _fetched(address: str, options: ReadOptions) -> bytes:
    """What is at an address, or at the feed that the page there names."""
    with Http(allow_private=options.allow_private) as http:
        content = _current(http, address)
        if not _ROOT.search(content[:_HEAD]):
            named = LexborHTMLParser(content.decode("utf-8", "replace")).css_first(_LINKED)
            if named:
                content = _current(http, urljoin(address, named.attributes.get("href") or ""))
    return content


def _current(http: Http, address: str) -> bytes:
    """The present answer of an address; it is not sent again where what is kept is still the same."""
    path = home() / "fetched" / f"feed-{hashlib.sha256(address.encode()).hexdigest()[:32]}.msgpack"
    kept = _kept(path)
    conditions = {"If-None-Match": kept.etag, "If-Modified-Since": kept.modified}
    answer = http.get(address, headers={name: value for name, value in conditions.items() if value})
    if answer.status == _UNCHANGED:
        return kept.content
    _keep(path, answer)
    return answer.content


def _kept(path: Path) -> _Kept:
    try:
        return msgspec.msgpack.decode(path.read_bytes(), type=_Kept)
    except (OSError, msgspec.DecodeError):
        return _Kept()  # never asked, or an older form of this file


def _keep(path: Path, answer: Answer) -> None:
    headers = answer.headers
    kept = _Kept(
        content=answer.content, etag=headers.get("etag", ""), modified=headers.get("last-modified", "")
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(msgspec.msgpack.encode(kept))
    Path(file.name).replace(path)
