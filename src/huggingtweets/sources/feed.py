"""A feed, RSS or Atom, from a file or from the web; WordPress's export is a feed too.

The text of an entry is its title and its whole text, or its summary if the feed has no more. What programs
add to it, and the titles of others in whose threads a person answers, are left out. If a feed has several
authors, only the entries of one are read; entries that name nobody are the channel's. Feeds from the web are
cached on this machine for a day, and fetched again in it only if they have changed. With `--source feed` the
address may be that of a page that links to its feed.
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

from ..errors import BrokenArchive, LocationError
from ..files import sha256
from ..files.home_folder import FETCHED, home
from ..types import Account, Post, PostKind, Timeline
from ._contract import Match, ReadOptions
from ._formats.archive_files import read_chunks
from ._formats.authors import choose_author, person_handle, to_handle
from ._formats.dates import read_date
from ._formats.feed_entries import Author, Channel, Entry, read_feed
from ._formats.http import Answer, Http
from ._formats.markup import mended_xml
from ._formats.page_cache import delete_unused

NAME = "feed"
SUMMARY = "a feed (RSS, Atom), its file or its address"
EXAMPLE = "https://example.org/feed.xml"

_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)
_FEED_ADDRESS = re.compile(
    r"\.(?:xml|rss|atom|rdf)(?:$|\?)|[/=.](?:feeds?|rss2?|atom)(?:/|$|\?)", re.IGNORECASE
)
_FILES = {".xml", ".rss", ".atom", ".rdf"}
_ROOT = re.compile(rb"<(?:rss|feed|rdf:RDF)[\s>]")
_HEAD = 4096  # bytes
_NOT_MODIFIED = 304
_FEED_LINKS = ", ".join(f"link[rel~=alternate][type='application/{kind}+xml']" for kind in ("rss", "atom"))


class _CachedAnswer(Struct, frozen=True):
    """The last answer of an address."""

    content: bytes = b""
    etag: str = ""
    modified: str = ""


def recognises(location: str) -> Match:
    """Whether a file begins as a feed does, or an address looks like that of a feed. Sends no request."""
    if _ADDRESS.fullmatch(location):
        return Match.SUFFIX if _FEED_ADDRESS.search(location) else Match.NO
    path = Path(location)
    if path.suffix.lower() not in _FILES or not path.is_file():
        return Match.NO
    with path.open("rb") as file:
        return Match.CONTENT if _ROOT.search(file.read(_HEAD)) else Match.NO


def read(location: str, options: ReadOptions) -> Timeline:
    """Read or fetch the feed, choose the author, and open the entries in the order of the feed."""
    if _ADDRESS.fullmatch(location):
        content = _fetch(location, options)
        digest, chunks = hashlib.sha256(content).hexdigest(), partial(iter, [content])
    else:
        digest, chunks = sha256(Path(location)), partial(_file_chunks, Path(location))
    try:
        channel, posts, authors = _survey(location, chunks())
    except BrokenArchive as error:  # it may not be well-formed, but readable
        content = b"".join(chunks())
        if b"<!ENTITY" in content:  # of its own, which no feed needs
            raise
        chunks = partial(iter, [mended_xml(content)])
        try:
            channel, posts, authors = _survey(location, chunks())
        except BrokenArchive:
            raise error from None
    if len(authors) > 1:
        only = choose_author(location, posts, options, {key: who.name for key, who in authors.items()})
        name = authors[only].name
    else:
        only, author = None, next(iter(authors.values()), Author())
        name = author.name if author.has_name else ""  # one who has an address alone is called as the feed
    account = _account(location, channel, name, options)
    return Timeline(account=account, posts=_posts(location, chunks(), account.handle, only), digest=digest)


def _survey(location: str, chunks: Iterable[bytes]) -> tuple[Channel, Counter[str], dict[str, Author]]:
    """Read the channel of a feed, count the entries of each author by key, and return the authors by key."""
    channel, posts, authors = Channel(), Counter[str](), dict[str, Author]()
    for part in read_feed(chunks, location):
        if isinstance(part, Channel):
            channel = part
        else:
            author = _writer(part, channel)
            posts[author.key] += 1
            authors.setdefault(author.key, author)
    return channel, posts, authors


def _writer(entry: Entry, channel: Channel) -> Author:
    """Return who wrote an entry; who is nowhere named is called as the channel."""
    return next(filter(_is_somebody, (entry.author, channel.author)), Author.named(channel.title))


def _is_somebody(author: Author) -> bool:
    return bool(author.key)


def _account(location: str, channel: Channel, author: str, options: ReadOptions) -> Account:
    name = options.name or author or channel.title
    handle = to_handle(options.handle or "") or person_handle(name)
    if not handle:
        raise LocationError(f"{location} does not say whose it is", advice="say it with --name 'Their Name'")
    return Account(handle=handle, name=name or handle, source="feed", bio=channel.about, url=channel.url)


def _posts(location: str, chunks: Iterable[bytes], handle: str, only: str | None) -> Iterator[Post]:
    channel = Channel()
    for number, part in enumerate(read_feed(chunks, location)):
        if isinstance(part, Channel):
            channel = part
        elif only in {None, _writer(part, channel).key} and (text := part.text):
            yield Post(
                id=part.id or f"entry-{number}",
                author=handle,
                text=text,
                created_at=read_date(part.date),
                kind=PostKind.REPLY if part.is_reply else PostKind.ORIGINAL,
                reply_to=part.reply_to,
                lang=part.lang or channel.lang or None,
                url=part.url,
            )


def _file_chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from read_chunks(file)


def _fetch(address: str, options: ReadOptions) -> bytes:
    """Fetch the feed at an address, or the feed that the page at the address links to."""
    with Http(allow_private=options.allow_private) as http:
        content = _fetch_if_changed(http, address)
        if not _ROOT.search(content[:_HEAD]):
            link = LexborHTMLParser(content.decode("utf-8", "replace")).css_first(_FEED_LINKS)
            if link:
                content = _fetch_if_changed(http, urljoin(address, link.attributes.get("href") or ""))
    return content


def _fetch_if_changed(http: Http, address: str) -> bytes:
    """Fetch an address; if it has not changed since the last time, return the cached content."""
    path = home() / FETCHED / f"feed-{hashlib.sha256(address.encode()).hexdigest()[:32]}.msgpack"
    delete_unused()
    cached = _load(path)
    conditions = {"If-None-Match": cached.etag, "If-Modified-Since": cached.modified}
    answer = http.get(address, headers={name: value for name, value in conditions.items() if value})
    if answer.status == _NOT_MODIFIED:
        return cached.content
    _store(path, answer)
    return answer.content


def _load(path: Path) -> _CachedAnswer:
    try:
        return msgspec.msgpack.decode(path.read_bytes(), type=_CachedAnswer)
    except (OSError, ValueError):
        return _CachedAnswer()  # never fetched, or an older form of this file


def _store(path: Path, answer: Answer) -> None:
    headers = answer.headers
    cached = _CachedAnswer(
        content=answer.content, etag=headers.get("etag", ""), modified=headers.get("last-modified", "")
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(msgspec.msgpack.encode(cached))
    Path(file.name).replace(path)
