"""Functions that remove something from a text: links, mentions, invisible characters, white space.

The rules are those of huggingtweets (2020), corrected: it kept a link that stuck to a word, and removed
mentions in the middle of a reply together with those that the network had put in front of it.

Most posts have nothing to remove, so each function first does a cheap check whether there can be anything.
"""

from __future__ import annotations

import re

from ..text import UNSPACED

_GLUED = rf"{UNSPACED}\uac00-\ud7a3\u3000-\u3004\u3008-\u303f\uff01-\uff5e"  # and full-width punctuation
REST_OF_LINK = (  # text without spaces behind a link is no part of it, unless the address has it: /wiki/...
    rf"[^\s{_GLUED}]+(?:(?<=[/=_#])[{_GLUED}]+[^\s{_GLUED}]*)*"
    r"(?:\xa0…)?"  # the sign of a link that is cut where it is shown
)
LINK = re.compile(  # begins with a set of letters, as searching for that is three times as fast
    r"[hwpHWP](?i:(?<=h)ttps?://|(?<=\bw)ww\.|(?<=\bp)ic\.twitter\.com/)" + REST_OF_LINK
)
# [words](https://... "title"), or a picture; the address may have pairs of brackets
MARKDOWN_LINK = re.compile(
    r"!?\[([^\[\]\n]*)\]"
    r"\(\s*(?i:https?://|www\.)[^\s()]*(?:\([^\s()]*\)[^\s()]*)*(?:\s+\"[^\"\n]*\")?\s*\)"
)
MENTION = (  # @handle, @handle.bsky.social, @user@instance.org; text behind it may be glued to it
    r"@[A-Za-z0-9_]+(?:@[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+|(?:[.-][A-Za-z0-9_]+)*)"
)
MENTION_OR_LINK = re.compile(rf"{MENTION}|{LINK.pattern}")
LEADING_MENTIONS = re.compile(rf"^(?:\s*{MENTION}[,:]?(?=\s|$))+")
INVISIBLE = (
    re.compile(  # U+200B is the border between words in scripts without spaces; begins with a set, too
        "[\u200b\u200e\u200f\u061c\u202a-\u202e\u2060\u2066-\u2069\ufeff\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
        rf"(?:(?<!\u200b)|(?<![{UNSPACED}]\u200b)|(?![{UNSPACED}]))"
    )
)


_BLANK = re.compile("[\u115f\u1160\u2800\u3164\uffa0\ufffc]")  # of Braille and Korean; of an object in a text


def without_links(text: str) -> str:
    """Remove links, with a scheme or without (www., pic.twitter.com/).

    Of a link in Markdown its words stay, and of a link in brackets nothing does.
    """
    if "://" not in text and not _may_have_bare_link(text):
        return text
    if "](" in text:
        text = MARKDOWN_LINK.sub(r"\1", text)
    kept: list[str] = []
    at = 0
    while link := LINK.search(text, at):
        before, at = text[at : link.start()], link.start() + _length(link[0])
        if at == link.end():
            kept += (before, " ")
            continue
        while not (before := before.rstrip()) and kept:
            before = kept.pop()
        if before.endswith("("):  # nothing but the link was in these brackets
            before, at = before[:-1], at + 1
        kept.append(before)
    return "".join((*kept, text[at:]))


def _length(link: str) -> int:
    """How much of a matched link is one: up to a bracket that it does not open."""
    opened = 0
    for at, sign in enumerate(link):
        opened += (sign == "(") - (sign == ")")
        if opened < 0:
            return at
    return len(link)


def _may_have_bare_link(text: str) -> bool:
    """Whether the text may have a link without a scheme."""
    if "/" not in text and "w." not in text and "W." not in text:  # as most texts have none of these
        return False
    lowered = text.lower()
    return "www." in lowered or ".com/" in lowered


def with_plain_spaces(text: str) -> str:
    """Replace characters that are shown as nothing, but are no white space, by spaces."""
    return text if text.isascii() else _BLANK.sub(" ", text)


def without_leading_mentions(text: str) -> str:
    """Remove the mentions at the beginning of a reply; the network wrote them, not the person."""
    mentions = LEADING_MENTIONS.match(text)
    return text[mentions.end() :] if mentions else text


def without_invisible(text: str) -> str:
    """Remove control characters and zero-width marks, but not the joiners in emoji."""
    return text if text.isprintable() else INVISIBLE.sub("", text)


def folded(text: str, *, keep_line_breaks: bool = False) -> str:
    """Fold each run of white space to one space; with `keep_line_breaks` only within the lines.

    Empty lines are removed.
    """
    if text.isprintable() and "  " not in text:  # all its white space is single spaces
        return text.strip()
    if not keep_line_breaks:
        return " ".join(text.split())
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join(line for line in lines if line)
