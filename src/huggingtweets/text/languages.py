"""Languages by their codes (ISO 639-1) and their names."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files

_SUBTAG = re.compile(r"[-_ (]|(?<=[a-z])(?=[A-Z])")  # en-US, en_US, zhCn
_CODE_LENGTHS = (2, 3)  # of ISO 639-1 and 639-2


def language_code(name: str) -> str:
    """Return the code (ISO 639-1) of a language: `en_US`, `zhCn`, `eng` and `English` have one, too."""
    first = _SUBTAG.split(name.strip(), maxsplit=1)[0].casefold()
    return _codes().get(first, first)


def language_name(code: str) -> str:
    """Return the English name of a language by its code; the code where no name is known."""
    names = (name for name in _names().get(code, ()) if len(name) not in _CODE_LENGTHS)
    return next(names, code).title()


@cache
def _codes() -> dict[str, str]:
    return {name: code for code, names in _names().items() for name in names}


@cache
def _names() -> dict[str, tuple[str, ...]]:
    content = tomllib.loads((files(__package__) / "languages.toml").read_text("utf-8"))
    return {code: tuple(names.split()) for code, names in content.items()}
