"""Text as it was typed, out of the HTML that a place made of it."""

from __future__ import annotations

import html
import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

_NEVER = "script, style, template, noscript, iframe, svg, head"
_BLOCKS = (
    "p, div, h1, h2, h3, h4, h5, h6, ul, ol, dl, dd, blockquote, pre, table, tr, figure, figcaption, "
    "section, article, header, footer, hr"
)
_LINES = "br, li, dt"
_PARAGRAPH, _LINE = "\ue000", "\ue001"  # mark where they end; of the private use area, so in no text
_MARKS = {ord(_PARAGRAPH): None, ord(_LINE): None}
_WHITE = re.compile(r"[ \t\r\n\f\xa0]+")
_PARAGRAPHS = re.compile(rf"\s*{_PARAGRAPH}[\s{_PARAGRAPH}{_LINE}]*")
_LINE_ENDS = re.compile(rf" ?{_LINE} ?")
_ESCAPED = re.compile(r"&(?:#\d+|#[xX][0-9a-fA-F]+|\w+);")


def html_text(source: str, drop: str = "") -> str:
    """The text of a piece of HTML: paragraphs with an empty line between them, links as they read.

    Args:
        source: HTML, whole or in part.
        drop: CSS selector of what is left out, for example what others wrote.
    """
    if "<" not in source:
        return _WHITE.sub(" ", html.unescape(source)).strip()
    tree = LexborHTMLParser(source.translate(_MARKS))
    for node in reversed(tree.css(f"{_NEVER}, {drop}" if drop else _NEVER)):  # the inner ones first
        node.decompose()
    for node in tree.css("pre"):
        _keep_lines(node)
    for node in tree.css(_LINES):
        node.insert_before(_LINE)
    for node in tree.css(_BLOCKS):
        node.insert_before(_PARAGRAPH)
        node.insert_after(_PARAGRAPH)
    text = _WHITE.sub(" ", tree.body.text() if tree.body else "")
    text = _LINE_ENDS.sub("\n", _PARAGRAPHS.sub("\n\n", f"{_PARAGRAPH}{text}{_PARAGRAPH}"))
    return text.strip()


def unescaped(text: str) -> str:
    """Undo `&amp;` and the like; `&copy=2` in an address is none of them, as it has no `;`."""
    return _ESCAPED.sub(lambda escaped: html.unescape(escaped[0]), text) if "&" in text else text


def _keep_lines(node: LexborNode) -> None:
    for part in list(node.traverse(include_text=True)):  # listed first, as the tree changes below it
        if part.tag == "-text":
            part.replace_with(part.text(deep=False).replace("\n", _LINE))
