"""What Telegram Desktop exports as machine-readable JSON: one chat, or everything.

Only lines of one person are read. In an export of everything that is its owner, and only groups and channels
are read, never personal chats, chats with bots and saved messages. An export of one chat is that chat
itself, handed over by the user: there it is whoever the user names. What a channel publishes in its own
name is the channel's, and is read from an export of that channel alone. Forwarded messages, messages by way
of a bot and quotations are somebody else's words, and left out. Groups that are not public count as
unlisted, the narrowest visibility that posts here can have.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import UNSET, Struct, UnsetType, field

from ..errors import BrokenArchive
from ..types import Account, Post, PostKind, Timeline, Visibility
from ._contract import Match, ReadOptions
from ._formats.archive_files import CHUNK, ArchiveFiles
from ._formats.dates import read_date
from ._formats.export_files import match_export, open_export
from ._formats.handles import to_handle
from ._formats.json_arrays import DAMAGE, decode_array
from ._formats.json_nested import nested
from ._formats.people import the_one

T = TypeVar("T")

SUMMARY = "an export of Telegram Desktop (result.json), or the zip or folder it is in"
EXAMPLE = "DataExport_2024-05-01/result.json"

_WHAT = "export of Telegram with result.json"
_RESULT = "result.json"
_GROUPS = {
    *("private_group", "private_supergroup", "public_supergroup"),
    *("private_channel", "public_channel"),
}
_KINDS = {*_GROUPS, "personal_chat", "bot_chat", "saved_messages", "replies", "verification_codes"}
_OWN_KEYS = rb'"(?:personal_information|profile_pictures|contacts|frequent_contacts|chats|left_chats)"\s*:'
_EVERYTHING = re.compile(rb'\s*\{\s*"about"\s*:.*' + _OWN_KEYS, re.DOTALL)
_ONE_CHAT = re.compile(rb'\s*\{(?:\s*"name"\s*:[^\n]*,)?\s*"type"\s*:\s*"(\w+)"\s*,\s*"id"\s*:\s*\d+')


class _Chat(Struct, frozen=True):
    type: str = ""
    id: int = 0


class _Owner(Struct, frozen=True):
    user_id: int
    first_name: str = ""
    last_name: str = ""
    username: str = ""
    bio: str = ""


class _Piece(Struct, frozen=True):
    text: str = ""
    type: str = ""


class _Line(Struct, frozen=True):
    """Who wrote a message."""

    type: str = ""
    from_id: str = ""
    name: str | None = field(name="from", default="")


class _Message(Struct, frozen=True):
    id: int
    type: str = ""
    from_id: str = ""
    date_unixtime: str = ""
    text: str | list[str | _Piece] = ""
    reply_to_message_id: int | None = None
    reply_to_peer_id: str | None = None
    forwarded_from: str | UnsetType | None = UNSET
    via_bot: str | UnsetType | None = UNSET


def recognises(location: str) -> Match:
    """Whether it is JSON that begins as Telegram's does, or an archive of it."""
    path = Path(location)
    if path.suffix.lower() == ".json" and path.is_file():
        with path.open("rb") as file:
            return Match.CONTENT if _is_telegram(file.read(CHUNK)) else Match.NO
    return match_export(location, _is_base)


def read(location: str, options: ReadOptions) -> Timeline:
    """Find out whose lines to read, and open them, chat by chat, in the order of the export."""
    who, account = _owner(location, options) or _chosen(location, options)
    digest = hashlib.sha256()
    for chunk in _chunks(location):
        digest.update(chunk)
    return Timeline(account=account, posts=_posts(location, who, account.handle), digest=digest.hexdigest())


def _posts(location: str, who: str, handle: str) -> Iterator[Post]:
    for chat, messages in _chats(location, list[_Message]):
        visibility = Visibility.PUBLIC if chat.type.startswith("public_") else Visibility.UNLISTED
        for message in messages:
            text = _typed(message)
            if message.from_id == who and text:
                answered = message.reply_to_message_id and not message.reply_to_peer_id
                yield Post(
                    id=f"{chat.id}/{message.id}",
                    author=handle,
                    text=text,
                    created_at=read_date(message.date_unixtime),
                    kind=PostKind.REPLY if message.reply_to_message_id else PostKind.ORIGINAL,
                    reply_to=f"{chat.id}/{message.reply_to_message_id}" if answered else None,
                    visibility=visibility,
                )


def _typed(message: _Message) -> str:
    """What a message's writer typed; nothing where it is not a message, or somebody else's words."""
    borrowed = message.forwarded_from is not UNSET or message.via_bot is not UNSET
    if message.type != "message" or borrowed:
        return ""
    pieces = [message.text] if isinstance(message.text, str) else message.text
    return "".join(
        piece if isinstance(piece, str) else piece.text
        for piece in pieces
        if isinstance(piece, str) or piece.type != "blockquote"
    ).strip()


def _owner(location: str, options: ReadOptions) -> tuple[str, Account] | None:
    """Who made an export of everything, where it says so."""
    for found in nested(_chunks(location), {"personal_information", "messages"}, location):
        if found.key == "messages":
            return None
        owner = _decoded(b"".join(found.chunks), _Owner, location)
        name = f"{owner.first_name} {owner.last_name}".strip()
        account = Account(
            handle=to_handle(owner.username) or to_handle(name) or str(owner.user_id),
            name=options.name or name or owner.username or str(owner.user_id),
            source="telegram",
            bio=owner.bio,
        )
        return f"user{owner.user_id}", account
    return None


def _chosen(location: str, options: ReadOptions) -> tuple[str, Account]:
    """Whom the user names, or who is alone."""
    lines: Counter[str] = Counter()
    names: dict[str, str] = {}
    for _, messages in _chats(location, list[_Line]):
        for line in messages:
            if line.type == "message" and line.from_id:
                lines[line.from_id] += 1
                names[line.from_id] = line.name or names.get(line.from_id, line.from_id)
    who = the_one(location, lines, options, names)
    return who, Account(handle=to_handle(names[who]) or who, name=names[who], source="telegram")


def _chats(location: str, kind: type[list[T]]) -> Iterator[tuple[_Chat, Iterator[T]]]:
    """The chats whose messages may be read, with these."""
    decoder = msgspec.json.Decoder(kind)
    for found in nested(_chunks(location), {"messages"}, location):
        chat = _decoded(found.head, _Chat, location)
        if chat.type in (_GROUPS if found.depth > 1 else _KINDS):
            yield chat, decode_array(found.chunks, decoder, location)


def _decoded(content: bytes, kind: type[T], location: str) -> T:
    try:
        return msgspec.json.decode(content, type=kind)
    except DAMAGE as error:
        raise BrokenArchive(f"{location} is damaged ({str(error).lower()}); export it again") from error


def _chunks(location: str) -> Iterator[bytes]:
    path = Path(location)
    if path.suffix.lower() == ".json":
        with path.open("rb") as file:
            yield from iter(partial(file.read, CHUNK), b"")
    else:
        with open_export(location, _is_base, _WHAT) as export:
            yield from export.chunks(_RESULT)


def _is_base(files: ArchiveFiles, folder: str) -> bool:
    return files.has(folder + _RESULT) and _is_telegram(next(files.chunks(folder + _RESULT), b""))


def _is_telegram(head: bytes) -> bool:
    one_chat = _ONE_CHAT.match(head)
    return bool(one_chat and one_chat[1].decode() in _KINDS) or bool(_EVERYTHING.match(head))
