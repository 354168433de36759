"""Finds sources, trackers and other plug-ins by name, and imports only the one that is needed.

The name is that of a module in one of our packages, or that of an entry point in the group
`huggingtweets.<package>` of another distribution. `suggestion` says which name was meant by a mistyped one.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType

BEGINNING = 3  # letters of a name that are enough to guess the whole
MOST_MEANT = 3  # names that begin so, and are named
LIKE = 0.6  # two names, from 0 to 1, that may be meant to be the same
VERY_LIKE = 0.8  # two names, from 0 to 1, that are surely meant to be the same


class Registry:
    """The plug-ins of one package, for example `Registry("huggingtweets.sources")`."""

    def __init__(self, package: str) -> None:
        self.package = package

    def names(self) -> tuple[str, ...]:
        """Return all names, sorted. Modules whose names begin with an underscore are no plug-ins."""
        return tuple(sorted({*self._own(), *self._foreign()}))

    def load(self, name: str) -> ModuleType:
        """Import the module called `name`.

        Raises:
            KeyError: there is no such plug-in.
            TypeError: its entry point does not name a module.
        """
        if name in self._own():
            return importlib.import_module(f"{self.package}.{name}")
        foreign = self._foreign()
        if name not in foreign:
            raise KeyError(name)
        module = foreign[name].load()
        if not isinstance(module, ModuleType):
            raise TypeError(f"entry point {name!r} must name a module, not {type(module).__name__}")
        return module

    def _own(self) -> frozenset[str]:
        return _modules(tuple(importlib.import_module(self.package).__path__))

    def _foreign(self) -> dict[str, EntryPoint]:
        return _entry_points(self.package, tuple(sys.path))


@lru_cache(maxsize=32)
def _modules(folders: tuple[str, ...]) -> frozenset[str]:
    """The modules in the folders of a package; kept, since every place that is read asks for each source."""
    return frozenset(m.name for m in pkgutil.iter_modules(folders) if not m.name.startswith("_"))


@lru_cache(maxsize=32)
def _entry_points(group: str, path: tuple[str, ...]) -> dict[str, EntryPoint]:
    """The entry points of all distributions on Python's path; kept, since looking for them opens each."""
    del path  # `sys.path`, which is searched
    return {entry.name: entry for entry in entry_points(group=group)}


def suggestion(name: str, known: Iterable[str]) -> str:
    """The end of a message on a name that is not known: "; did you mean 'x'?", or "" where none is like it.

    Capitals do not count, and a name's beginning of three letters or more stands for the name, also where it
    is mistyped.
    """
    typed, by_folded = name.casefold(), {other.casefold(): other for other in known}
    begun = [other for other in by_folded if len(typed) >= BEGINNING and other.startswith(typed)]
    meant = (
        begun[:MOST_MEANT]
        or closest(typed, by_folded, VERY_LIKE)
        or _begun_like(typed, by_folded)[:MOST_MEANT]
        or closest(typed, by_folded)
    )
    return f"; did you mean {' or '.join(repr(by_folded[other]) for other in meant)}?" if meant else ""


def closest(typed: str, known: Iterable[str], likeness: float = LIKE) -> list[str]:
    """The one name most like a mistyped one, if any; of two as like, the one with its first letter."""

    def by_likeness(name: str) -> tuple[float, bool]:
        return SequenceMatcher(None, name, typed).ratio(), name[:1] == typed[:1]

    best = max(known, key=by_likeness, default="")
    return [best] if best and by_likeness(best)[0] >= likeness else []


def _begun_like(typed: str, known: Iterable[str]) -> list[str]:
    """The names whose beginning is nearly what was typed, with a letter more or less."""
    lengths = (len(typed), len(typed) + 1)
    return [
        name
        for name in known
        if len(typed) > BEGINNING
        and any(get_close_matches(typed, [name[:length]], cutoff=VERY_LIKE) for length in lengths)
    ]
