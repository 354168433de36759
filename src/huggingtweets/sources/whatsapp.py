"""A chat exported from WhatsApp: a text, or the zip it comes in.

A message begins with a date, in the form that is usual where the phone is, and may have several lines. Only
messages of one person are read: the one whom the user names, or the only one. Messages of the app itself
begin with an invisible mark (iPhone), or have no name (Android), or are among the sentences below. Of
messages that recur word for word, as other notices do, one is read. The export does not name its time zone,
so times count as UTC. Chats are never public; their messages count as unlisted, the narrowest visibility
that posts can have.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from ..types import Account, Post, Timeline, Visibility
from ._contract import Match, ReadOptions
from ._formats.archive_files import ArchiveFiles
from ._formats.authors import choose_author, strip_invisible, to_handle
from ._formats.chat_dates import ChatDates, Stamp, stamped
from ._formats.encoding import lines
from ._formats.export_files import match_export, open_export
from ._formats.skipped import NO_POST, skip

NAME = "WhatsApp"
SUMMARY = "a chat exported from WhatsApp (.txt), or the zip it is in"
EXAMPLE = "WhatsApp Chat with Grace.txt"

_WHAT = "chat exported from WhatsApp"
_CHAT_FILE = re.compile(r"_chat\.txt|.*(?:chat|whatsapp).*\.txt", re.IGNORECASE)
_POLL = re.compile(  # UMFRAGE:, then the question, then OPTION: Park (2 Stimmen)
    r"[^\W\d_]{3,20}:\n[^\n]*(?:\n[^\W\d_]{3,20}: [^\n]* \(\d+ [^\W\d_]+\))+\s*"
)
_APP_MARK = "\u200e"
_ATTACHMENT = re.compile(  # in a line of its own; `<Media omitted>` has many languages
    r"<[^<>]+>|null|[\w-]+\.\w{2,5} \([^()]+\)|.+\.vcf \([^()]+\)|\w+: https://maps\.google\.com/\S+"
)
_FILE = re.compile(r"\S[^\n]*\.\w{2,5}")
_MARK_AT_END = re.compile(r"\s*[\u200e\u200f]?<([^<>\n]{4,80})>\s*\Z")
_SHORTEST_NOTICE = 6  # characters
_HEAD = 64 << 10  # bytes
_FIRST_LINES = 3
_RECURS = 3  # times that a whole message is the same if the app may have written it
_EDITED = re.compile(
    r"\s*(?:\u200e<[^<>]*>|<(?:This message was edited|Diese Nachricht wurde bearbeitet|Se editó este mensaje"
    r"|Ce message a été modifié|Questo messaggio è stato modificato|Dit bericht is bewerkt|Mensagem editada"
    r"|Esta mensagem foi editada)\.?>)\s*\Z"
)
_APP_MESSAGES = {
    *("This message was deleted", "You deleted this message"),
    *("Diese Nachricht wurde gelöscht", "Du hast diese Nachricht gelöscht"),
    *("Se eliminó este mensaje", "Eliminaste este mensaje", "Este mensaje fue eliminado"),
    *("Ce message a été supprimé", "Vous avez supprimé ce message"),
    *("Questo messaggio è stato eliminato", "Hai eliminato questo messaggio"),
    *("Esta mensagem foi apagada", "Você apagou esta mensagem", "Mensagem apagada"),
    *("Dit bericht is verwijderd", "Je hebt dit bericht verwijderd"),
    *("Waiting for this message. This may take a while", "Waiting for this message", "POLL:"),
}


class _Notices:
    """Finds what the app adds to messages, or writes in their place, by how often it recurs in the chat."""

    def __init__(self) -> None:
        self._bodies = Counter[str]()
        self._marks = Counter[str]()
        self._known = set[str]()

    def add(self, body: str) -> None:
        """Add the first line of a message."""
        self._bodies[body.strip()] += 1
        if mark := _MARK_AT_END.search(body):
            self._marks[mark[1]] += 1

    def is_repeated(self, body: str) -> bool:
        """Whether a message that recurs was here before: a notice, or what a person says again and again."""
        body = body.strip()
        if len(body) < _SHORTEST_NOTICE or self._bodies[body] < _RECURS:
            return False
        is_known = body in self._known
        self._known.add(body)
        return is_known

    def strip(self, body: str) -> str:
        """Return a message without the mark that the app puts at its end."""
        mark = _MARK_AT_END.search(body)
        return body[: mark.start()] if mark and mark.start() and self._marks[mark[1]] > 1 else body


def recognises(location: str) -> Match:
    """Whether a text, or one in a zip or a folder, begins with a dated line as these chats do."""
    path = Path(location)
    if path.suffix.lower() == ".txt" and path.is_file():
        with path.open("rb") as file:
            return Match.CONTENT if _begins_dated(file.read(_HEAD)) else Match.NO
    return match_export(location, _is_base)


def read(location: str, options: ReadOptions) -> Timeline:
    """Choose the author and find out the form of dates, then open the author's messages."""
    dates, notices, counts, digest = ChatDates(), _Notices(), Counter[str](), hashlib.sha256()
    for line, stamp in _stamped_lines(location):
        digest.update(line.encode())
        if stamp:
            dates.add(stamp)
            name, body = _split(stamp)
            counts[name] += bool(name and not body.startswith(_APP_MARK))
            notices.add(body)
    author = choose_author(location, +counts, options)
    account = Account(handle=to_handle(author), name=author, source="whatsapp")
    posts = _posts(location, author, dates, notices)
    return Timeline(account=account, posts=posts, digest=digest.hexdigest())


def _posts(location: str, author: str, dates: ChatDates, notices: _Notices) -> Iterator[Post]:
    for number, stamp, body in _messages(location, author):
        text = _clean(notices.strip(body))
        if text and notices.is_repeated(body):
            skip(NO_POST)
        elif text:
            yield Post(
                id=f"line-{number}",
                author=to_handle(author),
                text=text,
                created_at=dates.to_datetime(stamp),
                visibility=Visibility.UNLISTED,
            )


def _messages(location: str, author: str) -> Iterator[tuple[int, Stamp, str]]:
    """Yield one person's messages: the number of the first line, its date, and the body."""
    head, body = None, []
    for number, (line, stamp) in enumerate(_stamped_lines(location), start=1):
        if stamp:
            if head:
                yield *head, "".join(body)
            name, first_line = _split(stamp)
            head, body = ((number, stamp), [first_line]) if name == author else (None, [])
        elif head:
            body.append(line)
    if head:
        yield *head, "".join(body)


def _split(stamp: Stamp) -> tuple[str, str]:
    """Return the name and the message; the name is empty if the message is the app's own."""
    name, colon, body = stamp.rest.partition(": ")
    return (" ".join(strip_invisible(name).replace("~", " ").split()), body) if colon else ("", stamp.rest)


def _clean(body: str) -> str:
    """Return what the person typed, without what the app adds; an empty string if nothing is left."""
    body = _EDITED.sub("", body.replace("\r", "")).strip(" \n")
    if body.startswith(_APP_MARK):
        return ""
    first, _, rest = strip_invisible(body).partition("\n")
    if first.rstrip(". ") in _APP_MESSAGES:
        return ""
    if _POLL.fullmatch(f"{first}\n{strip_invisible(rest)}"):
        return ""
    if _ATTACHMENT.fullmatch(first):
        return "" if _FILE.fullmatch(rest.strip()) else rest.strip()
    return f"{first}\n{rest}".strip()


def _stamped_lines(location: str) -> Iterator[tuple[str, Stamp | None]]:
    """Yield lines with their dates. A date in another style than the first one is part of a message."""
    style = None
    for line in _lines(location):
        stamp = stamped(line)
        style = stamp.style if stamp and style is None else style
        yield line, stamp if stamp and stamp.style == style else None


def _lines(location: str) -> Iterator[str]:
    path = Path(location)
    if path.suffix.lower() == ".txt":
        yield from lines(path)
    else:
        with open_export(location, _is_base, _WHAT) as export:
            yield from export.lines(_chat_file(export.files, export.base).removeprefix(export.base))


def _is_base(files: ArchiveFiles, folder: str) -> bool:
    return bool(_chat_file(files, folder))


def _chat_file(files: ArchiveFiles, folder: str) -> str:
    """Return the file with the shortest name of a chat, if it begins as a chat does."""
    candidates = sorted(filter(_CHAT_FILE.fullmatch, files.names(folder)), key=len)[:1]
    names = [
        folder + name for name in candidates if _begins_dated(next(files.chunks(folder + name), b"")[:_HEAD])
    ]
    return names[0] if names else ""


def _begins_dated(head: bytes) -> bool:
    """Whether one of the first lines has a date, as a chat may begin inside a message, and some a name."""
    lines = [f"{line}\n" for line in head.decode("utf-8", "replace").split("\n") if line.strip()]
    if not any(map(stamped, lines[:_FIRST_LINES])):
        return False
    return any((stamp := stamped(line)) and _split(stamp)[0] for line in lines)
