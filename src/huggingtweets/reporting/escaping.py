"""Keeps text of people and models from being read as Markdown or HTML, and leaves it as readable as possible.

A character becomes a numbered entity only where a parser could misread it: neither parser takes an entity for
structure (CommonMark 0.31, section 2.5), except in code. Markdown is here CommonMark with the extensions of
GitHub and the Hub: tables, strikethrough, formulas, emoji by name, and bare addresses that become links.
"""

from __future__ import annotations

import re

from markupsafe import Markup

from .picture import plain

_PUNCTUATION = r"[!-/:-@\[-`{-~]"  # that a backslash escapes
_MISREAD = re.compile(
    "|".join(
        (
            r"[\[\]`$]",  # links, code, formulas
            r"<(?=[A-Za-z/!?]|$)",  # elements, comments and addresses
            r"&(?=[#A-Za-z])",  # entities
            rf"\\(?={_PUNCTUATION}|$)",  # escapes; at the end of the text, of what the template has next
            r"(?<!\s)[*~]|[*~](?!\s)",  # emphasis and strikethrough, but not between two spaces
            r"(?<![^\W_])_|_(?![^\W_])",  # emphasis, but not inside of a word
            r":(?=[A-Za-z+-][\w+-]*:)",  # emoji by name
            r":(?=//)|(?<=\b[Ww]{3})\.|(?<=\w)@(?=\w)",  # addresses
            r"^>|^\||^[-+](?=[\s-]|$)|^=(?==*$)|^:(?=-)",  # quotes, lists, lines and tables at the beginning
            r"^#(?=#{0,5}(?:\s|$))|(?<!\S)#(?=#*$)",  # headings, which may end with these signs, too
            r"^\d(?=\d{0,8}[.)](?:\s|$))",  # numbered lists
        )
    )
)


def escape(value: object) -> Markup:
    """Text that stays text in Markdown and in HTML, on one line; not for attributes and cells of tables."""
    if isinstance(value, Markup):
        return value
    return Markup(_MISREAD.sub(lambda sign: f"&#{ord(sign[0])};", plain(str(value))))  # noqa: S704 -- escaped here


def escape_cell(value: object) -> Markup:
    """Text that stays text in a cell of a table."""
    return Markup(str(escape(value)).replace("|", "&#124;"))  # noqa: S704 -- escaped in the line
