"""The files of X's archives since 2019, as their manifest lists them.

    2019          tweet.js, account.js and so on at the top; records without a `{"tweet": ...}` around them
    2020 to 2022  data/tweet.js
    since 2022    data/tweets.js, data/tweets-part1.js and so on; data/manifest.js lists them

An archive of more than 50 GB comes as several zips, and each may lack files that another has.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, count, takewhile
from operator import attrgetter
from pathlib import PurePosixPath
from typing import TypeVar

import msgspec
from msgspec import Struct

from ..errors import BrokenArchive, LocationError
from ._formats.archive_files import ArchiveFiles
from ._formats.export_files import LARGEST_EXTRA
from ._formats.json_arrays import decode_array
from ._formats.tolerant_json import DAMAGE
from ._formats.x_posts import Tweet

T = TypeVar("T")

_FIRST_FILE = ("tweets.js", "tweet.js")  # since October 2022, and before
_TWEETS = re.compile(r"tweets?(?:-part\d+)?\.js")
_WRAPPED = re.compile(rb'\[\s*\{\s*"tweet"\s*:')
_ACCOUNT_FILES = ("account", "manifest", "profile", "protected-history")
_POST_FILES = ("note-tweet", "twitter-circle-tweet")


class _TweetItem(Struct, gc=False):
    tweet: Tweet


class ListedFile(Struct, frozen=True, rename="camel"):
    """A file that the manifest lists, and how many entries it has."""

    file_name: str = ""
    count: int | None = None


class _DataType(Struct, frozen=True):
    files: tuple[ListedFile, ...] = ()


class _DataTypes(Struct, frozen=True, rename="camel"):
    tweets: _DataType = _DataType()
    tweet: _DataType = _DataType()
    protected_history: _DataType = _DataType()
    twitter_circle_tweet: _DataType = _DataType()


class _ArchiveInfo(Struct, frozen=True, rename="camel"):
    is_partial_archive: bool = False


class UserInfo(Struct, frozen=True, rename="camel"):
    """The owner of the archive."""

    account_id: str = ""
    user_name: str = ""
    display_name: str = ""


class Manifest(Struct, frozen=True, rename="camel"):
    """The content of data/manifest.js that is read."""

    user_info: UserInfo = UserInfo()
    archive_info: _ArchiveInfo = _ArchiveInfo()
    data_types: _DataTypes = _DataTypes()


@dataclass(frozen=True)
class XArchive:
    """An opened archive: its files, its folder of data (`data/`), and its manifest."""

    files: ArchiveFiles
    folder: str
    manifest: Manifest

    @classmethod
    def of(cls, files: ArchiveFiles) -> XArchive:
        """Find the folder of data; raise `LocationError` if there is none."""
        folder = data_folder(files)
        if folder is None:
            raise LocationError(
                f"{files.path} is no archive of X: no data/tweets.js is in it; give the zip that X sent"
            )
        return cls(files, folder, _manifest(files, folder))

    def has(self, name: str) -> bool:
        """Whether there is a file called `name`."""
        return self.files.has(self.folder + name)

    def records(self, name: str, kind: type[list[T]]) -> Iterator[T]:
        """Yield the objects of the files `name.js`, `name-part1.js` and so on."""
        for part in self._parts(name):
            yield from self._decode(part, self.files.chunks(self.folder + part), kind)

    def tweets(self) -> Iterator[Tweet]:
        """Yield all records of posts."""
        for file in self.tweet_files():
            chunks = self.files.chunks(self.folder + file.file_name)
            head = next(chunks, b"")
            content = chain([head], chunks)
            if _WRAPPED.search(head):
                yield from map(attrgetter("tweet"), self._decode(file.file_name, content, list[_TweetItem]))
            else:
                yield from self._decode(file.file_name, content, list[Tweet])

    def tweet_files(self) -> list[ListedFile]:
        """Return the files of posts that the manifest lists, or else all such files of the archive."""
        kinds = self.manifest.data_types
        listed = [
            ListedFile(PurePosixPath(file.file_name).name, file.count)
            for file in (*kinds.tweets.files, *kinds.tweet.files)
        ]
        listed = [file for file in listed if _TWEETS.fullmatch(file.file_name)]
        missing = [file for file in listed if not self.has(file.file_name)]
        if missing and not self.manifest.archive_info.is_partial_archive:
            raise BrokenArchive(
                f"{self.files.path} lacks {missing[0].file_name}, which its manifest lists; download it again"
            )
        return [file for file in listed if file not in missing] or self._unlisted_tweet_files()

    def require_audiences(self) -> None:
        """Refuse an archive that lacks a file, listed with entries, that says who could read its posts."""
        kinds = self.manifest.data_types
        listed = [
            PurePosixPath(file.file_name).name
            for file in (*kinds.protected_history.files, *kinds.twitter_circle_tweet.files)
            if file.count
        ]
        if missing := [name for name in listed if not self.has(name)]:
            raise BrokenArchive(
                f"{self.files.path} lacks {missing[0]}, which says what was not for everyone; give the whole "
                "archive, its parts unpacked into one folder"
            )

    def avatar(self, account_id: str, address: str) -> bytes | None:
        """Return the avatar whose address on X is `address`; None if there is no such file."""
        name = f"profile_media/{account_id}-{PurePosixPath(address).name}"
        return self.files.read(self.folder + name, LARGEST_EXTRA) if self.has(name) else None

    def digest(self) -> str:
        """Return the SHA-256 over the names and bytes of all files of posts and of the account."""
        names = {file.file_name for file in self.tweet_files()}
        names.update(*map(self._parts, (*_ACCOUNT_FILES, *_POST_FILES)))
        total = hashlib.sha256()
        for name in sorted(names):
            total.update(name.encode() + b"\0")
            for chunk in self.files.chunks(self.folder + name):
                total.update(chunk)
        return total.hexdigest()

    def _parts(self, name: str) -> list[str]:
        first = [f"{name}.js"] if self.has(f"{name}.js") else []
        return first + list(takewhile(self.has, (f"{name}-part{n}.js" for n in count(1))))

    def _unlisted_tweet_files(self) -> list[ListedFile]:
        names = filter(_TWEETS.fullmatch, self.files.names(self.folder))
        return [ListedFile(name) for name in sorted(names, key=lambda name: (len(name), name))]

    def _decode(self, name: str, chunks: Iterable[bytes], kind: type[list[T]]) -> Iterator[T]:
        """Yield the objects of a file of the form `window.YTD.name.part0 = [...]`."""
        decoder = msgspec.json.Decoder(kind, strict=False)
        return decode_array(chunks, decoder, f"{self.files.path}: {name}")


def is_tweet_file(name: str) -> bool:
    """Whether a file of an archive is called as those of posts are."""
    return _TWEETS.fullmatch(name) is not None


def data_folder(files: ArchiveFiles) -> str | None:
    """Return the folder of tweets.js: `data/`, the top itself, or `data/` in another folder; else None."""
    for folder in ("data/", ""):
        if any(map(_TWEETS.fullmatch, files.names(folder))):
            return folder
    inner = (f"{root}data/" for root in files.roots())
    return next((folder for folder in inner if any(files.has(folder + name) for name in _FIRST_FILE)), None)


def _manifest(files: ArchiveFiles, folder: str) -> Manifest:
    if not files.has(f"{folder}manifest.js"):
        return Manifest()
    content = files.read(f"{folder}manifest.js", LARGEST_EXTRA)
    try:
        return msgspec.json.decode(content.partition(b"=")[2].rstrip(b"; \r\n"), type=Manifest, strict=False)
    except DAMAGE as error:
        raise BrokenArchive(f"{files.path}: manifest.js is damaged ({error}); download it again") from error
