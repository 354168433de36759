"""Text as it was typed, out of the HTML that Mastodon and its relatives make of it.

They cut links into visible and invisible parts, leave the server's name out of mentions, and put a link to a
quoted post in front, for software that shows no quotes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from msgspec import Struct
from selectolax.lexbor import LexborHTMLParser, LexborNode

from .html_text import html_text

_QUOTE_LINK = ".quote-inline"
_ADDRESS = re.compile(r"[a-z][a-z\d+.-]*://|www\.", re.IGNORECASE)


class Mention(Struct, frozen=True):
    """A person whom a post names."""

    name: str  # `@user` on the author's own server, `@user@server` elsewhere
    url: str  # of the profile, or of the person in ActivityPub


def activity_text(source: str, mentions: Sequence[Mention] = ()) -> str:
    """The text in the HTML of a post or of a profile.

    Args:
        source: HTML as a server gives it.
        mentions: Whom it names, to write the names in full.
    """
    tree = LexborHTMLParser(source)
    for link in reversed(tree.css("a")):
        link.replace_with(_typed(link, mentions))
    for emoji in tree.css("img"):
        emoji.replace_with(emoji.attributes.get("alt") or "")
    return html_text(tree.html or "", drop=_QUOTE_LINK)


def server_name(address: str) -> str:
    """The server's name in an address, or nothing."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _typed(link: LexborNode, mentions: Sequence[Mention]) -> str:
    """What stands in the text for a link: a name in full, a hashtag, the whole address, or its words."""
    shown, address = link.text(), link.attributes.get("href") or ""
    if shown.startswith("#"):
        return shown
    if shown.startswith("@"):
        return _full_name(shown, address, mentions)
    return address if _ADDRESS.match(shown) else shown


def _full_name(shown: str, address: str, mentions: Sequence[Mention]) -> str:
    """The mention whose profile is linked, or else the one of that name, on that server if there are more."""
    same = [mention for mention in mentions if _user(mention.name) == _user(shown)]
    server = server_name(address)
    near = [mention for mention in same if server_name(mention.url) == server]
    exact = [mention for mention in same if mention.url == address]
    for found in (exact, near, same):
        if len(found) == 1:
            return found[0].name
    return shown


def _user(name: str) -> str:
    return name.lstrip("@").partition("@")[0].casefold()
