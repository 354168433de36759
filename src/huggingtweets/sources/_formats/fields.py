"""Names of fields, and words in them, by what they mean: those of fields.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from unicodedata import category

_EMPTY = set("|0|0.0|none|nan|nat|null|undefined|false|f|no|n|[]|{}|()|\\n|n/a|na".split("|"))  # noqa: SIM905 -- shorter

_LONGEST = max(map(len, _EMPTY))
_PARTS = re.compile(r"[A-Z]?[^\W\d_A-Z]+|[A-Z]+(?![a-z])")


@cache
def names(group: str) -> Mapping[str, tuple[str, ...]]:
    """Return a group of fields.toml: the names of each kind of field, the most reliable first."""
    content = tomllib.loads((files(__package__) / "fields.toml").read_text("utf-8"))
    return {kind: tuple(map(plain, words.split())) for kind, words in content[group].items()}


def plain(name: object) -> str:
    """Return a name or a word without case, spaces and marks: `Is-Draft` -> `isdraft`."""
    return re.sub(r"[\W_]", "", str(name).casefold())


def parts(name: str) -> list[str]:
    """Return the words of a name: `userScreen_name` -> `user`, `screen`, `name`."""
    return [plain(part) for part in _PARTS.findall(without_marks(name))]


def without_marks(text: str) -> str:
    """Return a text without vowel signs and accents that are characters of their own, which part no words."""
    return text if text.isascii() else "".join(sign for sign in text if category(sign)[0] != "M")


def is_empty(value: object) -> bool:
    """Whether a field says nothing, or no: nothing at all, `null`, `[]`, `false` and the like."""
    if value is None:
        return True
    word = value if isinstance(value, str) else str(value)
    return (len(word) <= _LONGEST or word[0].isspace() or word[-1].isspace()) and (
        word.strip().casefold() in _EMPTY
    )
