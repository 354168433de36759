"""Objects in the cells of a table, as JSON or as Python prints them: who wrote a row, say, and for whom."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from .record_shapes import Row, flat_records, has_text, is_text_field
from .table_columns import seems_of_text
from .text_parts import is_in_parts

_LONGEST = 1 << 20  # characters of an object


def with_objects(rows: Iterable[Row]) -> Iterator[Row]:
    """Yield rows with the objects that are in cells as text; a post in one of them is opened as in JSON."""
    for row in rows:
        found = {name: value for name, cell in row.items() if (value := _object_in(name, cell)) is not None}
        if found:
            yield from flat_records([{**row, **found}])
        else:
            yield row


def parsed(text: str) -> Any:
    """Return what a text is as JSON or as Python prints it; None if it is neither."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        pass
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None


def _printed(text: str) -> Any:
    """Return what Python printed, where dates and the like in it are no literals; these become None."""
    try:
        return _value(ast.parse(text, mode="eval").body)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None


def _value(node: ast.expr | None) -> Any:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Dict):
        return {_value(key): _value(value) for key, value in zip(node.keys, node.values, strict=True)}
    return [_value(part) for part in node.elts] if isinstance(node, ast.List | ast.Tuple) else None


def _object_in(name: str, cell: object) -> Row | None:
    """Return the object in a cell; None if there is none, or if it may be the text of a post."""
    if isinstance(cell, dict):
        return cell
    if not isinstance(cell, str) or cell[:1] != "{" or cell[-1:] != "}" or len(cell) > _LONGEST:
        return None
    value = parsed(cell) or _printed(cell)
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        return None
    may_be_text = (is_text_field(name) or seems_of_text(name)) and not has_text(value)
    return None if may_be_text or is_in_parts(value) else value
