"""X's archive ("Your archive") in the forms it has had since 2019: a zip, or the folder it unpacks to.

Only the files that hold published posts and the profile are opened. Direct messages, deleted posts, likes,
contacts and all else are never read, and neither is the e-mail address in account.js. Of the posts that went
to a circle of friends only the ids are read, to leave these posts out: tweets.js has them, too. Archives made
since late 2023 do not say any more which these are. Not read either: posts in communities, which need not be
public, and articles (article.js), whose form X has not published.

Of a post that was edited only the last version is read. Forms: data/README.txt in each archive.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from ..errors import BrokenArchive, LocationError
from ..files import sha256
from ..types import Account, Post, Timeline
from ._contract import Match, ReadOptions
from ._formats.archive_files import open_archive
from ._formats.handles import same_handle, to_handle
from ._formats.x_archive_files import XArchive, data_folder
from ._formats.x_notes import Notes
from ._formats.x_posts import Note, Tweet, to_post

SUMMARY = "an archive of X (Twitter), zip or folder, of 2019 and later"
EXAMPLE = "twitter-2024-05-01.zip"

_EDITED_WITHIN = 200  # posts; X lets a post be edited for an hour


class _NoteItem(Struct, gc=False, rename="camel"):
    note_tweet: Note


class _Id(Struct, gc=False):
    id_str: str


class _CircleItem(Struct, gc=False):
    tweet: _Id  # and nothing else of it


class _Owner(Struct, rename="camel"):
    username: str
    account_id: str = ""
    account_display_name: str = ""


class _OwnerItem(Struct):
    account: _Owner


class _Description(Struct, frozen=True):
    bio: str | None = ""


class _Profile(Struct, rename="camel"):
    description: _Description = _Description()
    avatar_media_url: str | None = ""


class _ProfileItem(Struct):
    profile: _Profile


class _Protection(Struct, rename="camel"):
    protected_at: str = ""  # ISO 8601, UTC
    action: str = ""


class _ProtectionItem(Struct, rename="camel"):
    protected_history: _Protection


def recognises(location: str) -> Match:
    """Whether there is a tweets.js where an archive has it, or at least a zip that cannot be looked into."""
    path = Path(location)
    if not path.is_dir() and path.suffix.lower() != ".zip":
        return Match.NO
    try:
        with open_archive(path) as files:
            return Match.NO if data_folder(files) is None else Match.CONTENT
    except BrokenArchive:
        return Match.SUFFIX


def read(location: str, options: ReadOptions) -> Timeline:
    """Read the account, and open the posts in the order of the archive, which is not quite by time."""
    path = Path(location)
    with open_archive(path) as files:
        archive = XArchive.of(files)
        account = _account(archive, options)
        _require_public(archive, account.handle)
        counts = [file.count for file in archive.tweet_files()]
        digest = archive.digest() if path.is_dir() else sha256(path)
    expected = sum(filter(None, counts)) if all(counts) else None
    return Timeline(account=account, posts=_posts(path, account.handle), digest=digest, expected=expected)


def _posts(path: Path, handle: str) -> Iterator[Post]:
    with open_archive(path) as files:
        archive = XArchive.of(files)
        notes = Notes(item.note_tweet for item in archive.records("note-tweet", list[_NoteItem]))
        left_out = {item.tweet.id_str for item in archive.records("twitter-circle-tweet", list[_CircleItem])}
        for tweet in _last_versions(archive.tweets(), left_out):
            yield to_post(tweet, handle, notes.of(tweet))


def _last_versions(tweets: Iterator[Tweet], left_out: set[str]) -> Iterator[Tweet]:
    """All but the posts that are left out, to which earlier versions are added as they come up.

    A version need not know of later ones, which can come behind it. So some posts are held back.
    """
    held: deque[Tweet] = deque()
    for tweet in tweets:
        left_out.update(tweet.earlier_versions)
        held.append(tweet)
        if len(held) > _EDITED_WITHIN and (first := held.popleft()).id_str not in left_out:
            yield first
    yield from (tweet for tweet in held if tweet.id_str not in left_out)


def _account(archive: XArchive, options: ReadOptions) -> Account:
    user = archive.manifest.user_info
    owner = _Owner(user.user_name or options.handle or "", user.account_id, user.display_name)
    for item in archive.records("account", list[_OwnerItem]):
        owner = item.account
    handle = to_handle(owner.username)
    if not handle:
        raise LocationError(f"{archive.files.path} does not say whose it is; give the handle with --handle")
    if options.handle and not same_handle(options.handle, handle):
        raise LocationError(f"{archive.files.path} holds the posts of @{handle}, not of @{options.handle}")
    profile = _Profile()
    for entry in archive.records("profile", list[_ProfileItem]):
        profile = entry.profile
    return Account(
        handle=handle,
        name=options.name or owner.account_display_name or handle,
        source="x_archive",
        bio=profile.description.bio or "",
        url=f"https://x.com/{handle}",
        avatar=archive.avatar(owner.account_id, profile.avatar_media_url or ""),
    )


def _require_public(archive: XArchive, handle: str) -> None:
    """Refuse the posts of a protected account: all of them, old ones too, are for its followers."""
    items = archive.records("protected-history", list[_ProtectionItem])
    changes = (item.protected_history for item in items)
    last = max(changes, key=lambda change: change.protected_at, default=_Protection())
    if last.action.casefold() == "protect":
        raise LocationError(
            f"{archive.files.path} holds posts that only followers of @{handle} may see, so they are not "
            "read; make the account public and ask for a new archive, if all may read them"
        )
