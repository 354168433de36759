"""Markup: the text that a person typed, out of the HTML that a place made of it; and XML piece by piece."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import cast
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, ParseError, XMLPullParser

from msgspec import Struct
from selectolax.lexbor import LexborHTMLParser, LexborNode

from ...errors import BrokenArchive
from .code_pages import guess

_NEVER_SHOWN = "script, style, template, noscript, iframe, svg, head"
_BLOCKS = (
    "p, div, h1, h2, h3, h4, h5, h6, ul, ol, dl, dd, blockquote, pre, table, tr, figure, figcaption, "
    "section, article, header, footer, hr"
)
_LINES = "br, li, dt"
_PARAGRAPH, _LINE = "\ue000", "\ue001"  # mark where they end; of the private use area, so in no text
_NO_MARKS = {ord(_PARAGRAPH): None, ord(_LINE): None}
_WHITE_SPACE = re.compile(r"[ \t\r\n\f\xa0]+")
_PARAGRAPH_ENDS = re.compile(rf"\s*{_PARAGRAPH}[\s{_PARAGRAPH}{_LINE}]*")
_LINE_ENDS = re.compile(rf" ?{_LINE} ?")
_CHARACTER_REFERENCE = re.compile(r"&(?:#\d+|#[xX][0-9a-fA-F]+|\w+);")
_HEAD = 200  # bytes in which XML is declared
_DECLARATION = re.compile(r"<\?xml[^>]*\?>")
_DECLARED_ENCODING = re.compile(rb"""<\?xml[^>]*\bencoding=["']([\w.:-]+)["']""")
_CHINESE = {"gb2312", "gbk", "x-gbk"}
_CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|&#(?:[0-8]|1[124-9]|2\d|3[01]|x[0-8bcBC]|x1[0-9a-fA-F]);"
)
_AMPERSAND = re.compile(r"&(?:(#\d+|#[xX][0-9a-fA-F]+|\w+);)?")
_ENTITIES_OF_XML = {"amp", "lt", "gt", "quot", "apos"}
_QUOTED = ".quote-inline, blockquote, aside.quote"  # a link to what is quoted, or its words
_ADDRESS = re.compile(r"[a-z][a-z\d+.-]*://|www\.", re.IGNORECASE)


class Mention(Struct, frozen=True):
    """A person whom a post mentions."""

    name: str  # `@user` on the author's own server, `@user@server` elsewhere
    url: str  # of the profile, or of the person in ActivityPub


def html_text(source: str, drop: str = "") -> str:
    """Return the text of a piece of HTML, with an empty line between paragraphs; links are their words.

    Args:
        source: HTML, whole or in part.
        drop: CSS selector of elements to leave out, for example of what others wrote.
    """
    if "<" not in source:
        return _WHITE_SPACE.sub(" ", html.unescape(source)).strip()
    tree = LexborHTMLParser(source.translate(_NO_MARKS))
    for node in reversed(
        tree.css(f"{_NEVER_SHOWN}, {drop}" if drop else _NEVER_SHOWN)
    ):  # the inner ones first
        node.decompose()
    for node in tree.css("pre"):
        _keep_line_breaks(node)
    for node in tree.css(_LINES):
        node.insert_before(_LINE)
    for node in tree.css(_BLOCKS):
        node.insert_before(_PARAGRAPH)
        node.insert_after(_PARAGRAPH)
    text = _WHITE_SPACE.sub(" ", tree.body.text() if tree.body else "")
    text = _LINE_ENDS.sub("\n", _PARAGRAPH_ENDS.sub("\n\n", f"{_PARAGRAPH}{text}{_PARAGRAPH}"))
    return text.strip()


def activity_text(source: str, mentions: Sequence[Mention] = ()) -> str:
    """Return the text of a post or a profile of Mastodon, or of software that speaks ActivityPub as it does.

    Such servers cut links into visible and invisible parts and leave the server's name out of mentions. In
    front of a quoting post they put a link to the quoted one, for software that shows no quotes. That, and
    what is marked as quoted, is left out.

    Args:
        source: HTML as the server sends it.
        mentions: The people whom the post mentions, so that their names can be written in full.
    """
    tree = LexborHTMLParser(source)
    for link in reversed(tree.css("a")):
        link.replace_with(_link_text(link, mentions))
    for emoji in tree.css("img"):
        emoji.replace_with(emoji.attributes.get("alt") or "")
    return html_text(tree.html or "", drop=_QUOTED)


def unescape_html(text: str) -> str:
    """Undo `&amp;` and the like; `&copy=2` in an address stays, as it has no `;`."""
    return _CHARACTER_REFERENCE.sub(lambda match: html.unescape(match[0]), text) if "&" in text else text


def server_name(address: str) -> str:
    """Return the server's name in an address, or an empty string."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def xml_events(chunks: Iterable[bytes], name: str) -> Iterator[tuple[str, Element]]:
    """Parse XML piece by piece; yield each element where it begins ("start") and where it ends ("end").

    Clear the elements that are done with, or they pile up in memory. The parser neither fetches what a file
    refers to nor lets entities grow without end (expat, since 2.4.1).

    Raises:
        BrokenArchive: The XML is damaged or cut.
    """
    parser: XMLPullParser[Element] = XMLPullParser(("start", "end"))
    try:
        for chunk in chunks:
            parser.feed(chunk)
            yield from cast("Iterator[tuple[str, Element]]", parser.read_events())
        parser.close()
    except (ParseError, LookupError, ValueError) as error:  # the latter two come from encodings
        raise BrokenArchive(f"{name} is no whole XML ({error}); download it again") from error


def mended_xml(content: bytes) -> bytes:
    """Mend XML that is not well-formed as feeds often are not; return it in UTF-8.

    Space before its declaration and control characters are removed, entities of HTML become characters, an
    `&` that begins none is escaped, and encodings are read that expat does not know.
    """
    declared = _DECLARED_ENCODING.search(content[:_HEAD])
    text = _decode_xml(content, declared[1].decode() if declared else "utf-8")
    text = _DECLARATION.sub("", text.lstrip("\ufeff \t\r\n"), count=1)
    text = _CONTROL.sub("", text)
    return _AMPERSAND.sub(_mend_entity, text).encode()


def _decode_xml(content: bytes, encoding: str) -> str:
    if encoding.lower() in _CHINESE:  # what names itself so often has characters of the larger one
        encoding = "gb18030"
    try:
        text = content.decode(encoding, "replace")
    except LookupError:
        text = content.decode("utf-8", "replace")
    if 5 * text.count("\ufffd") <= sum(not character.isascii() for character in text):
        return text
    page = guess(content)  # the declaration is wrong
    return content.decode(page, "replace") if page else text


def _mend_entity(match: re.Match[str]) -> str:
    entity = match[0]
    if match[1] in _ENTITIES_OF_XML:
        return entity
    character = html.unescape(entity)
    return character if entity.endswith(";") and character != entity else f"&amp;{entity[1:]}"


def _keep_line_breaks(node: LexborNode) -> None:
    for part in list(node.traverse(include_text=True)):  # listed first, as the tree changes below it
        if part.tag == "-text":
            part.replace_with(part.text(deep=False).replace("\n", _LINE))


def _link_text(link: LexborNode, mentions: Sequence[Mention]) -> str:
    """Return what a link stands for: a name in full, a hashtag, the whole address, or its words."""
    shown, address = link.text(), link.attributes.get("href") or ""
    if shown.startswith("#"):
        return shown
    if shown.startswith("@"):
        return _full_name(shown, address, mentions)
    return address if _ADDRESS.match(shown) else shown


def _full_name(shown: str, address: str, mentions: Sequence[Mention]) -> str:
    """Return the name of the mention whose profile is linked.

    If none is linked, take the mention of that name; if several have it, the one on the link's server.
    """
    same_name = [mention for mention in mentions if _user(mention.name) == _user(shown)]
    server = server_name(address)
    same_server = [mention for mention in same_name if server_name(mention.url) == server]
    linked = [mention for mention in same_name if mention.url == address]
    for candidates in (linked, same_server, same_name):
        if len(candidates) == 1:
            return candidates[0].name
    return shown


def _user(name: str) -> str:
    return name.lstrip("@").partition("@")[0].casefold()
