"""An export of Facebook as JSON: the text of the user's own posts.

The export does not say who could read a post, so posts to friends are among them. The user is told, and posts
count as unlisted, the narrowest visibility that posts can have. Comments, messages, groups, what others
posted, and what the user has archived or deleted are never read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from ..errors import LocationError
from ..progress import tell
from ..types import Account, Post, Timeline, Visibility
from ._contract import Match, ReadOptions
from ._formats.archive_files import ArchiveFiles
from ._formats.authors import to_handle
from ._formats.dates import read_date
from ._formats.export_files import Export, match_export, open_export
from ._formats.meta_export import items, repair
from ._formats.skipped import DELETED, NOT_PUBLIC, skip

NAME = "Facebook"
SUMMARY = "an export of Facebook (JSON), zip or folder"
EXAMPLE = "facebook-ada-2025-08-24-AbCdEfGh.zip"

_WHAT = "export of Facebook as JSON"
_FOLDERS = ("your_facebook_activity/posts/", "your_activity_across_facebook/posts/", "posts/")  # newest first
_POSTS = re.compile(r"your_posts(__check_ins__photos_and_videos)?_\d+\.json")
_FIRST = ("your_posts_1.json", "your_posts__check_ins__photos_and_videos_1.json")
_PUT_AWAY = {  # files of posts that the user has archived or deleted, by what they count as
    NOT_PUBLIC: ("archive.json", ("archive_v2", "archive_v1", "archive")),
    DELETED: ("trash.json", ("trash_v2", "trash_v1", "trash")),
}
_PROFILES = (
    "personal_information/profile_information/profile_information.json",
    "profile_information/profile_information.json",
)
_MENTION = re.compile(r"@\[\d+:\d+:([^\]]+)\]")  # @[100012345:2048:Grace Hopper]


class _Name(Struct, frozen=True):
    full_name: str = ""


class _Profile(Struct, frozen=True):
    name: _Name = _Name()
    profile_uri: str = ""


class _ProfileFile(Struct, frozen=True):
    profile_v2: _Profile = _Profile()


class _Part(Struct, frozen=True):
    post: str | None = ""


class _Item(Struct, frozen=True):
    timestamp: int = 0
    data: list[_Part] = []

    @property
    def text(self) -> str:
        text = "\n".join(repair(part.post) for part in self.data if part.post)
        return _MENTION.sub(r"\1", text).strip()


def recognises(location: str) -> Match:
    """Whether the first file of posts is where exports have it."""
    return match_export(location, _is_base)


def read(location: str, options: ReadOptions) -> Timeline:
    """Read the account, and open the posts in the order of the export."""
    with open_export(location, _is_base, _WHAT) as export:
        owner = _account(export, options)
        put_away = [name for _, name, _ in _put_away_files(export)]
        digest = export.digest([*_files(export), *put_away, *filter(export.has, _PROFILES)])
    tell(
        "Facebook's export does not say who could read a post: those to friends are among them; leave out "
        "what a model should not learn from, as with --exclude-matching"
    )
    return Timeline(account=owner, posts=_posts(location, owner.handle), digest=digest)


def _posts(location: str, handle: str) -> Iterator[Post]:
    with open_export(location, _is_base, _WHAT) as export:
        put_away = _put_away(export)
        posts = (item for name in _files(export) for item in items(export, name, list[_Item]))
        for number, item in enumerate(posts, start=1):
            if reason := put_away.get((item.timestamp, item.text)):
                skip(reason)
            elif item.text:
                yield Post(
                    id=f"post-{number}",
                    author=handle,
                    text=item.text,
                    created_at=read_date(item.timestamp),
                    visibility=Visibility.UNLISTED,
                )


def _put_away(export: Export) -> dict[tuple[int, str], str]:
    """Return the times and texts of posts that may stand in other files, too, and why they are not read."""
    return {
        (item.timestamp, item.text): reason
        for reason, name, keys in _put_away_files(export)
        for item in items(export, name, list[_Item], *keys)
        if item.text
    }


def _put_away_files(export: Export) -> list[tuple[str, str, tuple[str, ...]]]:
    files = [(why, folder + name, keys) for folder in _FOLDERS for why, (name, keys) in _PUT_AWAY.items()]
    return [file for file in files if export.has(file[1])]


def _account(export: Export, options: ReadOptions) -> Account:
    name = next(filter(export.has, _PROFILES), "")
    profile = (export.small_json(name, _ProfileFile) or _ProfileFile()).profile_v2
    full_name = options.name or repair(profile.name.full_name)
    handle = to_handle(options.handle or full_name)
    if not handle:
        raise LocationError(
            f"{export.path} does not say whose it is", advice="say it with --name 'Their Name'"
        )
    return Account(
        handle=handle, name=full_name or handle, source="facebook_export", url=repair(profile.profile_uri)
    )


def _files(export: Export) -> list[str]:
    return [name for folder in _FOLDERS for name in export.names(_POSTS, folder)]


def _is_base(files: ArchiveFiles, folder: str) -> bool:
    return any(files.has(folder + inside + name) for inside in _FOLDERS for name in _FIRST)
