"""The files of X's archive of any year since 2019, and what its manifest says of them.

    2019          tweet.js, account.js and so on at the top; records without a `{"tweet": ...}` around them
    2020 to 2022  data/tweet.js
    since 2022    data/tweets.js, data/tweets-part1.js and so on; data/manifest.js lists them

An archive of more than 50 GB comes as several zips, of which each can lack what another has.
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

from ...errors import BrokenArchive, LocationError
from .archive_files import ArchiveFiles
from .json_arrays import DAMAGE, decode_array
from .x_posts import Tweet

T = TypeVar("T")

_KNOWN_BY = ("tweets.js", "tweet.js")  # since October 2022, and before
_TWEETS = re.compile(r"tweets?(?:-part\d+)?\.js")
_WRAPPED = re.compile(rb'\[\s*\{\s*"tweet"\s*:')
_LARGEST_EXTRA = 8 << 20  # bytes of the manifest, or of the avatar
_ACCOUNT_FILES = ("account", "manifest", "profile", "protected-history")
_POST_FILES = ("note-tweet", "twitter-circle-tweet")


class _TweetItem(Struct, gc=False):
    tweet: Tweet


class Listed(Struct, frozen=True, rename="camel"):
    """A file that the manifest lists, and how many entries it has."""

    file_name: str = ""
    count: int | None = None


class _DataType(Struct, frozen=True):
    files: tuple[Listed, ...] = ()


class _DataTypes(Struct, frozen=True):
    tweets: _DataType = _DataType()
    tweet: _DataType = _DataType()


class _ArchiveInfo(Struct, frozen=True, rename="camel"):
    is_partial_archive: bool = False


class UserInfo(Struct, frozen=True, rename="camel"):
    """Whose archive it is."""

    account_id: str = ""
    user_name: str = ""
    display_name: str = ""


class Manifest(Struct, frozen=True, rename="camel"):
    """What data/manifest.js says of an archive."""

    user_info: UserInfo = UserInfo()
    archive_info: _ArchiveInfo = _ArchiveInfo()
    data_types: _DataTypes = _DataTypes()


@dataclass(frozen=True)
class XArchive:
    """An opened archive: its files, the folder in it that holds the data (`data/`), and its manifest."""

    files: ArchiveFiles
    folder: str
    manifest: Manifest

    @classmethod
    def of(cls, files: ArchiveFiles) -> XArchive:
        """Find the data; `LocationError` where there is none."""
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
        """The objects of the files `name.js`, `name-part1.js` and so on."""
        for part in self._parts(name):
            yield from self._decoded(part, self.files.chunks(self.folder + part), kind)

    def tweets(self) -> Iterator[Tweet]:
        """All records of posts."""
        for file in self.tweet_files():
            chunks = self.files.chunks(self.folder + file.file_name)
            head = next(chunks, b"")
            whole = chain([head], chunks)
            if _WRAPPED.search(head):
                yield from map(attrgetter("tweet"), self._decoded(file.file_name, whole, list[_TweetItem]))
            else:
                yield from self._decoded(file.file_name, whole, list[Tweet])

    def tweet_files(self) -> list[Listed]:
        """The files of posts as the manifest lists them, or else as they are found."""
        kinds = self.manifest.data_types
        listed = [
            Listed(PurePosixPath(file.file_name).name, file.count)
            for file in (*kinds.tweets.files, *kinds.tweet.files)
        ]
        listed = [file for file in listed if _TWEETS.fullmatch(file.file_name)]
        missing = [file for file in listed if not self.has(file.file_name)]
        if missing and not self.manifest.archive_info.is_partial_archive:
            raise BrokenArchive(
                f"{self.files.path} lacks {missing[0].file_name}, which its manifest lists; download it again"
            )
        return [file for file in listed if file not in missing] or self._found_tweet_files()

    def avatar(self, account_id: str, address: str) -> bytes | None:
        """The picture that was at `address`."""
        name = f"profile_media/{account_id}-{PurePosixPath(address).name}"
        return self.files.read(self.folder + name, _LARGEST_EXTRA) if self.has(name) else None

    def digest(self) -> str:
        """sha256 over the names and bytes of all files that posts and account are read from."""
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

    def _found_tweet_files(self) -> list[Listed]:
        names = filter(_TWEETS.fullmatch, self.files.names(self.folder))
        return [Listed(name) for name in sorted(names, key=lambda name: (len(name), name))]

    def _decoded(self, name: str, chunks: Iterable[bytes], kind: type[list[T]]) -> Iterator[T]:
        """The objects in a file of the form `window.YTD.name.part0 = [...]`."""
        decoder = msgspec.json.Decoder(kind, strict=False)
        return decode_array(chunks, decoder, f"{self.files.path}: {name}")


def data_folder(files: ArchiveFiles) -> str | None:
    """The folder of tweets.js: what X zipped, that folder itself, or one more folder around it."""
    for folder in ("data/", ""):
        if any(map(_TWEETS.fullmatch, files.names(folder))):
            return folder
    around = (f"{top}/data/" for top in files.folders())
    return next((folder for folder in around if any(files.has(folder + name) for name in _KNOWN_BY)), None)


def _manifest(files: ArchiveFiles, folder: str) -> Manifest:
    if not files.has(f"{folder}manifest.js"):
        return Manifest()
    content = files.read(f"{folder}manifest.js", _LARGEST_EXTRA)
    try:
        return msgspec.json.decode(content.partition(b"=")[2].rstrip(b"; \r\n"), type=Manifest, strict=False)
    except DAMAGE as error:
        raise BrokenArchive(f"{files.path}: manifest.js is damaged ({error}); download it again") from error
