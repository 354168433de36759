"""A chat that WhatsApp exports: a text, or the zip it comes in.

Each message begins with a date in the form that is usual where the phone is, and goes on until the next one
does. Only the lines of one person are read: whom the user names, or who is alone in the chat. What the
program says itself begins with a mark that nobody sees (iPhone), or has no name before it (Android), or is
one of the sentences below. The export does not say in which time zone it was made; times count as UTC.
Chats are never public; their lines count as unlisted, the narrowest visibility that posts here can have.
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
from ._formats.encoding import lines
from ._formats.export_files import match_export, open_export
from ._formats.handles import to_handle
from ._formats.people import seen, the_one
from ._formats.whatsapp_dates import DateOrder, Stamp, stamped

SUMMARY = "a chat exported from WhatsApp (.txt), or the zip it is in"
EXAMPLE = "WhatsApp Chat with Grace.txt"

_WHAT = "chat exported from WhatsApp"
_CHAT_FILE = re.compile(r"_chat\.txt|.*(?:chat|whatsapp).*\.txt", re.IGNORECASE)
_OF_THE_PROGRAM = "\u200e"
_NOT_TYPED = re.compile(  # in a line of its own; `<Media omitted>` has many languages
    r"<[^<>]+>|null|[\w-]+\.\w{2,5} \([^()]+\)|.+\.vcf \([^()]+\)|\w+: https://maps\.google\.com/\S+"
)
_FILE = re.compile(r"\S[^\n]*\.\w{2,5}")
_EDITED = re.compile(
    r"\s*(?:\u200e<[^<>]*>|<(?:This message was edited|Diese Nachricht wurde bearbeitet|Se editó este mensaje"
    r"|Ce message a été modifié|Questo messaggio è stato modificato|Dit bericht is bewerkt|Mensagem editada"
    r"|Esta mensagem foi editada)\.?>)\s*\Z"
)
_NOT_A_MESSAGE = {
    *("This message was deleted", "You deleted this message"),
    *("Diese Nachricht wurde gelöscht", "Du hast diese Nachricht gelöscht"),
    *("Se eliminó este mensaje", "Eliminaste este mensaje", "Este mensaje fue eliminado"),
    *("Ce message a été supprimé", "Vous avez supprimé ce message"),
    *("Questo messaggio è stato eliminato", "Hai eliminato questo messaggio"),
    *("Esta mensagem foi apagada", "Você apagou esta mensagem", "Mensagem apagada"),
    *("Dit bericht is verwijderd", "Je hebt dit bericht verwijderd"),
    *("Waiting for this message. This may take a while", "Waiting for this message", "POLL:"),
}


def recognises(location: str) -> Match:
    """Whether a text begins with a dated line, as these chats do, or such a text is in a zip or a folder."""
    path = Path(location)
    if path.suffix.lower() == ".txt" and path.is_file():
        with path.open("rb") as file:
            return Match.CONTENT if _begins_dated(file.read(4096)) else Match.NO
    return match_export(location, _is_base)


def read(location: str, options: ReadOptions) -> Timeline:
    """Count who wrote how much and find out the form of dates, then open the lines of one person."""
    order, people, digest = DateOrder(), Counter[str](), hashlib.sha256()
    for line, stamp in _stamped_lines(location):
        digest.update(line.encode())
        if stamp:
            order.add(stamp)
            name, body = _split(stamp)
            people[name] += bool(name and not body.startswith(_OF_THE_PROGRAM))
    who = the_one(location, +people, options)
    account = Account(handle=to_handle(who), name=who, source="whatsapp")
    return Timeline(account=account, posts=_posts(location, who, order), digest=digest.hexdigest())


def _posts(location: str, who: str, order: DateOrder) -> Iterator[Post]:
    for number, stamp, body in _messages(location, who):
        text = _typed(body)
        if text:
            yield Post(
                id=f"line-{number}",
                author=to_handle(who),
                text=text,
                created_at=order.moment(stamp),
                visibility=Visibility.UNLISTED,
            )


def _messages(location: str, who: str) -> Iterator[tuple[int, Stamp, str]]:
    """One person's messages, with the number of the line that each begins in."""
    begun, body = None, []
    for number, (line, stamp) in enumerate(_stamped_lines(location), start=1):
        if stamp:
            if begun:
                yield *begun, "".join(body)
            name, first = _split(stamp)
            begun, body = ((number, stamp), [first]) if name == who else (None, [])
        elif begun:
            body.append(line)
    if begun:
        yield *begun, "".join(body)


def _split(stamp: Stamp) -> tuple[str, str]:
    """Who says it, and what; nobody where the program itself does."""
    name, colon, body = stamp.rest.partition(": ")
    return (" ".join(seen(name).replace("~", " ").split()), body) if colon else ("", stamp.rest)


def _typed(body: str) -> str:
    """What was typed, without what the program puts in its place, before it and behind it."""
    body = _EDITED.sub("", body.replace("\r", "")).strip(" \n")
    if body.startswith(_OF_THE_PROGRAM):
        return ""
    first, _, rest = seen(body).partition("\n")
    if first.rstrip(". ") in _NOT_A_MESSAGE:
        return ""
    if _NOT_TYPED.fullmatch(first):
        return "" if _FILE.fullmatch(rest.strip()) else rest.strip()
    return f"{first}\n{rest}".strip()


def _stamped_lines(location: str) -> Iterator[tuple[str, Stamp | None]]:
    """Lines with their dates. What is dated in another style than the first line belongs to a message."""
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
    """The shortest name of a chat, if it begins as one does."""
    found = sorted(filter(_CHAT_FILE.fullmatch, files.names(folder)), key=len)[:1]
    names = [folder + name for name in found if _begins_dated(next(files.chunks(folder + name), b"")[:4096])]
    return names[0] if names else ""


def _begins_dated(head: bytes) -> bool:
    return stamped(head.decode("utf-8", "replace").lstrip().partition("\n")[0] + "\n") is not None
