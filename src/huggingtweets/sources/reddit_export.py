"""Reddit's export of a user's data: a zip of tables, of which posts and comments are read.

The text of a post is its title and its body. Quotations, lines that begin with `>`, are left out, as others
wrote them. Votes, chats, messages, drafts and network addresses are never read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..errors import LocationError
from ..types import Account, Post, PostKind, Timeline
from ._contract import Match, ReadOptions
from ._formats.archive_files import ArchiveFiles
from ._formats.authors import same_handle, to_handle
from ._formats.dates import read_date
from ._formats.export_files import Export, match_export, open_export
from ._formats.markup import unescape_html
from ._formats.record_shapes import Row

NAME = "Reddit"
SUMMARY = "an export of Reddit, zip or folder"
EXAMPLE = "export_ada_20240501.zip"

_WHAT = "export of Reddit"
_TABLES = {  # by the prefix that Reddit puts before such ids
    "t3_": re.compile(r"posts(_\d+)?\.csv"),
    "t1_": re.compile(r"comments(_\d+)?\.csv"),
}
_ONLY_OF_REDDIT = (
    *("comment_headers.csv", "post_headers.csv", "messages_archive_headers.csv"),
    *("comment_votes.csv", "post_votes.csv", "subscribed_subreddits.csv", "statistics.csv"),
)
_GONE = {"[deleted]", "[removed]"}
_QUOTE = re.compile(r"^[ \t]*>(?!!).*\n?", re.MULTILINE)  # `>!` begins a spoiler
_PICTURE = re.compile(r"!\[(?:gif|img)\]\([^)\s]*\)")  # ![gif](giphy|id), ![img](emote|id|id)
_POST_IN_LINK = re.compile(r"/comments/(\w+)")
_BLANK_LINES = re.compile(r"\n{3,}")


def recognises(location: str) -> Match:
    """Whether there are tables of posts or comments beside one that only Reddit's exports have."""
    return match_export(location, _is_base)


def read(location: str, options: ReadOptions) -> Timeline:
    """Read the account, and open the posts, then the comments, in the order of the export."""
    with open_export(location, _is_base, _WHAT) as export:
        handle = _handle(export, options)
        digest = export.digest([name for table in _TABLES.values() for name in export.names(table)])
    account = Account(
        handle=handle,
        name=options.name or handle,
        source="reddit_export",
        url=f"https://www.reddit.com/user/{handle}",
    )
    return Timeline(account=account, posts=_posts(location, handle), digest=digest)


def _posts(location: str, handle: str) -> Iterator[Post]:
    with open_export(location, _is_base, _WHAT) as export:
        for prefix, table in _TABLES.items():
            for name in export.names(table):
                for row in export.rows(name):
                    text = _text(row)
                    if text:
                        yield _post(row, prefix, text, handle)


def _post(row: Row, prefix: str, text: str, handle: str) -> Post:
    is_comment = prefix == "t1_"
    post = _POST_IN_LINK.search(row.get("link", ""))
    parent = row.get("parent") or (f"t3_{post[1]}" if post else None)
    return Post(
        id=prefix + row.get("id", ""),
        author=handle,
        text=text,
        created_at=read_date(row.get("date", "")),
        kind=PostKind.REPLY if is_comment else PostKind.ORIGINAL,
        reply_to=parent if is_comment else None,
        url=row.get("permalink", ""),
    )


def _text(row: Row) -> str:
    """Return title and body without quotations; an empty string if either was deleted."""
    parts = [unescape_html(row.get(column, "")).strip() for column in ("title", "body")]
    if not _GONE.isdisjoint(parts):
        return ""
    plain = [_PICTURE.sub("", part.replace("\u200b", "").replace("\r", "")) for part in parts]
    own = [_QUOTE.sub("", part).strip() for part in plain]
    return _BLANK_LINES.sub("\n\n", "\n\n".join(filter(None, own)))


def _handle(export: Export, options: ReadOptions) -> str:
    rows = export.rows("statistics.csv") if export.has("statistics.csv") else iter(())
    name = next((row.get("value", "") for row in rows if row.get("statistic") == "account name"), "")
    handle = to_handle(name or options.handle or options.name or "")
    if not handle:
        raise LocationError(f"{export.path} does not say whose it is", advice="give the handle with --handle")
    if options.handle and not same_handle(options.handle, handle):
        raise LocationError(f"{export.path} holds the posts of @{handle}, not of @{options.handle}")
    return handle


def _is_base(files: ArchiveFiles, folder: str) -> bool:
    tables = any(files.has(folder + name) for name in ("posts.csv", "comments.csv", "posts_1.csv"))
    return tables and any(files.has(folder + name) for name in _ONLY_OF_REDDIT)
