"""An export of Instagram as JSON: captions of posts, reels and IGTV films, and the user's own comments.

The export does not say to which post a comment belongs, or who could read it. The user is told, and comments
count as unlisted. Archived and deleted posts, stories and messages are never read. A private account is
refused. Posts have neither ids nor addresses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from ..progress import tell
from ..types import Post, PostKind, Timeline, Visibility
from ._contract import Match, ReadOptions
from ._formats.archive_files import ArchiveFiles
from ._formats.dates import read_date
from ._formats.export_files import Export, match_export, open_export
from ._formats.fields import names, plain
from ._formats.meta_export import Item, Value, account, items, profiles, repair
from ._formats.skipped import NOT_PUBLIC, skip
from ._instagram_posts import LabelledPost, labelled_posts, put_away, put_away_files

NAME = "Instagram"
SUMMARY = "an export of Instagram (JSON), zip or folder"
EXAMPLE = "instagram-ada-2025-08-24-AbCdEfGh.zip"

_NAME = "instagram_export"
_WHAT = "export of Instagram as JSON"
_FOLDERS = ("your_instagram_activity/media/", "your_instagram_activity/content/", "content/")  # newest first
_COMMENT_FOLDERS = ("your_instagram_activity/comments/", "comments/")
_LABELLED_POSTS = "posts.json"  # beside the insights, which are not read, is another file of this name
_POSTS = re.compile(r"posts_\d+\.json")
_KEYS = {"reels.json": ("ig_reels_media",), "igtv_videos.json": ("ig_igtv_media",)}
_COMMENTS = re.compile(r"(post|reels)_comments(_\d+)?\.json")
_COMMENT_KEYS = {"post": "comments_media_comments", "reels": "comments_reels_comments"}


class _Comment(Struct, frozen=True):
    """A comment under labels in the account's language; the owner of what it is below is under one, too."""

    string_map_data: dict[str, Value] = {}  # since 2023
    string_list_data: list[Value] = []  # before

    @property
    def text(self) -> str:
        """The text, by its label, or where that is not known before the owner's name; "" for a picture."""
        words = names("labels")["comments"]
        labelled = [value for label, value in self.string_map_data.items() if plain(repair(label)) in words]
        said = [value for value in self.string_map_data.values() if not value.timestamp]
        first = labelled or (said if len(said) > 1 else []) or self.string_list_data
        return repair(next((value.value for value in first), "")).strip()

    @property
    def seconds(self) -> int:
        values = [*self.string_map_data.values(), *self.string_list_data]
        return next((value.timestamp for value in values if value.timestamp), 0)


def recognises(location: str) -> Match:
    """Whether posts.json, posts_1.json, reels.json or igtv_videos.json is where exports have it."""
    return match_export(location, _is_base)


def read(location: str, options: ReadOptions) -> Timeline:
    """Read the account, and open the posts, then the comments, in the order of the export."""
    with open_export(location, _is_base, _WHAT) as export:
        owner = account(export, options, _NAME, "https://www.instagram.com/")
        comments = _comment_files(export)
        deciding = _deciding_files(export)
        digest = export.digest([*_post_files(export), *deciding, *comments, *profiles(export, _NAME)])
    if comments:
        tell(
            "Instagram's export does not say who could read a comment: those below posts of private accounts "
            "may be among them; leave out what a model should not learn from, as with --exclude-matching, or "
            "all of them with --drop-replies"
        )
    return Timeline(account=owner, posts=_posts(location, owner.handle), digest=digest)


def _posts(location: str, handle: str) -> Iterator[Post]:
    with open_export(location, _is_base, _WHAT) as export:
        for number, item in enumerate(_items(export), start=1):
            if item.text:
                yield Post(id=f"post-{number}", author=handle, text=item.text, created_at=item.created_at)
        for number, comment in enumerate(_comments(export), start=1):
            if comment.text:
                yield Post(
                    id=f"comment-{number}",
                    author=handle,
                    text=comment.text,
                    created_at=read_date(comment.seconds),
                    kind=PostKind.REPLY,
                    visibility=Visibility.UNLISTED,
                )


def _items(export: Export) -> Iterator[Item | LabelledPost]:
    """Yield the posts; of one that is listed twice, what posts.json has of it."""
    private = {file for folder in _FOLDERS for file in put_away(export, folder)}
    decided: set[str] = set()
    for name in _post_files(export):
        kind = name.rpartition("/")[2]
        if kind == _LABELLED_POSTS:
            yield from labelled_posts(export, name, private, decided)
            continue
        for item in items(export, name, list[Item], *_KEYS.get(kind, ())):
            if not decided.isdisjoint(item.files):
                continue
            if private.isdisjoint(item.files):
                yield item
            else:
                skip(NOT_PUBLIC)


def _comments(export: Export) -> Iterator[_Comment]:
    for name in _comment_files(export):
        kind = name.rpartition("/")[2].partition("_")[0]
        yield from items(export, name, list[_Comment], _COMMENT_KEYS[kind])


def _post_files(export: Export) -> list[str]:
    posts = [folder + _LABELLED_POSTS for folder in _FOLDERS if export.has(folder + _LABELLED_POSTS)]
    posts += [name for folder in _FOLDERS for name in export.names(_POSTS, folder)]
    return posts + [folder + name for folder in _FOLDERS for name in _KEYS if export.has(folder + name)]


def _deciding_files(export: Export) -> list[str]:
    """Return the files that say which posts are not read."""
    return [name for folder in _FOLDERS for name, _ in put_away_files(export, folder)]


def _comment_files(export: Export) -> list[str]:
    return [name for folder in _COMMENT_FOLDERS for name in export.names(_COMMENTS, folder)]


def _is_base(files: ArchiveFiles, folder: str) -> bool:
    posts = (_LABELLED_POSTS, "posts_1.json", *_KEYS)
    return any(files.has(folder + inside + name) for inside in _FOLDERS for name in posts)
