"""A Mastodon account's archive: a zip (since 4.2), a tar.gz (before), the folder, or its outbox.json alone.

The outbox also has private posts and direct messages. A post is read only if it is addressed to everybody:
`#Public` is in its `to` (public) or in its `cc` (unlisted). Boosts become reposts without text.

A content warning is left out of the text: it is a label on the post, like "politics", and not its beginning.
Form: the documents of ActivityStreams 2.0 as Mastodon writes them, docs.joinmastodon.org/spec/activitypub.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from ..errors import BrokenArchive, LocationError
from ..files import sha256
from ..types import Account, Post, PostKind, Timeline, Visibility
from ._contract import Match, ReadOptions
from ._formats.archive_files import ArchiveFiles, open_archive
from ._formats.authors import same_handle, to_handle
from ._formats.dates import read_date
from ._formats.export_files import Export
from ._formats.json_arrays import decode_array
from ._formats.json_nested import nested_values
from ._formats.markup import Mention, activity_text, server_name
from ._formats.skipped import NOT_PUBLIC, skip
from ._formats.tar_files import TarFiles, is_tar

NAME = "Mastodon archive"
SUMMARY = "an archive of Mastodon: zip, tar.gz, folder or outbox.json"
EXAMPLE = "archive-20240501-0123456789abcdef.zip"

_OUTBOX = "outbox.json"
_ACTOR = "actor.json"
_ITEMS = "orderedItems"
_HEAD = 64 << 10  # bytes; an outbox names its list of items within them
_PUBLIC = {"https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public"}

_Addresses = list[str] | str | None


class _Tag(Struct, gc=False):
    type: str | None = None
    name: str | None = None
    href: str | None = None


class _Note(Struct, rename="camel"):
    id: str
    content: str | None = None
    content_map: dict[str, str | None] | None = None
    published: str | None = None
    url: str | list[object] | None = None
    attributed_to: object = None  # who wrote it: an address, an object with one, or several of both
    in_reply_to: str | None = None
    tag: list[_Tag] | _Tag | None = None
    quote: str | dict[str, Any] | None = None  # quotes have one of these three; standards changed
    quote_uri: str | None = None
    quote_url: str | None = None


class _Activity(Struct):
    type: str
    actor: str | None = None
    id: str | None = None
    published: str | None = None
    to: _Addresses = None
    cc: _Addresses = None
    object: _Note | str | None = None


class _Icon(Struct):
    url: str | None = None


class _Actor(Struct, rename="camel"):
    id: str = ""
    preferred_username: str = ""
    name: str | None = None
    summary: str | None = None
    url: str | None = None
    icon: _Icon | None = None


def recognises(location: str) -> Match:
    """Whether there is an outbox.json; any tar may have one, as it has no list of its files."""
    path = Path(location)
    if path.is_dir() or path.suffix.lower() == ".zip":
        try:
            with open_archive(path) as files:
                return Match.NO if _base(files) is None else Match.CONTENT
        except BrokenArchive:
            return Match.NO
    if not path.is_file():
        return Match.NO
    if path.suffix.lower() == ".json":
        with path.open("rb") as file:
            return Match.CONTENT if f'"{_ITEMS}"'.encode() in file.read(_HEAD) else Match.NO
    return Match.SUFFIX if is_tar(path) else Match.NO


def read(location: str, options: ReadOptions) -> Timeline:
    """Read the account, and open the public and unlisted posts, oldest first."""
    path = Path(location)
    with _open(path) as archive:
        account, _ = _account(archive, options)
        digest = sha256(path) if path.is_file() else archive.export.digest([_ACTOR, archive.outbox])
    return Timeline(account=account, posts=_posts(path, options), digest=digest)


def _posts(path: Path, options: ReadOptions) -> Iterator[Post]:
    with _open(path) as archive:
        account, actor = _account(archive, options)
        for activity in _activities(archive):
            visibility = _visibility(activity)
            if not visibility:
                skip(NOT_PUBLIC)
            elif activity.actor in {None, actor}:
                post = _post(activity, account.handle, visibility) if _is_of(actor, activity) else None
                if post:
                    yield post


class _Archive(NamedTuple):
    export: Export
    outbox: str  # its name in the export
    shown: str  # its name in messages


@contextmanager
def _open(path: Path) -> Iterator[_Archive]:
    if path.is_file() and path.suffix.lower() == ".json":
        with open_archive(path.parent) as files:
            yield _Archive(Export(files, ""), path.name, str(path))
        return
    tarred = path.is_file() and is_tar(path)
    with TarFiles(path) if tarred else open_archive(path) as files:
        base = _base(files)
        if base is None:
            way_out = "of another place, unpack it and give the folder" if tarred else "give the file it made"
            raise LocationError(f"{path} is no archive of Mastodon: no {_OUTBOX} is in it; {way_out}")
        export = Export(files, base)
        yield _Archive(export, _OUTBOX, export.shown(_OUTBOX))


def _base(files: ArchiveFiles) -> str | None:
    """Return the folder of the outbox: the top, or a folder around it."""
    return next((folder for folder in files.roots() if files.has(folder + _OUTBOX)), None)


def _activities(archive: _Archive) -> Iterator[_Activity]:
    """Yield the activities. The list may stand twice, first empty, as in exports of 2024."""
    decoder = msgspec.json.Decoder(list[_Activity])
    depth = None
    for items in nested_values(archive.export.chunks(archive.outbox), {_ITEMS}, archive.shown):
        depth = items.depth if depth is None else depth
        if items.depth == depth:
            yield from decode_array(items.chunks, decoder, archive.shown)
    if depth is None:
        raise BrokenArchive(
            f"{archive.shown} is no whole outbox: it has no {_ITEMS}; download the archive again"
        )


def _account(archive: _Archive, options: ReadOptions) -> tuple[Account, str]:
    """Return the account, and the address by which the activities name the person."""
    export = archive.export
    first = next((a.actor for a in _activities(archive) if a.actor), "")
    actor = export.small_json(_ACTOR, _Actor) or _Actor()
    if first and actor.id != first:  # an outbox alone, or beside another person's files
        actor = _Actor(id=first, preferred_username=first.rstrip("/").split("/")[-1].removeprefix("@"))
    user, server = to_handle(actor.preferred_username), server_name(actor.id)
    handle = to_handle(f"{user}@{server}") if user else to_handle(options.handle or "")
    if not handle:
        raise LocationError(
            f"{archive.shown} does not say whose it is", advice="give the handle with --handle"
        )
    if options.handle and not any(same_handle(options.handle, own) for own in (handle, user or handle)):
        raise LocationError(f"{export.path} holds the posts of @{handle}, not of @{options.handle}")
    account = Account(
        handle=handle,
        name=options.name or actor.name or user or handle,
        source="mastodon_export",
        bio=activity_text(actor.summary or ""),
        url=actor.url or actor.id,
        avatar=export.picture(actor.icon.url) if actor.icon and actor.icon.url else None,
    )
    return account, actor.id


def _is_of(actor: str, activity: _Activity) -> bool:
    """Whether what an activity published names nobody else as its author."""
    written = activity.object.attributed_to if isinstance(activity.object, _Note) else None
    authors = written if isinstance(written, list) else [written] if written else []
    names = [author.get("id") if isinstance(author, dict) else author for author in authors]
    return activity.type != "Create" or not names or not actor or actor in names


def _visibility(activity: _Activity) -> Visibility | None:
    """Return the visibility; None for posts to followers or to mentioned people only."""
    if _PUBLIC & set(_listed(activity.to)):
        return Visibility.PUBLIC
    return Visibility.UNLISTED if _PUBLIC & set(_listed(activity.cc)) else None


def _listed(addresses: _Addresses) -> list[str]:
    return [addresses] if isinstance(addresses, str) else addresses or []


def _post(activity: _Activity, handle: str, visibility: Visibility) -> Post | None:
    """Return the post that an activity published, or None if it did something else."""
    note = activity.object
    if activity.type == "Announce":
        identity = activity.id or (note if isinstance(note, str) else "")
        when = read_date(activity.published or "")
        return Post(
            id=identity, author=handle, text="", created_at=when, kind=PostKind.REPOST, visibility=visibility
        )
    if activity.type != "Create" or not isinstance(note, _Note):
        return None
    tags = [note.tag] if isinstance(note.tag, _Tag) else note.tag or []
    mentions = [Mention(tag.name or "", tag.href or "") for tag in tags if tag.type == "Mention"]
    return Post(
        id=note.id,
        author=handle,
        text=activity_text(note.content or "", mentions),
        created_at=read_date(note.published or ""),
        kind=_kind(note),
        reply_to=note.in_reply_to,
        lang=_language(note),
        url=note.url if isinstance(note.url, str) else note.id,
        visibility=visibility,
    )


def _kind(note: _Note) -> PostKind:
    if note.in_reply_to:
        return PostKind.REPLY
    return PostKind.QUOTE if note.quote or note.quote_uri or note.quote_url else PostKind.ORIGINAL


def _language(note: _Note) -> str | None:
    """Return the language of the text; the other languages have translations."""
    languages = [name for name, text in (note.content_map or {}).items() if text == note.content]
    return languages[0] if languages and languages[0] != "und" else None
