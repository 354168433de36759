"""Substack's export of a publication: the posts that everyone can read.

Drafts, posts for paying readers, and subscribers with their addresses are never read. Quotations, embedded
posts of others, captions and buttons are left out of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..errors import LocationError
from ..types import Account, Post, Timeline
from ._contract import Match, ReadOptions
from ._formats.archive_files import ArchiveFiles
from ._formats.audience import visibility
from ._formats.authors import to_handle
from ._formats.dates import read_date
from ._formats.export_files import Export, match_export, open_export
from ._formats.fields import is_empty
from ._formats.markup import html_text, unescape_html
from ._formats.record_shapes import Row

NAME = "Substack"
SUMMARY = "an export of Substack, zip or folder"
EXAMPLE = "substack-export.zip"

_WHAT = "export of Substack"
_TABLE = "posts.csv"
_HEADER = re.compile(rb"(?:\xef\xbb\xbf)?\W*post_id\W.*\bis_published\b")
_PUBLICATION = re.compile(r"email_list\.([\w-]+)\.csv")
_LARGEST_POST = 4 << 20  # bytes
_NOT_OWN = (
    "blockquote, figcaption, button, form, .button-wrapper, .subscription-widget-wrap, .subscription-widget, "
    ".captioned-button-wrap, .tweet, .embedded-post-wrap, .embedded-publication-wrap, .digest-post-embed, "
    ".footnote-anchor, .poll-embed, .install-substack-app-embed, .comment"
)


def recognises(location: str) -> Match:
    """Whether there is a posts.csv with the columns of Substack's."""
    return match_export(location, _is_base)


def read(location: str, options: ReadOptions) -> Timeline:
    """Read the name of the publication, and open its posts in the order of posts.csv."""
    with open_export(location, _is_base, _WHAT) as export:
        account = _account(export, options)
        digest = export.digest([_TABLE, *(name for row in _rows(export) if (name := _page(export, row)))])
    return Timeline(account=account, posts=_posts(location, account), digest=digest)


def _posts(location: str, account: Account) -> Iterator[Post]:
    with open_export(location, _is_base, _WHAT) as export:
        for row in _rows(export):
            text = _text(export, row)
            if text:
                yield Post(
                    id=row["post_id"],
                    author=account.handle,
                    text=text,
                    created_at=read_date(row.get("post_date", "")),
                    url=f"{account.url}/p/{row['post_id'].partition('.')[2]}" if account.url else "",
                )


def _rows(export: Export) -> Iterator[Row]:
    """Yield the rows of posts that everyone can read."""
    for row in export.rows(_TABLE):
        published = not is_empty(row.get("is_published"))
        if row.get("post_id") and published and visibility(row.get("audience")):
            yield row


def _text(export: Export, row: Row) -> str:
    page = _page(export, row)
    body = export.read(page, _LARGEST_POST).decode("utf-8", "replace") if page else ""
    titles = (unescape_html(row.get(column, "")).strip() for column in ("title", "subtitle"))
    parts = (*titles, html_text(body, drop=_NOT_OWN))
    return "\n\n".join(filter(None, parts))


def _page(export: Export, row: Row) -> str:
    name = f"posts/{row['post_id']}.html"
    return name if export.has(name) else ""


def _account(export: Export, options: ReadOptions) -> Account:
    """Read the publication's name from the name of the list of subscribers, which is not opened."""
    matches = map(_PUBLICATION.fullmatch, export.names(_PUBLICATION))
    publication = next((match[1] for match in matches if match), "")
    handle = to_handle(publication or options.handle or options.name or "")
    if not handle:
        raise LocationError(
            f"{export.path} does not say whose it is", advice="say it with --name 'Their Name'"
        )
    url = f"https://{publication}.substack.com" if publication else ""
    return Account(handle=handle, name=options.name or handle, source="substack", url=url)


def _is_base(files: ArchiveFiles, folder: str) -> bool:
    name = folder + _TABLE
    return files.has(name) and bool(_HEADER.match(next(files.chunks(name), b"")))
