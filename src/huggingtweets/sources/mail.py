"""E-mail in an mbox, as of Gmail in Google Takeout: what its owner wrote and sent.

A message counts as sent where no server has noted that it delivered it here: a name alone in `From` can be
forged, as spam does. Of its text stays what the owner typed: quoted lines and the line above them, forwarded
messages, signatures, and last paragraphs that recur are cut. Attachments are not read. Mail is never public;
it counts as unlisted, the narrowest visibility that posts can have. Form: RFC 4155, RFC 5322; Google's help
pages.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from email.message import Message
from email.utils import parseaddr
from pathlib import Path

from ..files import sha256
from ..types import Account, Post, PostKind, Timeline, Visibility
from ._contract import Match, ReadOptions
from ._formats.archive_files import ArchiveFiles
from ._formats.authors import choose_author, to_handle
from ._formats.dates import read_date
from ._formats.export_files import match_export, open_export
from ._formats.mail_messages import header, is_mbox, messages, own_text, was_sent

NAME = "e-mail"
SUMMARY = "e-mail that was sent, in an mbox: of Gmail in Google Takeout, or of a mail program"
EXAMPLE = "Sent.mbox"

_WHAT = "mbox, or export of Gmail"
_BOX = re.compile(r".*\.mbox|mbox", re.IGNORECASE)  # the latter in a folder `Sent.mbox` of Apple Mail
_HEAD = 64 << 10  # bytes
_RECURS = 3  # times that a last paragraph is the same if it is a signature
_LONGEST_SIGNATURE = 400  # characters


def recognises(location: str) -> Match:
    """Whether it begins as an mbox does, or holds one."""
    path = Path(location)
    if path.is_file() and path.suffix.lower() != ".zip":
        with path.open("rb") as file:
            return Match.CONTENT if is_mbox(file.read(_HEAD)) else Match.NO
    return match_export(location, _is_base)


def read(location: str, options: ReadOptions) -> Timeline:
    """Choose the owner among the senders, and open what they sent, in the order of the file."""
    senders, names, endings = Counter[str](), dict[str, str](), Counter[int]()
    for message in _sent(location):
        address, name = _sender(message)
        if not address:
            continue
        senders[address] += 1
        names.setdefault(address, name or address)
        endings[_ending(own_text(message))] += 1
    author = choose_author(location, senders, options, names)
    name = options.name or names[author]
    account = Account(handle=to_handle(author.partition("@")[0]) or "me", name=name, source="mail")
    signatures = {ending for ending, count in endings.items() if ending and count >= _RECURS}
    posts = _posts(location, author, account.handle, signatures)
    return Timeline(account=account, posts=posts, digest=_digest(location))


def _posts(location: str, author: str, handle: str, signatures: set[int]) -> Iterator[Post]:
    for number, message in enumerate(_sent(location), start=1):
        if _sender(message)[0] != author:
            continue
        text = own_text(message)
        if _ending(text) in signatures:
            text = text.rpartition("\n\n")[0]
        if text:
            yield Post(
                id=f"message-{number}",
                author=handle,
                text=text,
                created_at=read_date(header(message, "Date")),
                kind=PostKind.REPLY if message.get("In-Reply-To") else PostKind.ORIGINAL,
                visibility=Visibility.UNLISTED,
            )


def _sent(location: str) -> Iterator[Message]:
    return filter(was_sent, messages(_chunks(location)))


def _sender(message: Message) -> tuple[str, str]:
    """Return the address, in lower case, and the name of who sent a message; none where it is damaged."""
    try:
        name, address = parseaddr(header(message, "From"))
    except RecursionError:  # comments in comments
        return "", ""
    return address.casefold(), " ".join(name.split())


def _ending(text: str) -> int:
    """Return a number for the last paragraph of a text, 0 where it is too long to be a signature."""
    paragraph = text.rpartition("\n\n")[2]
    if not paragraph or paragraph == text or len(paragraph) > _LONGEST_SIGNATURE:
        return 0
    return int.from_bytes(hashlib.blake2b(paragraph.encode("utf-8", "replace"), digest_size=6).digest())


def _chunks(location: str) -> Iterator[bytes]:
    path = Path(location)
    if path.is_file() and path.suffix.lower() != ".zip":
        with path.open("rb") as file:
            while chunk := file.read(_HEAD):
                yield chunk
        return
    with open_export(location, _is_base, _WHAT) as export:
        for name in _boxes(export.files, export.base):
            yield from export.files.chunks(name)
            yield b"\n\n"


def _digest(location: str) -> str:
    path = Path(location)
    if path.is_file() and path.suffix.lower() != ".zip":
        return sha256(path)
    with open_export(location, _is_base, _WHAT) as export:
        return export.digest(name.removeprefix(export.base) for name in _boxes(export.files, export.base))


def _boxes(files: ArchiveFiles, folder: str) -> list[str]:
    names = (folder + name for name in files.names(folder) if _BOX.fullmatch(name))
    return [name for name in names if is_mbox(next(files.chunks(name), b"")[:_HEAD])]


def _is_base(files: ArchiveFiles, folder: str) -> bool:
    return bool(_boxes(files, folder))
