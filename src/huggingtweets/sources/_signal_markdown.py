"""Chats of Signal as text: `chat.md`, which signal-export writes beside `data.json`.

    [2023-05-01 10:11:12] Me: the kettle sings
    again
    (- Bob: 👍 -)

A message goes on until the next line with a date. What the program puts around the words is cut: the message
that is answered (lines after `>`, up to an empty line), reactions, stickers and attachments. Form: the source
code of signal-export (carderne), `Message.to_md` and `merge.py`, which also reads the dates of old versions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

FILES = ("chat.md", "index.md")  # index.md: of old versions

_BEGIN = re.compile(r"\[(\d{4}-\d\d-\d\d),? (\d\d:\d\d(?::\d\d)?)\] (.*?): ?(.*)", re.DOTALL)
_DELETED = "(This message was deleted)"
_ADDED = re.compile(
    r"\A\s*>.*?(?:\n[ \t]*\n|\Z)"  # what is answered
    r"|(?<=\n)>[^\n]*"
    r"|\n\(- [^\n]* -\)|\n\(\( [^\n]* \)\)"  # reactions, a sticker
    r"|!?\[[^\n]{0,300}?\]\(\.\.?/[^\n]{0,300}?\)  ",  # an attachment, or a sticker's file
    re.DOTALL,
)


class MarkdownMessage(NamedTuple):
    """A message, and the number of the line with which it begins."""

    line: int
    date: str
    sender: str
    body: str  # what was typed
    deleted: bool


def is_markdown(head: bytes) -> bool:
    """Whether a file begins with a message."""
    return _BEGIN.match(head.decode("utf-8-sig", "replace")) is not None


def markdown_messages(lines: Iterable[str]) -> Iterator[MarkdownMessage]:
    """Yield the messages of a chat; lines before the first are left out."""
    begun: tuple[int, re.Match[str]] | None = None
    parts: list[str] = []
    for number, line in enumerate(lines, start=1):
        if match := _BEGIN.match(line):
            if begun:
                yield _message(*begun, parts)
            begun, parts = (number, match), [match[4]]
        else:
            parts.append(line)
    if begun:
        yield _message(*begun, parts)


def _message(line: int, begin: re.Match[str], parts: list[str]) -> MarkdownMessage:
    text = "".join(parts)
    return MarkdownMessage(
        line=line,
        date=f"{begin[1]}T{begin[2]}",
        sender=begin[3],
        body=_ADDED.sub("", text).strip(),
        deleted=text.strip() == _DELETED,
    )
