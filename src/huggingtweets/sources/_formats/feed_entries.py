"""Reads the entries of a feed one by one: RSS (0.9 to 2.0), Atom, and WordPress's export, which is RSS."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Self
from xml.etree.ElementTree import Element, tostring

from msgspec import Struct

from ...errors import BrokenArchive
from .audience import is_published
from .authors import public_choice, writer_handle
from .feed_additions import is_answer, is_programs, without_additions
from .fields import is_empty
from .markup import html_text, xml_events
from .skipped import NO_POST, NOT_PUBLIC, UNPUBLISHED, skip

_KNOWN_NAMESPACES = re.compile(
    r"\{(?:http://www\.w3\.org/2005/Atom|http://purl\.org/rss/1\.0/(?:modules/content/)?|"
    r"http://my\.netscape\.com/rdf/simple/0\.9/|http://purl\.org/dc/elements/1\.1/|"
    r"http://purl\.org/syndication/thread/1\.0|http://wordpress\.org/export/[\d.]+/|"
    r"http://(?:purl\.org/atom/app#|www\.w3\.org/2007/app))\}"
)
_ROOTS = ("rss", "feed", "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}RDF")
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_POSTS = {"", "post", "page"}  # kinds of entries
_BLOGGER = re.compile(r"\{http://schemas\.google\.com/blogger/\d+\}")
_KIND = re.compile(r"schemas\.google\.com/.*#kind$")
_ACCESS, _EVERYBODY = "_jetpack_newsletter_access", {"", "everybody"}  # else subscribers, or those who pay
_PERSON = re.compile(  # `ada@example.org (Ada)`, or `Ada <ada@example.org>`, or a name, or a handle
    r"[^\s@]+@[^\s@(]+\s*\((.+)\)"
    r"|\"?([^<>()@\"]+)\"? ?[<(]@?[^\s<>()@]+@[^\s<>()@]+[>)]"
    r"|@?[^@]+"
)
_PROFILE = re.compile(r"(?:https?://\S+/|/u/)([^/\s]+)/?")  # of Lemmy and Reddit, which name authors so
_QUOTATION = "<blockquote"
# `.quote-inline` of Mastodon links to what is quoted; the last says whose words are quoted below it
_NOT_OWN = "blockquote, aside.quote, .quote-inline, p:has(> .tumblr_blog)"


class Author(Struct, frozen=True):
    """Whose an entry is. People are told apart by the key; neither it nor the name is an e-mail address."""

    key: str = ""
    name: str = ""

    @classmethod
    def named(cls, name: str) -> Self:
        """Whoever has a name; case does not count."""
        return cls(name.casefold(), name)

    @property
    def has_name(self) -> bool:
        """Whether there is more than an e-mail address."""
        return self.key == self.name.casefold()


class Channel(Struct, frozen=True):
    """What a feed says about itself."""

    title: str = ""
    url: str = ""
    about: str = ""
    author: Author = Author()
    lang: str = ""


class Entry(Struct, frozen=True):
    """One post. `title` and `body` are HTML."""

    id: str
    title: str
    body: str
    date: str
    url: str
    author: Author
    lang: str
    reply_to: str | None
    is_reply: bool  # also where the feed does not say to what

    @property
    def text(self) -> str:
        """Title and body without quotations; the title is left out if the body begins with it."""
        title, body = html_text(self.title), html_text(self.body, drop=_NOT_OWN)
        whole = html_text(self.body) if _QUOTATION in self.body else body
        beginning = " ".join(title.rstrip("\u2026. ").split())
        is_repeated = any(" ".join(text.split()).startswith(beginning) for text in (body, whole))
        return body if is_repeated else f"{title}\n\n{body}".strip()


def read_feed(chunks: Iterable[bytes], name: str) -> Iterator[Channel | Entry]:
    """Read a feed: yield its channel, as described before the first entry, then its entries.

    Raises:
        BrokenArchive: The file is no feed, or its XML is damaged.
    """
    ancestors: list[Element] = []
    channel: Channel | None = None
    for kind, element in xml_events(chunks, name):
        if kind == "start":
            if not ancestors and _plain(element.tag) not in _ROOTS:
                raise BrokenArchive(f"{name} is neither RSS nor Atom; give the address or file of a feed")
            if _is_entry(element) and not channel:
                channel = _channel(ancestors)
                yield channel
            ancestors.append(element)
            continue
        ancestors.pop().tag = _plain(element.tag)
        if channel and _is_entry(element):
            if _is_published(element):
                yield _entry(element, channel.author)
            ancestors[-1].clear()
    if not channel:
        raise BrokenArchive(f"{name} is a feed without entries; give another one")


def _is_entry(element: Element) -> bool:
    return _plain(element.tag) in {"item", "entry"}


def _is_published(element: Element) -> bool:
    """Whether it is a post that everyone can read.

    WordPress also exports drafts, private posts, letters to subscribers, comments and pictures; Blogger
    drafts, comments of others, templates and settings.
    """
    states = filter(None, [_text(element, "status"), _of_blogger(element, "status")])
    hidden = not all(map(is_published, states)) or _text(element, "post_password")
    trashed = _of_blogger(element, "trashed")
    draft = any(not is_empty(_text(control, "draft")) for control in _children(element, "control"))
    kinds = [_text(element, "post_type"), _of_blogger(element, "type"), *_categories(element)]
    is_post = all(kind.casefold() in _POSTS for kind in kinds)
    reason = UNPUBLISHED if hidden or trashed or draft else "" if is_post else NO_POST
    reason = reason or ("" if _is_for_everybody(element) else NOT_PUBLIC)
    if reason:
        skip(reason)
    return not reason


def _is_for_everybody(element: Element) -> bool:
    """Whether a letter of Jetpack, a part of WordPress, is not only for those who subscribed to it."""
    metas = [meta for meta in _children(element, "postmeta") if _text(meta, "meta_key") == _ACCESS]
    return _EVERYBODY.issuperset(_text(meta, "meta_value") for meta in metas)


def _of_blogger(element: Element, name: str) -> str:
    """Return what an element of Blogger's own namespace says, of which there are several versions."""
    texts = (child.text or "" for child in element if _BLOGGER.sub("", child.tag) == name != child.tag)
    return next(texts, "").strip()


def _categories(element: Element) -> list[str]:
    """Return the kind of an entry of Blogger, which is one of its categories."""
    categories = _children(element, "category")
    schemes = [
        category.get("term", "") for category in categories if _KIND.search(category.get("scheme", ""))
    ]
    return [term.rpartition("#")[2] for term in schemes]


def _channel(ancestors: list[Element]) -> Channel:
    """Read the feed's own elements, which RSS 1.0 has in a `channel` before the first entry."""
    about = [element for outer in ancestors for element in (outer, *_children(outer, "channel"))]
    language = [_text(element, "language") or element.get(_LANGUAGE, "") for element in about]
    return Channel(
        title=_first(html_text(_text(element, "title")) for element in about),
        url=_first(_link(element) for element in about),
        about=_first(html_text(_text(element, "description", "subtitle")) for element in about),
        author=next((author for element in about if (author := _author(element)).key), Author()),
        lang=_first(language),
    )


def _entry(element: Element, of_channel: Author) -> Entry:
    url, author, title = _link(element), _author(element), _text(element, "title")
    identity = _text(element, "id", "guid") or url
    replies = _children(element, "in-reply-to")
    is_of_thread = is_answer(html_text(title), author.name, identity)
    is_added = is_of_thread or is_programs(html_text(title), author.name or of_channel.name)
    return Entry(
        id=identity,
        title="" if is_added else title,
        body=without_additions(_body(element), html_text(title), identity, url),
        date=_text(element, "published", "pubDate", "date", "updated"),
        url=url,
        author=author,
        lang=element.get(_LANGUAGE, ""),
        reply_to=replies[0].get("ref") if replies else None,
        is_reply=bool(replies) or is_of_thread,
    )


def _body(element: Element) -> str:
    """Return the whole text as HTML, or else the summary; feeds have it escaped, as XML, or as plain text."""
    for part in _children(element, "encoded", "content", "description", "summary"):
        if len(part):
            return _markup(part)
        if part.text and part.text.strip():
            plain = part.get("type") == "text"
            return f"<pre>{html.escape(part.text.strip())}</pre>" if plain else part.text
    return ""


def _markup(part: Element) -> str:
    for element in part.iter():
        element.tag = element.tag.rpartition("}")[2]
    return tostring(part, encoding="unicode", method="html")


def _author(element: Element) -> Author:
    """Return who is named as the author: by a name, or else by an e-mail address or whatever there is."""
    people = _children(element, "author", "creator")
    said = [_text(person, "name") or (person.text or "").strip() for person in people]
    for match in filter(None, map(_PERSON.fullmatch, said)):
        name = (match[1] or match[2] or match[0]).strip()
        profile = _PROFILE.fullmatch(name)
        return Author.named(profile[1] if profile else name)
    other = _first([*said, *(_text(person, "email", "uri") for person in people)])
    key = public_choice(other) or ""
    return Author.named(other) if key == other else Author(key, writer_handle(other))


def _link(element: Element) -> str:
    for link in _children(element, "link"):
        if link.get("rel", "alternate") == "alternate":
            return (link.get("href") or link.text or "").strip()
    return ""


def _text(element: Element, *names: str) -> str:
    return _first((child.text or "").strip() for child in _children(element, *names))


def _children(element: Element, *names: str) -> list[Element]:
    """Return the elements directly inside, those of the first name first."""
    return [child for name in names for child in element.findall(name)]


def _first(texts: Iterable[str]) -> str:
    return next(filter(None, texts), "")


@lru_cache(maxsize=1000)
def _plain(tag: str) -> str:
    """Return the name of an element; its namespace is removed if it is one of the known ones."""
    return _KNOWN_NAMESPACES.sub("", tag, count=1)
