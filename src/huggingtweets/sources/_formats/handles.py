"""Handles that folders and links can carry, whatever a file says."""

from __future__ import annotations

import re

_FOREIGN = re.compile(r"[^\w.@-]+")


def to_handle(text: str) -> str:
    """Make a handle of a handle or of a name: `@jane` -> `jane`, `Jane Doe` -> `Jane_Doe`, `..` -> ``."""
    return _FOREIGN.sub("_", text.strip()).strip("@.")


def same_handle(one: str, other: str) -> bool:
    """Whether two handles are one; case does not count."""
    return to_handle(one).casefold() == to_handle(other).casefold()
