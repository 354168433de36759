"""Chats of Signal as the program signal-export writes them: what the owner of the phone wrote.

    Bob Tests/data.json     a message on each line, as JSON: date, sender, body, quote, and so on
    Bob Tests/chat.md       the same as text; read where there is no data.json

Only messages whose sender is `Me` are read, and of them the body: quotes are the words of others. Deleted
messages and calls are left out. Chats are never public; their messages count as unlisted, the narrowest
visibility that posts can have. Form: the source code of signal-export (carderne), its models and tests.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from ..files import sha256
from ..types import Account, Post, Timeline, Visibility
from ._contract import Match, ReadOptions
from ._formats.archive_files import ArchiveFiles
from ._formats.authors import to_handle
from ._formats.dates import read_date
from ._formats.encoding import lines
from ._formats.export_files import Export, match_export, open_export
from ._formats.odd_records import OddRecords
from ._formats.skipped import DELETED, NO_POST, skip
from ._signal_markdown import FILES, is_markdown, markdown_messages

NAME = "Signal"
SUMMARY = "chats of Signal, written by signal-export: its folder, a zip of it, a data.json or a chat.md"
EXAMPLE = "signal-chats"

_WHAT = "export of Signal"
_FILE = "data.json"
_ME = "Me"
_LINE = re.compile(rb'\{"date": "[^"]+", "sender": "(?:[^"\\]|\\.)*", "body": "')
_HEAD = 64 << 10  # bytes
_CALL = re.compile(r"(?:Incoming|Outgoing|Missed) (?:\w+ )?call(?: \(.*\))?")


class _Message(Struct, frozen=True):
    date: str
    sender: str | None
    body: str | None = ""
    deleted: Any = False
    call: Any = False


def recognises(location: str) -> Match:
    """Whether a file, or one in a folder of a chat, begins with a message."""
    path = Path(location)
    if _is_chat_file(path):
        with path.open("rb") as file:
            return Match.CONTENT if _is_chat(path.name, file.read(_HEAD)) else Match.NO
    return match_export(location, _is_base)


def read(location: str, options: ReadOptions) -> Timeline:
    """Open the messages of all chats, one chat after the other."""
    path = Path(location)
    if _is_chat_file(path):
        digest = sha256(path)
    else:
        with open_export(location, _is_base, _WHAT) as export:
            digest = export.digest(_chats(export))
    name = options.name or options.handle or _ME
    account = Account(handle=to_handle(name) or _ME, name=name, source="signal")
    return Timeline(account=account, posts=_posts(location, account), digest=digest)


def _posts(location: str, account: Account) -> Iterator[Post]:
    for place, message in _messages(location):
        text = _text(message)
        if text:
            yield Post(
                id=place,
                author=account.handle,
                text=text,
                created_at=read_date(message.date),
                visibility=Visibility.UNLISTED,
            )


def _text(message: _Message) -> str:
    """Return what the owner typed; an empty string for what others did, or Signal."""
    if message.sender != _ME:
        return ""
    if message.deleted:
        skip(DELETED)
        return ""
    text = (message.body or "").strip()
    if message.call or _CALL.fullmatch(text):
        skip(NO_POST)
        return ""
    return text


def _messages(location: str) -> Iterator[tuple[str, _Message]]:
    """Yield the messages with their places, as `chat 1, line 2`."""
    path = Path(location)
    if _is_chat_file(path):
        yield from _read_chat(path.name, lines(path), location, "line")
        return
    with open_export(location, _is_base, _WHAT) as export:
        for number, name in enumerate(_chats(export), start=1):
            yield from _read_chat(name, export.lines(name), export.shown(name), f"chat-{number}-line")


def _read_chat(name: str, text: Iterator[str], shown: str, place: str) -> Iterator[tuple[str, _Message]]:
    if name.lower().endswith(".json"):
        yield from _decoded(text, shown, place)
        return
    for line, date, sender, body, deleted in markdown_messages(text):
        yield f"{place}-{line}", _Message(date, sender, body, deleted)


def _decoded(text: Iterator[str], shown: str, place: str) -> Iterator[tuple[str, _Message]]:
    decoder, odd = msgspec.json.Decoder(_Message), OddRecords()
    for number, line in enumerate(text, start=1):
        if line.strip():
            try:
                message = decoder.decode(line)
            except (msgspec.DecodeError, UnicodeError, RecursionError):
                odd.skip(f"{shown} is damaged in line {number:,}; export it again")
                continue
            odd.add(1)
            yield f"{place}-{number}", message
    odd.check()


def _chats(export: Export) -> list[str]:
    """Return the file of each chat: data.json, which says more, or else the text."""
    chats = ([f"{folder}/{file}" for file in (_FILE, *FILES)] for folder in export.folders(""))
    names = (next(filter(export.has, chat), "") for chat in chats)
    return sorted(filter(None, names))


def _is_base(files: ArchiveFiles, folder: str) -> bool:
    names = (f"{folder}{chat}/{file}" for chat in files.folders(folder) for file in (_FILE, *FILES))
    return any(_is_chat(name, next(files.chunks(name), b"")[:_HEAD]) for name in names if files.has(name))


def _is_chat_file(path: Path) -> bool:
    return path.suffix.lower() in {".json", ".md"} and path.is_file()


def _is_chat(name: str, head: bytes) -> bool:
    """Whether a file begins with a message."""
    return _LINE.match(head) is not None if name.lower().endswith(".json") else is_markdown(head)
