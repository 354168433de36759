"""A Tumblr blog's export: posts/posts.xml in a zip, in the folder that it unpacks to, or alone.

Only what is published for everyone is read: drafts, the queue, private posts, submissions of other people and
conversations are not. Reblogs are counted, and their words, which are mostly somebody else's, are not read;
neither are quotes, chats and the questions of answers. Form: as in the test files and sources of several
published readers of this export, which agree; Tumblr itself describes none.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from xml.etree.ElementTree import Element

from ..errors import LocationError
from ..types import Account, Post, PostKind, Timeline
from ._contract import Match, ReadOptions
from ._formats.archive_files import CHUNK, ArchiveFiles
from ._formats.dates import read_date
from ._formats.export_files import match_export, open_export
from ._formats.handles import same_handle, to_handle
from ._formats.html_text import html_text
from ._formats.xml_events import xml_events

SUMMARY = "an export of a Tumblr blog: zip, folder or posts.xml"
EXAMPLE = "jane-tumblr-export.zip"

_WHAT = "export of a Tumblr blog with posts.xml"
_FILES = ("posts/posts.xml", "posts.xml")
_PACKED = "posts.zip"  # inside of the zip that Tumblr gives
_ROOT = re.compile(rb"<tumblr[\s>]")
_HEAD = 4096  # bytes
_OWN = {  # by type of post, the elements that hold what the blog's owner typed, as HTML
    "regular": ("regular-title", "regular-body"),
    "photo": ("photo-caption",),
    "video": ("video-caption",),
    "audio": ("audio-caption",),
    "link": ("link-description",),
    "answer": ("answer",),
}
_OF_OTHERS = ("is_submission", "is-submission")
_REBLOGGED = ("reblogged-from-url", "reblogged-from-name", "reblogged-root-url")


def recognises(location: str) -> Match:
    """Whether a file begins as posts.xml does, or such a file is in an archive, or where Tumblr packs it."""
    path = Path(location)
    if path.suffix.lower() == ".xml" and path.is_file():
        with path.open("rb") as file:
            return Match.CONTENT if _ROOT.search(file.read(_HEAD)) else Match.NO
    return match_export(location, _is_base)


def read(location: str, options: ReadOptions) -> Timeline:
    """Read which blog it is, and open its posts in the order of the export, newest first."""
    blog = next((post.get("tumblelog", "") for post in _elements(location)), "")
    handle = to_handle(blog or options.handle or options.name or "")
    if not handle:
        raise LocationError(f"{location} does not say whose it is; give the handle with --handle")
    if options.handle and not same_handle(options.handle, handle):
        raise LocationError(f"{location} holds the posts of @{handle}, not of @{options.handle}")
    account = Account(
        handle=handle,
        name=options.name or handle,
        source="tumblr",
        url=f"https://{blog}.tumblr.com" if blog else "",
    )
    digest = hashlib.sha256()
    for chunk in _chunks(location):
        digest.update(chunk)
    return Timeline(account=account, posts=_posts(location, handle), digest=digest.hexdigest())


def _posts(location: str, handle: str) -> Iterator[Post]:
    for post in _elements(location):
        own = same_handle(post.get("tumblelog", handle), handle)
        if own and _is_public(post) and (post.get("type") in _OWN or _is_reblog(post)):
            yield _post(post, handle)


def _post(post: Element, handle: str) -> Post:
    kind = PostKind.REPLY if post.get("type") == "answer" else PostKind.ORIGINAL
    return Post(
        id=post.get("id", ""),
        author=handle,
        text="" if _is_reblog(post) else _text(post),
        created_at=read_date(post.get("unix-timestamp") or post.get("date-gmt", "")),
        kind=PostKind.REPOST if _is_reblog(post) else kind,
        url=post.get("url-with-slug", "") or post.get("url", ""),
    )


def _text(post: Element) -> str:
    """What was typed, without quotations."""
    parts = (post.findtext(name, "") for name in _OWN[post.get("type", "")])
    return "\n\n".join(filter(None, (html_text(part, drop="blockquote") for part in parts)))


def _is_public(post: Element) -> bool:
    hidden = post.get("state", "published") != "published" or post.get("private") == "true"
    return not hidden and not any(post.get(name) == "true" for name in _OF_OTHERS)


def _is_reblog(post: Element) -> bool:
    return post.get("is_reblog") == "true" or any(post.get(name) for name in _REBLOGGED)


def _elements(location: str) -> Iterator[Element]:
    """The elements of the posts, one by one."""
    around: list[Element] = []
    for kind, element in xml_events(_chunks(location), location):
        if kind == "start":
            if not around and element.tag != "tumblr":
                raise LocationError(f"{location} is no {_WHAT}; give the zip, the folder or posts.xml")
            around.append(element)
            continue
        around.pop()
        if element.tag == "post":
            yield element
            around[-1].clear()


def _chunks(location: str) -> Iterator[bytes]:
    path = Path(location)
    if path.suffix.lower() == ".xml":
        with path.open("rb") as file:
            yield from iter(partial(file.read, CHUNK), b"")
        return
    with open_export(location, _is_base, _WHAT) as export:
        name = _file(export.files, export.base)
        if not name:
            raise LocationError(
                f"{location} holds {_PACKED}; unpack both, and give the folder in which posts.xml is then"
            )
        yield from export.files.chunks(name)


def _is_base(files: ArchiveFiles, folder: str) -> bool:
    packed = files.has(folder + _PACKED) and "media" in files.folders(folder)
    return packed or bool(_file(files, folder))


def _file(files: ArchiveFiles, folder: str) -> str:
    for name in (folder + name for name in _FILES):
        if files.has(name) and _ROOT.search(next(files.chunks(name), b"")[:_HEAD]):
            return name
    return ""
