"""The one person whose lines of a chat are read: whom the user names, or who is alone in it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from ...errors import LocationError
from .._contract import ReadOptions

_LISTED = 8  # people named where one must be chosen
_UNSEEN = re.compile(r"[\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")


def the_one(
    place: str, lines: Mapping[str, int], options: ReadOptions, names: Mapping[str, str] | None = None
) -> str:
    """Choose a person.

    Args:
        place: What is read, for messages.
        lines: How many lines each person has, by name, or by id where there are ids.
        options: Whom the user names.
        names: The names of ids.

    Raises:
        LocationError: It is not plain who, or nobody of that name is there; lists who is.
    """
    shown = names or {}
    if not lines:
        raise LocationError(f"{place} holds no lines of anybody; give another file")
    wanted = options.name or options.handle
    if wanted:
        plain = _plain(wanted)
        found = [who for who in lines if plain in {_plain(who), _plain(shown.get(who, who))}]
        if len(found) == 1:
            return found[0]
        lacking = "several people called" if found else "nobody called"
        raise LocationError(f"{place} holds {lacking} {wanted!r}, but {_listed(lines, shown)}")
    if len(lines) == 1:
        return next(iter(lines))
    raise LocationError(f"{place} holds lines of {_listed(lines, shown)}; say who you are with --name")


def seen(text: str) -> str:
    """A text without marks that nobody sees: of direction, of zero width, of the order of bytes."""
    return _UNSEEN.sub("", text)


def _listed(lines: Mapping[str, int], shown: Mapping[str, str]) -> str:
    counts = Counter({f"{shown.get(who, who)!r}": number for who, number in lines.items()})
    if len(counts) < len(lines):  # two of one name are told apart by their ids
        counts = Counter({f"{shown.get(who, who)!r} [{who}]": number for who, number in lines.items()})
    most = ", ".join(f"{who} ({number:,})" for who, number in counts.most_common(_LISTED))
    return f"{most} and {len(counts) - _LISTED:,} more" if len(counts) > _LISTED else most


def _plain(name: str) -> str:
    return " ".join(seen(name).replace("~", " ").split()).casefold().removeprefix("@")
