"""Texts in parts, as YouTube's export has them in the cells of its tables: `{"text":"so "},{"text":"true"}`.

In 2023 the parts were in a list: `{"takeoutSegments":[{"text":"so true"}]}`. Parts may be links or mentions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .tolerant_json import DAMAGE, parse

_TEXT = "text"
_KEYS = {_TEXT, "link", "mention"}
_LIST = "takeoutSegments"
_BEGINNINGS = (f'{{"{_TEXT}"', f'{{"{_LIST}"')


def joined(value: str) -> str:
    """Return a text without the parts in which it is; any other value as it is."""
    if not value.startswith(_BEGINNINGS):
        return value
    try:
        parts = parse(f"[{value}]")
    except DAMAGE:
        return value
    if len(parts) == 1 and _is_listed(parts[0]):
        parts = parts[0][_LIST]
    return "".join(str(part.get(_TEXT, "")) for part in parts if isinstance(part, dict))


def is_in_parts(value: Mapping[str, Any]) -> bool:
    """Whether an object is a text and no record with one: the only part of it, or the list of them."""
    return _is_listed(value) or (_TEXT in value and value.keys() <= _KEYS)


def _is_listed(value: Any) -> bool:
    return isinstance(value, Mapping) and value.keys() == {_LIST} and isinstance(value[_LIST], list)
