"""X's archive ("Your archive") since 2019, in all its forms: a zip, its folder, or the tweets.js in that.

Only the files of published posts and of the profile are opened. Direct messages, deleted posts, likes,
contacts and everything else are never read, and neither is the e-mail address in account.js. tweets.js also
has posts to a circle of friends; these are left out by their ids. Archives made since late 2023 do not say
any more which these are. Posts in communities are not read, as they may not be public, and neither are
articles (article.js), whose form X has not published.

Of an edited post only the last version is read. Long posts are cut in tweets.js; their whole text is in
note-tweet.js. Forms: data/README.txt in each archive.
"""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from itertools import takewhile
from operator import itemgetter
from pathlib import Path

from msgspec import Struct

from ..errors import BrokenArchive, LocationError
from ..files import sha256
from ..types import Account, Post, Timeline
from ._contract import Match, ReadOptions
from ._formats.archive_files import open_archive
from ._formats.authors import same_handle, to_handle
from ._formats.x_posts import Note, Tweet, parse_created_at, to_post, unescape
from ._x_archive_files import XArchive, data_folder, is_tweet_file

NAME = "X archive"
SUMMARY = "an archive of X (Twitter), zip or folder, of 2019 and later"
EXAMPLE = "twitter-2024-05-01.zip"

_EDITED_WITHIN = 200  # posts; X lets a post be edited for an hour
_CUT = re.compile(r"…(?:\s*https://t\.co/\w+)*\s*$")
_MENTIONS = re.compile(r"^(?:@\w+\s+)*")
_LONG = 200  # characters from which on a post may be cut without an ellipsis
_SAME_BEGINNING = 20  # characters that a cut post and its note have in common


class _NoteItem(Struct, gc=False, rename="camel"):
    note_tweet: Note


class _Id(Struct, gc=False):
    id_str: str


class _CircleItem(Struct, gc=False):
    tweet: _Id  # its text is not read


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
    """Whether there is a tweets.js where archives have it, or at least a zip that cannot be read."""
    path = _archive(location)
    if not path.is_dir() and path.suffix.lower() != ".zip":
        return Match.NO
    try:
        with open_archive(path) as files:
            return Match.NO if data_folder(files) is None else Match.CONTENT
    except BrokenArchive:
        return Match.SUFFIX


def read(location: str, options: ReadOptions) -> Timeline:
    """Read the account, and open the posts in the order of the archive, which is roughly by time."""
    path = _archive(location)
    with open_archive(path) as files:
        archive = XArchive.of(files)
        archive.require_audiences()
        account = _account(archive, options)
        _require_public(archive, account.handle)
        counts = [file.count for file in archive.tweet_files()]
        digest = archive.digest() if path.is_dir() else sha256(path)
    expected = sum(filter(None, counts)) if all(counts) else None
    return Timeline(account=account, posts=_posts(path, account.handle), digest=digest, expected=expected)


def _archive(location: str) -> Path:
    """Return the zip or the folder of an archive, which may be given by its tweets.js.

    That file alone does not say which posts were for a circle of friends, or that the account is protected.
    """
    path = Path(location)
    is_file = is_tweet_file(path.name) and path.is_file()
    beside = (path.with_name(name) for name in ("account.js", "manifest.js"))
    return path.parent if is_file and any(file.is_file() for file in beside) else path


def _posts(path: Path, handle: str) -> Iterator[Post]:
    with open_archive(path) as files:
        archive = XArchive.of(files)
        notes = _Notes(item.note_tweet for item in archive.records("note-tweet", list[_NoteItem]))
        excluded = {item.tweet.id_str for item in archive.records("twitter-circle-tweet", list[_CircleItem])}
        for tweet in _last_versions(archive.tweets(), excluded):
            yield to_post(tweet, handle, notes.find(tweet))


def _last_versions(tweets: Iterator[Tweet], excluded: set[str]) -> Iterator[Tweet]:
    """Yield the posts whose ids are not excluded, and of edited posts only the last version.

    A version may not list later ones, and these may come after it. So the next `_EDITED_WITHIN` posts are
    read before a post is yielded.
    """
    window: deque[Tweet] = deque()
    for tweet in tweets:
        if earlier := tweet.earlier_versions:
            excluded.update(earlier)
        window.append(tweet)
        if len(window) > _EDITED_WITHIN and (first := window.popleft()).id_str not in excluded:
            yield first
    yield from (tweet for tweet in window if tweet.id_str not in excluded)


class _Notes:
    """Finds the note with the whole text of a cut post."""

    def __init__(self, notes: Iterable[Note]) -> None:
        self._by_second: defaultdict[int, list[Note]] = defaultdict(list)
        for note in notes:
            self._by_second[int(note.created_at.timestamp())].append(note)

    def find(self, tweet: Tweet) -> Note | None:
        """Return the note of the same second, give or take one, that begins as `tweet` does."""
        if not self._by_second or not _is_cut(tweet.full_text) or tweet.is_repost:
            return None
        created_at = parse_created_at(tweet.created_at)
        if created_at is None:
            return None
        beginning = _without_mentions(_CUT.sub("", unescape(tweet.full_text)))
        second = int(created_at.timestamp())
        notes = [note for near in (-1, 0, 1) for note in self._by_second.get(second + near, ())]
        scores = [(_common_length(beginning, _without_mentions(note.core.text)), note) for note in notes]
        length, note = max(scores, key=itemgetter(0), default=(0, None))
        enough = min(_SAME_BEGINNING, len(beginning)) if "…" in tweet.full_text else len(beginning)
        return note if length and length >= enough else None


def _is_cut(text: str) -> bool:
    """Whether a text may be the beginning of a longer one."""
    return len(text) >= _LONG or ("…" in text and _CUT.search(text) is not None)


def _common_length(one: str, other: str) -> int:
    """Return how many characters two texts have in common at their beginning."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _without_mentions(text: str) -> str:
    """Remove the mentions at the beginning of a text, which post and note may not share."""
    return _MENTIONS.sub("", text, count=1).strip()


def _account(archive: XArchive, options: ReadOptions) -> Account:
    user = archive.manifest.user_info
    owner = _Owner(user.user_name or options.handle or "", user.account_id, user.display_name)
    for item in archive.records("account", list[_OwnerItem]):
        owner = item.account
    handle = to_handle(owner.username)
    if not handle:
        raise LocationError(
            f"{archive.files.path} does not say whose it is", advice="give the handle with --handle"
        )
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
    """Refuse a protected account: all its posts, also the old ones, are for followers only."""
    items = archive.records("protected-history", list[_ProtectionItem])
    changes = (item.protected_history for item in items)
    last = max(changes, key=lambda change: change.protected_at, default=_Protection())
    if last.action.casefold() == "protect":
        raise LocationError(
            f"{archive.files.path} holds posts that only followers of @{handle} may see, so they are not "
            "read; make the account public and ask for a new archive, if all may read them"
        )
