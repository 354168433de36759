"""X's archive ("Your archive") in the form it has had since 2022: a zip, or the folder it unpacks to.

Only the files that hold published posts and the profile are opened. Direct messages, deleted posts, circle
posts, contacts and all else are never read, and neither is the e-mail address in account.js.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, takewhile
from pathlib import Path, PurePosixPath
from typing import TypeVar

import msgspec
from msgspec import Struct

from ..errors import BrokenArchive, LocationError
from ..files import sha256
from ..types import Account, Post, Timeline
from ._archive_files import ArchiveFiles, open_archive
from ._contract import Match, ReadOptions
from ._handles import same_handle, to_handle
from ._json_arrays import DAMAGE, decode_array
from ._x_notes import Notes
from ._x_posts import Note, Tweet, to_post

SUMMARY = "an archive of X (Twitter), zip or folder"
EXAMPLE = "twitter-2024-05-01.zip"

T = TypeVar("T")

_KNOWN_BY = ("tweets.js", "tweet.js")  # since October 2022, and before
_TWEETS = re.compile(r"tweets?(?:-part\d+)?\.js")
_LARGEST_EXTRA = 8 << 20  # bytes of the manifest, or of the avatar


class _TweetItem(Struct, gc=False):
    tweet: Tweet


class _NoteItem(Struct, gc=False, rename="camel"):
    note_tweet: Note


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


class _Listed(Struct, frozen=True, rename="camel"):
    file_name: str = ""
    count: int | None = None


class _DataType(Struct, frozen=True):
    files: tuple[_Listed, ...] = ()


class _DataTypes(Struct, frozen=True):
    tweets: _DataType = _DataType()
    tweet: _DataType = _DataType()


class _Manifest(Struct, rename="camel"):
    data_types: _DataTypes = _DataTypes()


def recognises(location: str) -> Match:
    """Whether there is a tweets.js where an archive has it, or at least a zip that cannot be looked into."""
    path = Path(location)
    if not path.is_dir() and path.suffix.lower() != ".zip":
        return Match.NO
    try:
        with open_archive(path) as files:
            return Match.NO if _data_folder(files) is None else Match.CONTENT
    except BrokenArchive:
        return Match.SUFFIX


def read(location: str, options: ReadOptions) -> Timeline:
    """Read the account, and open the posts in the order of the archive, which is not quite by time."""
    path = Path(location)
    with open_archive(path) as files:
        archive = _Archive.of(files)
        account = _account(archive, options)
        listed = archive.tweet_files()
        digest = archive.digest() if path.is_dir() else sha256(path)
    counts = [file.count for file in listed]
    expected = sum(filter(None, counts)) if all(counts) else None
    return Timeline(account=account, posts=_posts(path, account.handle), digest=digest, expected=expected)


def _posts(path: Path, handle: str) -> Iterator[Post]:
    with open_archive(path) as files:
        archive = _Archive.of(files)
        notes = Notes(
            item.note_tweet
            for name in archive.parts("note-tweet")
            for item in archive.records(name, list[_NoteItem])
        )
        for file in archive.tweet_files():
            for item in archive.records(file.file_name, list[_TweetItem]):
                yield to_post(item.tweet, handle, notes.of(item.tweet))


@dataclass(frozen=True)
class _Archive:
    """The files of an archive and the folder in it that holds the data, for example `data/`."""

    files: ArchiveFiles
    folder: str

    @classmethod
    def of(cls, files: ArchiveFiles) -> _Archive:
        folder = _data_folder(files)
        if folder is None:
            raise LocationError(
                f"{files.path} is no archive of X: no data/tweets.js is in it; give the zip that X sent"
            )
        return cls(files, folder)

    def has(self, name: str) -> bool:
        return self.files.has(self.folder + name)

    def records(self, name: str, kind: type[list[T]]) -> Iterator[T]:
        """The objects in a file of the form `window.YTD.name.part0 = [...]`."""
        decoder = msgspec.json.Decoder(kind, strict=False)
        return decode_array(self.files.chunks(self.folder + name), decoder, f"{self.files.path}: {name}")

    def parts(self, name: str) -> list[str]:
        """Files of one kind of data: `name.js`, `name-part1.js` and so on, as far as they are there."""
        first = [f"{name}.js"] if self.has(f"{name}.js") else []
        return first + list(takewhile(self.has, (f"{name}-part{n}.js" for n in count(1))))

    def tweet_files(self) -> list[_Listed]:
        """The files of posts as the manifest lists them, or else as they are found."""
        kinds = self._manifest().data_types
        listed = [
            _Listed(PurePosixPath(file.file_name).name, file.count)
            for file in (*kinds.tweets.files, *kinds.tweet.files)
        ]
        listed = [file for file in listed if _TWEETS.fullmatch(file.file_name)]
        missing = [file.file_name for file in listed if not self.has(file.file_name)]
        if missing:
            raise BrokenArchive(
                f"{self.files.path} lacks {missing[0]}, which its manifest lists; download it again"
            )
        return listed or [_Listed(name) for kind in ("tweets", "tweet") for name in self.parts(kind)]

    def _manifest(self) -> _Manifest:
        if not self.has("manifest.js"):
            return _Manifest()
        content = self.files.read(f"{self.folder}manifest.js", _LARGEST_EXTRA)
        try:
            return msgspec.json.decode(
                content.partition(b"=")[2].rstrip(b"; \r\n"), type=_Manifest, strict=False
            )
        except DAMAGE as error:
            raise BrokenArchive(
                f"{self.files.path}: manifest.js is damaged ({error}); download it again"
            ) from error

    def avatar(self, owner: _Owner, profile: _Profile) -> bytes | None:
        picture = PurePosixPath(profile.avatar_media_url or "").name
        name = f"profile_media/{owner.account_id}-{picture}"
        return self.files.read(self.folder + name, _LARGEST_EXTRA) if self.has(name) else None

    def digest(self) -> str:
        """sha256 over the names and bytes of all files that posts and account are read from."""
        kinds = ("account", "manifest", "note-tweet", "profile")
        names = {file.file_name for file in self.tweet_files()}.union(*map(self.parts, kinds))
        total = hashlib.sha256()
        for name in sorted(names):
            total.update(name.encode() + b"\0")
            for chunk in self.files.chunks(self.folder + name):
                total.update(chunk)
        return total.hexdigest()


def _data_folder(files: ArchiveFiles) -> str | None:
    """The folder of tweets.js: what X zipped, that folder itself, or one more folder around it."""
    candidates = ("data/", "", *(f"{top}/data/" for top in files.folders()))
    return next(
        (folder for folder in candidates if any(files.has(folder + name) for name in _KNOWN_BY)), None
    )


def _account(archive: _Archive, options: ReadOptions) -> Account:
    owner = _Owner(username=options.handle or "")
    for item in archive.records("account.js", list[_OwnerItem]) if archive.has("account.js") else ():
        owner = item.account
    handle = to_handle(owner.username)
    if not handle:
        raise LocationError(f"{archive.files.path} does not say whose it is; give the handle with --handle")
    if options.handle and not same_handle(options.handle, handle):
        raise LocationError(f"{archive.files.path} holds the posts of @{handle}, not of @{options.handle}")
    profile = _Profile()
    for entry in archive.records("profile.js", list[_ProfileItem]) if archive.has("profile.js") else ():
        profile = entry.profile
    return Account(
        handle=handle,
        name=options.name or owner.account_display_name or handle,
        source="x_archive",
        bio=profile.description.bio or "",
        url=f"https://x.com/{handle}",
        avatar=archive.avatar(owner, profile),
    )
