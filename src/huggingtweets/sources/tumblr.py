"""A Tumblr blog's export: posts/posts.xml in a zip, there also in posts.zip, in a folder, or alone.

Only posts that are published for everyone are read; drafts, the queue, private posts, submissions of others
and conversations are not. Reblogs become reposts without text, as others wrote most of it. Quotes, chats and
the questions of answers are left out. Tumblr documents no form; several published readers of this export,
with their test files, agree on this one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

from ..errors import BrokenArchive, LocationError
from ..types import Account, Post, PostKind, Timeline
from ._contract import Match, ReadOptions
from ._formats.archive_files import ArchiveFiles, open_archive, read_chunks
from ._formats.authors import same_handle, to_handle
from ._formats.compressed import copied
from ._formats.dates import read_date
from ._formats.export_files import Export, match_export, open_export
from ._formats.markup import html_text, xml_events

NAME = "Tumblr"
SUMMARY = "an export of a Tumblr blog: zip, folder or posts.xml"
EXAMPLE = "jane-tumblr-export.zip"

_WHAT = "export of a Tumblr blog with posts.xml"
_FILES = ("posts/posts.xml", "posts.xml")
_INNER_ZIP = "posts.zip"  # inside the zip that Tumblr makes
_ROOT = re.compile(rb"<tumblr[\s>]")
_HEAD = 4096  # bytes
_OWN_TEXT = {  # by type of post: the elements with the text of the blog's author, as HTML
    "regular": ("regular-title", "regular-body"),
    "photo": ("photo-caption",),
    "video": ("video-caption",),
    "audio": ("audio-caption",),
    "link": ("link-description",),
    "answer": ("answer",),
}
_SUBMISSION = ("is_submission", "is-submission")
_REBLOGGED = ("reblogged-from-url", "reblogged-from-name", "reblogged-root-url")


def recognises(location: str) -> Match:
    """Whether a file begins as posts.xml does, or an archive has such a file or Tumblr's posts.zip."""
    path = Path(location)
    if path.suffix.lower() == ".xml" and path.is_file():
        with path.open("rb") as file:
            return Match.CONTENT if _ROOT.search(file.read(_HEAD)) else Match.NO
    return match_export(location, _is_base)


def read(location: str, options: ReadOptions) -> Timeline:
    """Read the name of the blog, and open its posts in the order of the export, newest first."""
    blog = next((post.get("tumblelog", "") for post in _elements(location)), "")
    handle = to_handle(blog or options.handle or options.name or "")
    if not handle:
        raise LocationError(f"{location} does not say whose it is", advice="give the handle with --handle")
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
        if own and _is_public(post) and (post.get("type") in _OWN_TEXT or _is_reblog(post)):
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
    """Return the text without quotations."""
    parts = (post.findtext(name, "") for name in _OWN_TEXT[post.get("type", "")])
    return "\n\n".join(filter(None, (html_text(part, drop="blockquote") for part in parts)))


def _is_public(post: Element) -> bool:
    hidden = post.get("state", "published") != "published" or post.get("private") == "true"
    return not hidden and not any(post.get(name) == "true" for name in _SUBMISSION)


def _is_reblog(post: Element) -> bool:
    return post.get("is_reblog") == "true" or any(post.get(name) for name in _REBLOGGED)


def _elements(location: str) -> Iterator[Element]:
    """Yield the elements of the posts, one by one."""
    ancestors: list[Element] = []
    for kind, element in xml_events(_chunks(location), location):
        if kind == "start":
            if not ancestors and element.tag != "tumblr":
                raise LocationError(f"{location} is no {_WHAT}; give the zip, the folder or posts.xml")
            ancestors.append(element)
            continue
        ancestors.pop()
        if element.tag == "post":
            yield element
            ancestors[-1].clear()


def _chunks(location: str) -> Iterator[bytes]:
    path = Path(location)
    if path.suffix.lower() == ".xml":
        with path.open("rb") as file:
            yield from read_chunks(file)
        return
    with open_export(location, _is_base, _WHAT) as export:
        name = _file(export.files, export.base)
        yield from export.files.chunks(name) if name else _packed_chunks(export)


def _packed_chunks(export: Export) -> Iterator[bytes]:
    """Yield the bytes of posts.xml in the zip inside of the zip."""
    shown = export.shown(_INNER_ZIP)
    with copied(export.files, export.base + _INNER_ZIP) as copy:
        try:
            with open_archive(copy) as files:
                name = next(filter(None, (_file(files, folder) for folder in files.roots())), "")
                if not name:
                    raise LocationError(f"{shown} holds no posts.xml; ask Tumblr for the export again")
                yield from files.chunks(name)
        except BrokenArchive as error:
            raise BrokenArchive(str(error).replace(str(copy), shown)) from error


def _is_base(files: ArchiveFiles, folder: str) -> bool:
    has_inner_zip = files.has(folder + _INNER_ZIP) and "media" in files.folders(folder)
    return has_inner_zip or bool(_file(files, folder))


def _file(files: ArchiveFiles, folder: str) -> str:
    for name in (folder + name for name in _FILES):
        if files.has(name) and _ROOT.search(next(files.chunks(name), b"")[:_HEAD]):
            return name
    return ""
