"""Slack's export of a workspace: the messages that one person wrote in its public channels.

    users.json, channels.json             who is there, and the public channels
    general/2024-01-01.json and so on     a folder for each channel, a list of messages for each day

Only channels that channels.json lists are opened. Direct messages, groups and private channels, which are
listed in dms.json, mpims.json and groups.json, are never read; neither is what others and apps wrote. Form:
Slack's help pages, "How to read Slack data exports".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import TypeVar

import msgspec
from msgspec import Struct

from ..types import Post, Timeline, Visibility
from ._contract import Match, ReadOptions
from ._formats.archive_files import ArchiveFiles
from ._formats.export_files import Export, match_export, open_export
from ._formats.json_arrays import decode_array
from ._formats.record_shapes import Row
from ._formats.table_posts import table_timeline

NAME = "Slack"
SUMMARY = "an export of a Slack workspace, zip or folder"
EXAMPLE = "My workspace Slack export Jan 1 2024.zip"

T = TypeVar("T")

_WHAT = "export of Slack"
_DAY = re.compile(r"\d{4}-\d\d-\d\d\.json")
_LISTS = ("users.json", "channels.json")


class _Profile(Struct, frozen=True):
    display_name: str | None = ""
    real_name: str | None = ""


class _User(Struct, frozen=True):
    id: str
    name: str = ""
    profile: _Profile = _Profile()


class _Channel(Struct, frozen=True):
    name: str
    is_private: bool = False


def recognises(location: str) -> Match:
    """Whether there are the lists of users and of channels, and days of a channel."""
    return match_export(location, _is_base)


def read(location: str, options: ReadOptions) -> Timeline:
    """Choose the author, and open the messages, channel by channel, oldest first in each."""
    with open_export(location, _is_base, _WHAT) as export:
        digest = export.digest(_days(export))
    rows = partial(_rows, location)
    timeline = table_timeline(location, rows, options, source="slack", digest=digest)
    return Timeline(account=timeline.account, posts=map(_unlisted, timeline.posts), digest=digest)


def _rows(location: str) -> Iterator[Row]:
    """Yield the messages of all public channels, with the names of their writers."""
    with open_export(location, _is_base, _WHAT) as export:
        users = {user.id: user for user in _listed(export, "users.json", list[_User])}
        for day in _days(export):
            messages = decode_array(export.chunks(day), msgspec.json.Decoder(list[Row]), export.shown(day))
            for message in messages:
                yield _row(message, users, day)


def _row(message: Row, users: dict[str, _User], day: str) -> Row:
    """Return a message with what tables understand: an id, the writer's names, and what it answers."""
    identity, number = str(message.get("user") or "nobody"), str(message.get("ts") or "")
    channel = day.rpartition("/")[0]
    user = users.get(identity, _User(identity, identity))
    thread = message.get("thread_ts")
    return {
        **{name: message[name] for name in ("type", "subtype", "text", "hidden") if name in message},
        "ts": number,
        "id": f"{channel}-{number}",
        "user": user.name or identity,
        "user_display_name": user.profile.real_name or user.profile.display_name or "",
        "in_reply_to_status_id": f"{channel}-{thread}" if thread and thread != number else None,
    }


def _days(export: Export) -> list[str]:
    """Return the files of the public channels."""
    channels = _listed(export, "channels.json", list[_Channel])
    names = sorted(channel.name for channel in channels if not channel.is_private)
    return [day for name in names for day in export.names(_DAY, f"{name}/")]


def _listed(export: Export, name: str, kind: type[list[T]]) -> Iterator[T]:
    """The entries of a list: megabytes where thousands of people are, or were, in the workspace."""
    return decode_array(export.chunks(name), msgspec.json.Decoder(kind), export.shown(name))


def _unlisted(post: Post) -> Post:
    return msgspec.structs.replace(post, visibility=Visibility.UNLISTED)


def _is_base(files: ArchiveFiles, folder: str) -> bool:
    if not all(files.has(folder + name) for name in _LISTS):
        return False
    days = (day for name in files.folders(folder) for day in files.names(f"{folder}{name}/"))
    return any(map(_DAY.fullmatch, days))
