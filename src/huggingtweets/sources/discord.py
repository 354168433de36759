"""Discord's package of one's data: all that its owner wrote on servers, and nothing that others wrote.

Direct messages, those of groups, and private threads are never read: a channel is opened only if its
channel.json says that it is of another kind. Mentions are ids in the package, with no names, and fall away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

import msgspec
from msgspec import Struct

from ..errors import LocationError
from ..types import Account, Post, Timeline, Visibility
from ._contract import Match, ReadOptions
from ._formats.archive_files import ArchiveFiles
from ._formats.dates import read_date
from ._formats.export_files import Export, match_export, open_export
from ._formats.handles import to_handle
from ._formats.json_arrays import decode_array

SUMMARY = "a package of Discord, zip or folder"
EXAMPLE = "package.zip"

_WHAT = "package of Discord with messages"
_CHANNEL = re.compile(r"c?\d{15,20}")
_ON_SERVERS = {  # as numbers until 2024, as names since
    *("0", "2", "5", "10", "11", "13", "15", "16"),
    *("GUILD_TEXT", "GUILD_VOICE", "GUILD_ANNOUNCEMENT", "GUILD_NEWS", "ANNOUNCEMENT_THREAD"),
    *("PUBLIC_THREAD", "GUILD_STAGE_VOICE", "GUILD_FORUM", "GUILD_MEDIA"),
}
_EMOJI = re.compile(r"<a?(:\w+:)\d+>")
_REFERENCE = re.compile(r"[ \t]?<(?:@[!&]?\d+|#\d+|t:-?\d+(?::\w)?|/[^<>]*:\d+|id:\w+)>")


class _Channel(Struct, frozen=True):
    type: int | str = ""


class _User(Struct, frozen=True):
    username: str = ""
    global_name: str | None = None


class _Message(Struct, frozen=True, rename="pascal"):
    id: int | str = msgspec.field(name="ID", default="")
    timestamp: str = ""
    contents: str | None = ""


def recognises(location: str) -> Match:
    """Whether there is a folder of channels beside an index of them."""
    return match_export(location, _is_base)


def read(location: str, options: ReadOptions) -> Timeline:
    """Read whose they are, and open the messages, channel by channel, in the order of each."""
    with open_export(location, _is_base, _WHAT) as export:
        account = _account(export, options)
        digest = export.digest(_files(export))
    return Timeline(account=account, posts=_posts(location, account.handle), digest=digest)


def _posts(location: str, handle: str) -> Iterator[Post]:
    with open_export(location, _is_base, _WHAT) as export:
        for message in chain.from_iterable(_messages(export, name) for name in _files(export)):
            text = _typed(message.contents or "")
            if text:
                yield Post(
                    id=str(message.id),
                    author=handle,
                    text=text,
                    created_at=read_date(message.timestamp),
                    visibility=Visibility.UNLISTED,
                )


def _messages(export: Export, name: str) -> Iterator[_Message]:
    if name.endswith(".csv"):  # until March 2024
        return (msgspec.convert(row, _Message) for row in export.rows(name))
    return decode_array(export.chunks(name), msgspec.json.Decoder(list[_Message]), export.shown(name))


def _typed(contents: str) -> str:
    return _REFERENCE.sub("", _EMOJI.sub(r"\1", contents)).replace("\r", "").strip()


def _files(export: Export) -> list[str]:
    """The files of messages of all channels on servers."""
    found = []
    messages = _messages_folder(export.files, export.base).removeprefix(export.base)
    for name in filter(_CHANNEL.fullmatch, export.folders(messages)):
        channel = export.small_json(f"{messages}{name}/channel.json", _Channel)
        if channel and str(channel.type) in _ON_SERVERS:
            files = (f"{messages}{name}/messages.{form}" for form in ("json", "csv"))
            found.extend([file for file in files if export.has(file)][:1])
    return found


def _account(export: Export, options: ReadOptions) -> Account:
    places = [f"{folder}/user.json" for folder in export.folders("")]
    user = next(filter(None, (export.small_json(name, _User) for name in places)), _User())
    handle = to_handle(user.username or options.handle or options.name or "")
    if not handle:
        raise LocationError(f"{export.path} does not say whose it is; give the handle with --handle")
    return Account(handle=handle, name=options.name or user.global_name or handle, source="discord")


def _is_base(files: ArchiveFiles, folder: str) -> bool:
    return bool(_messages_folder(files, folder))


def _messages_folder(files: ArchiveFiles, base: str) -> str:
    """The folder of channels, which has been `messages` and `Messages`, and is translated for some."""
    for name in files.folders(base):
        folder = f"{base}{name}/"
        if files.has(f"{folder}index.json"):
            channels = filter(_CHANNEL.fullmatch, files.folders(folder))
            if any(files.has(f"{folder}{channel}/channel.json") for channel in channels):
                return folder
    return ""
