"""Turns the records of Bluesky's repositories into posts, with the text as the person typed it.

A record's text is plain, and `facets` say which of its UTF-8 bytes are links; records of 2022 and early 2023
have `entities` instead, counted in UTF-16 units. Apps shorten the text of a link and store the address beside
it. Forms: the lexicons app.bsky.feed.post, app.bsky.feed.repost and app.bsky.actor.profile. Bluesky's apps do
not show records that are not of their lexicon's form, so these are not read.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate
from typing import Any

import msgspec
from msgspec import Struct, field

from ...types import Post, PostKind
from .dates import read_date

POSTS = "app.bsky.feed.post"
REPOSTS = "app.bsky.feed.repost"
SIGNED_IN_ONLY = "!no-unauthenticated"  # label: to be shown only to people who are signed in
_LINK = "app.bsky.richtext.facet#link"


class _Bytes(Struct, rename="camel"):
    byte_start: int
    byte_end: int


class _Feature(Struct):
    kind: str = field(name="$type", default="")
    uri: str = ""


class _Facet(Struct):
    index: _Bytes
    features: list[_Feature]


class _Units(Struct):
    start: int
    end: int


class _Entity(Struct):
    index: _Units
    value: str
    type: str


class _Ref(Struct):
    uri: str


class _Reply(Struct):
    parent: _Ref


class _Embedded(Struct):
    uri: str = ""
    record: _Ref | None = None


class _Embed(Struct):
    record: _Embedded | None = None


class _Label(Struct):
    val: str


class _SelfLabels(Struct):
    values: list[_Label] = []


class _Record(Struct, rename="camel"):
    text: str
    created_at: str | None = None
    langs: list[str] | None = None
    reply: _Reply | None = None
    facets: list[_Facet] | None = None
    entities: list[_Entity] | None = None
    embed: _Embed | None = None
    labels: _SelfLabels | None = None


class _Repost(Struct, rename="camel"):
    subject: _Ref
    created_at: str | None = None


class Profile(Struct, rename="camel"):
    """What a person says about themselves."""

    display_name: str | None = None
    description: str | None = None


def to_post(uri: str, value: object, author: str, profile_url: str) -> Post | None:
    """Return the post of a record, or None if the record is not of its form or not for everybody.

    Args:
        uri: The record's address, `at://did/collection/key`.
        value: The record, decoded.
        author: The author's handle.
        profile_url: Address of the author's profile; that of the post begins with it.
    """
    collection, key = uri.split("/")[-2:]
    if collection == REPOSTS:
        return _repost(uri, value, author)
    record = _convert(value, _Record)
    if record is None or (record.labels and _Label(SIGNED_IN_ONLY) in record.labels.values):
        return None
    return Post(
        id=uri,
        author=author,
        text=_text(record).strip(),
        created_at=read_date(record.created_at) if record.created_at else None,
        kind=_kind(record),
        reply_to=record.reply.parent.uri if record.reply else None,
        lang=record.langs[0] if record.langs else None,
        url=f"{profile_url}/post/{key}",
    )


def to_profile(value: object) -> Profile:
    """Read the record of a profile; an empty profile if the record is not of its form."""
    return _convert(value, Profile) or Profile()


def _repost(uri: str, value: object, author: str) -> Post | None:
    """Return a repost of somebody else's post, without its text; reposts are only counted."""
    record = _convert(value, _Repost)
    if record is None:
        return None
    when = read_date(record.created_at) if record.created_at else None
    return Post(id=uri, author=author, text="", created_at=when, kind=PostKind.REPOST)


def _convert(value: object, kind: type[Any]) -> Any:
    try:
        return msgspec.convert(value, kind)
    except (msgspec.ValidationError, RecursionError):
        return None


def _kind(record: _Record) -> PostKind:
    if record.reply:
        return PostKind.REPLY
    embedded = record.embed.record if record.embed else None
    quoted = (embedded.record.uri if embedded.record else embedded.uri) if embedded else ""
    is_quote = f"/{POSTS}/" in quoted  # feeds and lists are embedded, too
    return PostKind.QUOTE if is_quote else PostKind.ORIGINAL


def _text(record: _Record) -> str:
    if record.facets:
        return _with_links(record.text, _facet_links(record.facets), _utf8_bytes)
    entities = (entity for entity in record.entities or () if entity.type == "link")
    links = [(entity.index.start, entity.index.end, entity.value) for entity in entities]
    return _with_links(record.text, links, _utf16_units)


def _facet_links(facets: list[_Facet]) -> list[tuple[int, int, str]]:
    return [
        (facet.index.byte_start, facet.index.byte_end, feature.uri)
        for facet in facets
        for feature in facet.features
        if feature.kind == _LINK
    ]


def _utf8_bytes(character: str) -> int:
    return len(character.encode())


def _utf16_units(character: str) -> int:
    return 2 if character > "\uffff" else 1


def _with_links(text: str, links: list[tuple[int, int, str]], width: Callable[[str], int]) -> str:
    """Write out the links that an app shortened.

    Args:
        text: The text of the record.
        links: Begin, end and address of each link. Impossible ones are skipped.
        width: Returns the width of a character in the units of begin and end.
    """
    if not links:
        return text
    indices = {offset: index for index, offset in enumerate(accumulate(map(width, text), initial=0))}
    parts: list[str] = []
    done = 0
    for begin, end, uri in sorted(link for link in links if link[0] in indices and link[1] in indices):
        first, last = indices[begin], indices[end]
        if done <= first < last:
            shown = text[first:last]
            parts += text[done:first], uri if _is_shortened(shown, uri) else shown
            done = last
    return "".join((*parts, text[done:]))


def _is_shortened(shown: str, uri: str) -> bool:
    """Whether `shown` is the beginning of the address, rather than words with a link."""
    beginning = _without_scheme(shown).removesuffix("…").removesuffix("...")
    return bool(beginning) and _without_scheme(uri).startswith(beginning)


def _without_scheme(address: str) -> str:
    return address.strip().lower().removeprefix("https://").removeprefix("http://").removeprefix("www.")
