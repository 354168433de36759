"""Steps that change a post's text: pure functions, text in, text out.

The rules are those of huggingtweets (2020), made right: there, a link glued to a word stayed, and a
mention in the middle of a sentence went with those that the network had put in front of a reply.

Most posts have nothing to take out, so each step first looks, at little cost, whether there can be anything.
"""

from __future__ import annotations

import re

LINK = re.compile(  # letter by letter, since the search for a set of first letters is three times as fast
    r"[hwpHWP](?i:(?<=h)ttps?://|(?<=\bw)ww\.|(?<=\bp)ic\.twitter\.com/)\S+"
)
ADDRESS = re.compile(r"(?<![@\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")  # and not @user@instance.org
AT_IN_WORD = re.compile(r"@(?<=[\w.+-]@)[\w-]")
MENTION = r"@\w+(?:@[\w-]+(?:\.[\w-]+)+|(?:[.-]\w+)*)"  # @handle, @handle.bsky.social, @user@instance.org
LEADING_MENTIONS = re.compile(rf"^(?:\s*{MENTION}[,:]?(?=\s|$))+")
INVISIBLE = re.compile("[\u200b\u200e\u200f\u2060\ufeff\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def without_links(text: str) -> str:
    """Take out links, with the scheme or beginning with www."""
    return LINK.sub(" ", text) if "://" in text or _may_have_bare_link(text) else text


def _may_have_bare_link(text: str) -> bool:
    """Whether a link without its scheme can be in the text."""
    lowered = text.lower() if "." in text else ""
    return "www." in lowered or ".com/" in lowered


def without_addresses(text: str) -> str:
    """Take out e-mail addresses: they are private, whoever wrote them where."""
    return ADDRESS.sub(" ", text) if "@" in text and AT_IN_WORD.search(text) else text


def without_leading_mentions(text: str) -> str:
    """Take out the mentions that a reply begins with: the network wrote them, not the person."""
    mentions = LEADING_MENTIONS.match(text)
    return text[mentions.end() :] if mentions else text


def without_invisible(text: str) -> str:
    """Take out control characters and marks of no width, but not the joiners that emoji are made with."""
    return text if text.isprintable() else INVISIBLE.sub("", text)


def folded(text: str, *, keep_line_breaks: bool = False) -> str:
    """Fold runs of white space to one space; with `keep_line_breaks`, line by line, empty lines out."""
    if text.isprintable() and "  " not in text:  # then all of its white space is single spaces
        return text.strip()
    if not keep_line_breaks:
        return " ".join(text.split())
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join(line for line in lines if line)
