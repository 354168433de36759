"""The text of a post in a row of a table, as it was typed.

Spreadsheets and scrapers damage texts: links stick to words or are cut by a space, a text is still HTML, or a
literal of Python; or the whole table is damaged, see text_repairs.py. This is repaired, as far as it can be.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

from .markup import activity_text
from .quotations import without_quotations
from .record_shapes import Row
from .table_columns import Columns, rendered
from .text_parts import joined
from .text_repairs import repaired, unescaped

_STUCK_LINK = re.compile(r"""(?<=[^\s(\[{"'\u2018\u201c«/=<>?&%])(?=https?://|pic\.twitter\.com/)""")
_CUT_LINK = re.compile(r"(https?://(?:www\.)?) +(?=[\w-]+(?:\.[\w-]+)+)")
_QUOTATION = re.compile(r"^[ \t]*>(?!!).*\n?", re.MULTILINE)  # `>!` begins a spoiler
_LINE_END = re.compile(r"\r\n?")
_SLACK_LINK = re.compile(r"<(?:https?|mailto|tel):[^<>|\s]+(?:\|([^<>]*))?>")
_TEXTS = ("full_text", "text")
_QUOTED_TEXT = re.compile(r"""['"](?:full_)?text['"]: (?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")""")
_SLACK_REFERENCE = re.compile(r"[ \t]?<(?:@[UWB]\w+|!\w+[^<>]*|#C\w+)(?:\|[^<>]*)?>")


def post_text(row: Row, columns: Columns) -> str:
    """Return the text as it was typed; an empty string if there is none."""
    whole = [_long_text(row.get(name)) for name in columns.long_texts]
    value = max([_string(row.get(columns.text)), *whole], key=len)
    if not value and columns.other_text:
        value = _string(row.get(columns.other_text))
    if columns.is_bytes:
        value = _without_literal(value)
    value = repaired(joined(value), columns.repairs)
    if columns.has_quotations:
        value = _QUOTATION.sub("", unescaped(value, columns.repairs))
    value = _SLACK_REFERENCE.sub("", _SLACK_LINK.sub(r"\1", value)) if "<" in value else value
    value = activity_text(value) if columns.is_html and "<" in value else unescaped(value, columns.repairs)
    value = without_quotations(_LINE_END.sub("\n", value))
    return _STUCK_LINK.sub(" ", _CUT_LINK.sub(r"\1", value)).strip()


def _string(value: object) -> str:
    value = rendered(value)
    if isinstance(value, bool):
        return ""
    return str(value) if isinstance(value, str | int | float) else ""


def _long_text(value: object) -> str:
    """Return the longest text in what X calls a note, or an extended tweet."""
    if isinstance(value, Mapping):
        inner = (part for name, part in value.items() if name in _TEXTS or isinstance(part, Mapping))
        return max(map(_long_text, inner), key=len, default="")
    if isinstance(value, str) and value.startswith("{"):
        return max(_QUOTED_TEXT.findall(value), key=len, default="")
    return _string(value)


def _without_literal(value: str) -> str:
    r"""Return the text of a literal such as `b'caf\xc3\xa9'`."""
    try:
        content = ast.literal_eval(value.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return value
    return content.decode("utf-8", "replace") if isinstance(content, bytes) else value
