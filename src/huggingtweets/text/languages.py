"""Languages by their codes (ISO 639-1) and their names."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from ..registry import closest

_SUBTAG = re.compile(r"[-_ (]|(?<=[a-z])(?=[A-Z])")  # en-US, en_US, zhCn
_WITHOUT_SPACES = {"bo", "dz", "ja", "km", "lo", "my", "th", "zh"}  # each letter is a word; see words.py
_CODE_LENGTHS = (2, 3)  # of ISO 639-1 and 639-2


def language_code(name: str) -> str:
    """Return the code (ISO 639-1) of a language: `en_US`, `zhCn`, `eng` and `English` have one, too."""
    first = _SUBTAG.split(name.strip(), maxsplit=1)[0].casefold()
    return _codes().get(first, first)


def language_name(code: str) -> str:
    """Return the English name of a language by its code; the code where no name is known."""
    names = (name.title() for name in _names().get(code, ()) if len(name) not in _CODE_LENGTHS)
    return next(names, code)


def nearest_code(name: str) -> str:
    """Return the code of the language whose code or name is most like a mistyped one; "" where none is."""
    return next(map(language_code, closest(name.casefold(), [*_names(), *_codes()])), "")


def without_spaces(codes: Iterable[str]) -> str:
    """Return the names of those of the languages that put no spaces between words, joined by `and`."""
    return " and ".join(map(language_name, sorted(_WITHOUT_SPACES & {*codes})))


@cache
def _codes() -> dict[str, str]:
    return {name: code for code, names in _names().items() for name in names}


@cache
def _names() -> dict[str, tuple[str, ...]]:
    content = tomllib.loads((files(__package__) / "languages.toml").read_text("utf-8"))
    return {code: tuple(names.split()) for code, names in content.items()}
