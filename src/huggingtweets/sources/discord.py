"""Discord's package of a user's data: the messages that the user wrote on servers.

Direct messages, messages in groups, and private threads are never read: a channel is opened only if its
channel.json says that it is of another kind. The package has no messages of others. Mentions in it are ids
without names, so they are removed.
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
from ._formats.authors import to_handle
from ._formats.dates import read_date
from ._formats.export_files import Export, match_export, open_export
from ._formats.json_arrays import decode_array
from ._formats.quotations import without_quotations

NAME = "Discord"
SUMMARY = "a package of Discord, zip or folder"
EXAMPLE = "package.zip"

_WHAT = "package of Discord with messages"
_CHANNEL = re.compile(r"c?\d{15,20}")
_SERVER_CHANNELS = {  # types of channels: numbers until 2024, names since
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
    """Whether there is a folder of channels with an index."""
    return match_export(location, _is_base)


def read(location: str, options: ReadOptions) -> Timeline:
    """Read the account, and open the messages, channel by channel, in the order of each channel."""
    with open_export(location, _is_base, _WHAT) as export:
        account = _account(export, options)
        digest = export.digest(_files(export))
    return Timeline(account=account, posts=_posts(location, account.handle), digest=digest)


def _posts(location: str, handle: str) -> Iterator[Post]:
    with open_export(location, _is_base, _WHAT) as export:
        for message in chain.from_iterable(_messages(export, name) for name in _files(export)):
            text = _clean(message.contents or "")
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


def _clean(contents: str) -> str:
    """Write emoji by their names, and remove mentions, other references and what is quoted."""
    text = _REFERENCE.sub("", _EMOJI.sub(r"\1", contents)).replace("\r", "")
    return without_quotations(text).strip()


def _files(export: Export) -> list[str]:
    """Return the files of messages of all channels on servers."""
    files = []
    messages = _messages_folder(export.files, export.base).removeprefix(export.base)
    for name in filter(_CHANNEL.fullmatch, export.folders(messages)):
        channel = export.small_json(f"{messages}{name}/channel.json", _Channel)
        if channel and str(channel.type) in _SERVER_CHANNELS:
            names = (f"{messages}{name}/messages.{form}" for form in ("json", "csv"))
            files.extend([file for file in names if export.has(file)][:1])
    return files


def _account(export: Export, options: ReadOptions) -> Account:
    names = [f"{folder}/user.json" for folder in export.folders("")]
    user = next(filter(None, (export.small_json(name, _User) for name in names)), _User())
    handle = to_handle(user.username or options.handle or options.name or "")
    if not handle:
        raise LocationError(f"{export.path} does not say whose it is", advice="give the handle with --handle")
    return Account(handle=handle, name=options.name or user.global_name or handle, source="discord")


def _is_base(files: ArchiveFiles, folder: str) -> bool:
    return bool(_messages_folder(files, folder))


def _messages_folder(files: ArchiveFiles, base: str) -> str:
    """Return the folder of channels: `messages`, `Messages`, or their translation."""
    for name in files.folders(base):
        folder = f"{base}{name}/"
        if files.has(f"{folder}index.json"):
            channels = filter(_CHANNEL.fullmatch, files.folders(folder))
            if any(files.has(f"{folder}{channel}/channel.json") for channel in channels):
                return folder
    return ""
