"""An export of Telegram Desktop as machine-readable JSON: one chat, or everything.

Only messages of one person are read. In an export of everything this is its owner, and only groups and
channels are read, never personal chats, chats with bots and saved messages. In an export of one chat, of any
kind, it is the person whom the user names. Posts that a channel publishes in its own name are read only from
an export of that channel alone; those with a signature are the signer's. Forwarded messages, messages through
bots and quotations are left out, as others wrote them. Groups that are not public count as unlisted, the
narrowest visibility that posts can have.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET, Struct, field

from ..errors import BrokenArchive
from ..types import Account, Post, PostKind, Timeline, Visibility
from ._contract import Match, ReadOptions
from ._formats.archive_files import CHUNK, ArchiveFiles, read_chunks
from ._formats.authors import choose_author, to_handle
from ._formats.dates import read_date
from ._formats.export_files import match_export, open_export
from ._formats.json_arrays import decode_array
from ._formats.json_nested import nested_values
from ._formats.tolerant_json import DAMAGE

T = TypeVar("T")

NAME = "Telegram"
SUMMARY = "an export of Telegram Desktop (result.json), or the zip or folder it is in"
EXAMPLE = "DataExport_2024-05-01/result.json"

_WHAT = "export of Telegram with result.json"
_RESULT = "result.json"
_GROUPS = {
    *("private_group", "private_supergroup", "public_supergroup"),
    *("private_channel", "public_channel"),
}
_KINDS = {*_GROUPS, "personal_chat", "bot_chat", "saved_messages", "replies", "verification_codes"}
_USER_BIT = 1 << 32  # which says in numbers of some versions that they are of a person
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


class _Authorship(Struct, frozen=True):
    """The author of a message; ids were numbers until 2021."""

    type: str = ""
    from_id: str | int | None = ""
    name: str | None = field(name="from", default="")
    author: str | None = ""  # who signed a post of a channel


class _Message(Struct, frozen=True):
    id: int
    type: str = ""
    from_id: str | int | None = ""
    date: str = ""  # without a time zone
    date_unixtime: str = ""
    text: str | list[str | _Piece] = ""
    author: str | None = ""
    reply_to_message_id: int | None = None
    reply_to_peer_id: str | None = None
    # of any type: what is odd would be left out, and the words taken for own ones
    forwarded_from: Any = UNSET
    forwarded_from_id: Any = UNSET
    saved_from: Any = UNSET
    via_bot: Any = UNSET


def recognises(location: str) -> Match:
    """Whether it is JSON that begins as Telegram's does, or an archive with such a file."""
    path = Path(location)
    if path.suffix.lower() == ".json" and path.is_file():
        with path.open("rb") as file:
            return Match.CONTENT if _is_telegram(file.read(CHUNK)) else Match.NO
    return match_export(location, _is_base)


def read(location: str, options: ReadOptions) -> Timeline:
    """Choose the author, and open the messages, chat by chat, in the order of the export."""
    authors, account = _owner(location, options) or _choose(location, options)
    digest = hashlib.sha256()
    for chunk in _chunks(location):
        digest.update(chunk)
    return Timeline(
        account=account, posts=_posts(location, authors, account.handle), digest=digest.hexdigest()
    )


def _posts(location: str, authors: set[str], handle: str) -> Iterator[Post]:
    for chat, messages in _chats(location, list[_Message]):
        visibility = Visibility.PUBLIC if chat.type.startswith("public_") else Visibility.UNLISTED
        for message in messages:
            text = _text(message)
            if _identity(message) in authors and text:
                in_chat = message.reply_to_message_id and not message.reply_to_peer_id
                yield Post(
                    id=f"{chat.id}/{message.id}",
                    author=handle,
                    text=text,
                    created_at=read_date(message.date_unixtime or message.date),
                    kind=PostKind.REPLY if message.reply_to_message_id else PostKind.ORIGINAL,
                    reply_to=f"{chat.id}/{message.reply_to_message_id}" if in_chat else None,
                    visibility=visibility,
                )


def _text(message: _Message) -> str:
    """Return the text of a message; an empty string if it is not a message, or another person wrote it."""
    origins = (message.forwarded_from, message.forwarded_from_id, message.saved_from, message.via_bot)
    foreign = any(origin is not UNSET for origin in origins)
    if message.type != "message" or foreign:
        return ""
    pieces = [message.text] if isinstance(message.text, str) else message.text
    return "".join(
        piece if isinstance(piece, str) else piece.text
        for piece in pieces
        if isinstance(piece, str) or piece.type != "blockquote"
    ).strip()


def _identity(message: _Message | _Authorship) -> str:
    """Return what tells the author of a message from others: an id, and the signature where there is one."""
    return f"{message.from_id}/{message.author}" if message.author else str(message.from_id)


def _owner(location: str, options: ReadOptions) -> tuple[set[str], Account] | None:
    """Return the owner's ids and account, if this is an export of everything; they come before all chats."""
    for value in nested_values(_chunks(location), {"personal_information", "messages"}, location):
        if value.key == "messages":
            return None
        owner = _decode(b"".join(value.chunks), _Owner, location)
        name = f"{owner.first_name} {owner.last_name}".strip()
        account = Account(
            handle=to_handle(owner.username) or to_handle(name) or str(owner.user_id),
            name=options.name or name or owner.username or str(owner.user_id),
            source="telegram",
            bio=owner.bio,
        )
        before_2021 = {str(owner.user_id), str(owner.user_id | _USER_BIT)}
        return {f"user{owner.user_id}", *before_2021}, account
    return None


def _choose(location: str, options: ReadOptions) -> tuple[set[str], Account]:
    """Choose the author whom the user names, or the only one; return their ids and account."""
    counts: Counter[str] = Counter()
    names: dict[str, str] = {}
    for _, messages in _chats(location, list[_Authorship]):
        for message in messages:
            if message.type == "message" and message.from_id:
                identity = _identity(message)
                counts[identity] += 1
                names[identity] = message.author or message.name or names.get(identity, identity)
    author = choose_author(location, counts, options, names)
    handle = to_handle(names[author]) or author
    return {author}, Account(handle=handle, name=names[author], source="telegram")


def _chats(location: str, kind: type[list[T]]) -> Iterator[tuple[_Chat, Iterator[T]]]:
    """Yield the chats whose messages may be read, with their messages."""
    decoder = msgspec.json.Decoder(kind)
    for value in nested_values(_chunks(location), {"messages"}, location):
        chat = _decode(value.head, _Chat, location)
        if chat.type in (_GROUPS if value.depth > 1 else _KINDS):
            yield chat, decode_array(value.chunks, decoder, location)


def _decode(content: bytes, kind: type[T], location: str) -> T:
    try:
        return msgspec.json.decode(content, type=kind)
    except DAMAGE as error:
        raise BrokenArchive(f"{location} is damaged ({str(error).lower()}); export it again") from error


def _chunks(location: str) -> Iterator[bytes]:
    path = Path(location)
    if path.suffix.lower() == ".json":
        with path.open("rb") as file:
            yield from read_chunks(file)
    else:
        with open_export(location, _is_base, _WHAT) as export:
            yield from export.chunks(_RESULT)


def _is_base(files: ArchiveFiles, folder: str) -> bool:
    return files.has(folder + _RESULT) and _is_telegram(next(files.chunks(folder + _RESULT), b""))


def _is_telegram(head: bytes) -> bool:
    one_chat = _ONE_CHAT.match(head)
    return bool(one_chat and one_chat[1].decode() in _KINDS) or bool(_EVERYTHING.match(head))
