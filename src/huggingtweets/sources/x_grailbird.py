"""Twitter's archive as it was from 2012 to 2018 ("Grailbird"): a zip, its folder, or its tweets.csv alone.

Posts are in one file a month, data/js/tweets/2012_01.js. All of them are also in tweets.csv, with fewer
fields; it is read if the monthly files are missing. Unlike in later archives, a retweet has the post that it
shows, ids are numbers, and the text is not escaped, so indices may be wrong after an `&`. Up to 4 November
2010 the time of day is always midnight. The form is that of several such archives that their owners have
published.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct, field

from ..errors import BrokenArchive, LocationError
from ..files import sha256
from ..types import Account, Post, Timeline
from ._contract import Match, ReadOptions
from ._formats.archive_files import ArchiveFiles
from ._formats.authors import same_handle, to_handle
from ._formats.delimited import plain_rows
from ._formats.encoding import lines
from ._formats.export_files import LARGEST_EXTRA, Export, match_export, open_export
from ._formats.json_arrays import decode_array
from ._formats.record_shapes import Row
from ._formats.tolerant_json import DAMAGE
from ._formats.x_posts import Entities, Link, Tweet, to_post

NAME = "Twitter archive"
SUMMARY = "an archive of Twitter of 2012 to 2018, zip or folder, or its tweets.csv"
EXAMPLE = "twitter-archive-2016.zip"

T = TypeVar("T")

_WHAT = "archive of Twitter of 2012 to 2018"
_INDEX = "data/js/tweet_index.js"
_DETAILS = "data/js/user_details.js"
_MONTHS = "data/js/tweets/"
_MONTH = re.compile(r"\d{4}_\d\d\.js")
_TABLE = "tweets.csv"
_COLUMNS = {"tweet_id", "in_reply_to_status_id", "timestamp", "source", "text", "retweeted_status_id"}
_SHORT_LINK = re.compile(r"https?://t\.co/\w+")
_NEXT_ADDRESS = re.compile(r",(?=https?://)")  # an address may have commas too
_LONGEST_HEADER = 512  # bytes


class _User(Struct, frozen=True):
    protected: bool = False


class _Retweeted(Struct, frozen=True):
    """The post that a retweet shows; nothing of it is read."""


class _Tweet(Tweet, frozen=True, gc=False, kw_only=True):
    full_text: str = field(name="text")
    user: _User = _User()
    retweeted_status: _Retweeted | None = None

    @property
    def is_repost(self) -> bool:
        """Whether it is a retweet, made with the button or typed."""
        return self.retweeted_status is not None or super().is_repost


class _Owner(Struct, frozen=True):
    screen_name: str = ""
    full_name: str = ""
    bio: str | None = ""


class _File(Struct, frozen=True):
    """A file of posts, and how many posts it has."""

    file_name: str
    tweet_count: int | None = None


def recognises(location: str) -> Match:
    """Whether there are the files that describe such an archive, or a table with its columns."""
    path = Path(location)
    if not _is_table(path):
        return match_export(location, _is_base)
    if not path.is_file():
        return Match.NO
    with path.open("rb") as file:
        first = file.read(_LONGEST_HEADER).decode("utf-8-sig", "replace").splitlines()[:1]
    return Match.CONTENT if first and _COLUMNS.issubset(*csv.reader(first)) else Match.NO


def read(location: str, options: ReadOptions) -> Timeline:
    """Read the account, and open the posts in the order of the archive, newest first."""
    path = Path(location)
    if _is_table(path):
        account = _account(_Owner(), path, options)
        rows = plain_rows(lines(path), str(path))
        return Timeline(account=account, posts=_table_posts(rows, account.handle), digest=sha256(path))
    with open_export(location, _is_base, _WHAT) as export:
        account = _account(_decode_assignment(export, _DETAILS, _Owner) or _Owner(), path, options)
        files = _files(export)
        details = [_DETAILS] if export.has(_DETAILS) else []
        digest = export.digest([*details, *(file.file_name for file in files)])
    counts = [file.tweet_count for file in files]
    expected = sum(filter(None, counts)) if all(counts) else None
    return Timeline(account=account, posts=_posts(location, account.handle), digest=digest, expected=expected)


def _is_table(path: Path) -> bool:
    return path.suffix.lower() == ".csv" and not path.is_dir()


def _is_base(files: ArchiveFiles, folder: str) -> bool:
    return files.has(folder + _INDEX) or files.has(folder + _DETAILS)


def _files(export: Export) -> list[_File]:
    """Return the monthly files, newest first, by the index or by their names; else the table."""
    listed = _decode_assignment(export, _INDEX, list[_File]) or []
    months = [file for file in listed if _MONTH.fullmatch(file.file_name.removeprefix(_MONTHS))]
    for file in months:
        if not export.has(file.file_name):
            raise BrokenArchive(f"{export.path} lacks {file.file_name}, which it lists; unpack it again")
    files = months or [_File(name) for name in reversed(export.names(_MONTH, _MONTHS))]
    if not files and not export.has(_TABLE):
        raise LocationError(f"{export.path} has neither {_MONTHS} nor {_TABLE}; give the whole archive")
    return files or [_File(_TABLE)]


def _decode_assignment(export: Export, name: str, kind: type[T]) -> T | None:
    """Decode a small file of the form `var name = ...`; None if there is no such file."""
    if not export.has(name):
        return None
    content = export.files.read(export.base + name, LARGEST_EXTRA)
    try:
        return msgspec.json.decode(content.partition(b"=")[2].rstrip(b"; \r\n"), type=kind, strict=False)
    except DAMAGE as error:
        raise BrokenArchive(f"{export.shown(name)} is damaged ({error}); unpack it again") from error


def _account(owner: _Owner, path: Path, options: ReadOptions) -> Account:
    handle = to_handle(owner.screen_name or options.handle or options.name or "")
    if not handle:
        raise LocationError(f"{path} does not say whose it is", advice="give the handle with --handle")
    if options.handle and not same_handle(options.handle, handle):
        raise LocationError(f"{path} holds the posts of @{handle}, not of @{to_handle(options.handle)}")
    return Account(
        handle=handle,
        name=options.name or owner.full_name or handle,
        source="x_grailbird",
        bio=owner.bio or "",
        url=f"https://x.com/{handle}",
    )


def _posts(location: str, handle: str) -> Iterator[Post]:
    with open_export(location, _is_base, _WHAT) as export:
        for file in _files(export):
            if file.file_name == _TABLE:
                yield from _table_posts(export.rows(_TABLE), handle)
            else:
                yield from _month_posts(export, file.file_name, handle)


def _month_posts(export: Export, name: str, handle: str) -> Iterator[Post]:
    decoder = msgspec.json.Decoder(list[_Tweet], strict=False)
    for tweet in decode_array(export.chunks(name), decoder, export.shown(name)):
        if tweet.user.protected:
            raise LocationError(
                f"{export.path} holds posts that only followers of @{handle} could see, so they are not "
                "read; give an archive of the time when all could"
            )
        yield to_post(tweet, handle)


def _table_posts(rows: Iterable[Row], handle: str) -> Iterator[Post]:
    for row in rows:
        tweet = _Tweet(
            id_str=row.get("tweet_id", ""),
            created_at=row.get("timestamp", ""),
            full_text=row.get("text", ""),
            entities=Entities(urls=_links(row.get("text", ""), row.get("expanded_urls", ""))),
            in_reply_to_status_id_str=row.get("in_reply_to_status_id"),
            in_reply_to_user_id_str=row.get("in_reply_to_user_id"),
            retweeted_status=_Retweeted() if row.get("retweeted_status_id") else None,
        )
        yield to_post(tweet, handle)


def _links(text: str, expanded: str) -> tuple[Link, ...]:
    """Match the short links of a text with their addresses, which the table lists in order, often twice."""
    addresses = list(dict.fromkeys(filter(None, _NEXT_ADDRESS.split(expanded))))
    links = list(_SHORT_LINK.finditer(text))
    if len(links) != len(addresses):
        return ()
    pairs = zip(links, addresses, strict=True)
    return tuple(Link(indices=match.span(), url=match[0], expanded_url=address) for match, address in pairs)
