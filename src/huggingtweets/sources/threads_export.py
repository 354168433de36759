"""An export of Threads as JSON; it is part of Instagram's export.

Posts and replies are in one file. Replies do not say what they answer, and posts have neither ids nor
addresses. An export that also has posts of Instagram counts as Instagram's; `--source threads_export` reads
the part of Threads. Archived posts, likes and messages are never read. A private account is refused.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..types import Post, PostKind, Timeline
from ._contract import Match, ReadOptions
from ._formats.archive_files import ArchiveFiles
from ._formats.export_files import Export, match_export, open_export
from ._formats.meta_export import Item, account, items, profiles

NAME = "Threads"
SUMMARY = "an export of Threads (JSON), zip or folder"
EXAMPLE = "instagram-ada-2025-08-24-AbCdEfGh.zip"

_NAME = "threads_export"
_WHAT = "export of Threads as JSON"
_KEY = "text_post_app_text_posts"
_POSTS = ("your_instagram_activity/threads/threads_and_replies.json", "threads/threads_and_replies.json")


def recognises(location: str) -> Match:
    """Whether threads_and_replies.json is where exports have it."""
    return match_export(location, _is_base)


def read(location: str, options: ReadOptions) -> Timeline:
    """Read the account, and open the posts in the order of the export."""
    with open_export(location, _is_base, _WHAT) as export:
        owner = account(export, options, _NAME, "https://www.threads.com/@")
        digest = export.digest([*_files(export), *profiles(export, _NAME)])
    return Timeline(account=owner, posts=_posts(location, owner.handle), digest=digest)


def _posts(location: str, handle: str) -> Iterator[Post]:
    with open_export(location, _is_base, _WHAT) as export:
        posts = (item for name in _files(export) for item in items(export, name, list[Item], _KEY))
        for number, item in enumerate(posts, start=1):
            if item.text:
                yield Post(
                    id=f"post-{number}",
                    author=handle,
                    text=item.text,
                    created_at=item.created_at,
                    kind=PostKind.REPLY if item.is_reply else PostKind.ORIGINAL,
                )


def _files(export: Export) -> list[str]:
    return list(filter(export.has, _POSTS))


def _is_base(files: ArchiveFiles, folder: str) -> bool:
    return any(files.has(folder + name) for name in _POSTS)
