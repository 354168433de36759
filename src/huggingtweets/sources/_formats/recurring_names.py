"""Whether a field of an unknown name holds people: few short names that recur, as in a chat or a log."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache

from .fields import is_empty, names, parts, plain, without_marks

_NAME = re.compile(r"[^\W\d_](?:[\w.'\u2019\xb7~&()\u200c-]|[ ](?! )){0,39}")
_MOST_WORDS = 4
_SHORTEST = 3  # characters of Latin names: a field of shorter words holds codes
_OF_AUDIENCE = ("visibilities", "states", "kinds", "chats", "addresses")
_ENDS_SENTENCE = (".", ",")


def recur_as_names(field: str, values: Collection[object], records: int) -> bool:
    """Whether the values of a field recur as the names of writers do, and its name says nothing else.

    Args:
        field: Its name.
        values: What is in it, in all records that have something in it.
        records: How many records there are.
    """
    if 2 * len(values) <= records or not _may_say_who(field):
        return False
    different = {str(value).strip() if isinstance(value, str | int) else "" for value in values}
    recur = 1 < len(different) <= (len(values) + 1) // 2
    return recur and (_says_role(field) or _are_names(different)) and not are_programs(different)


def _may_say_who(field: str) -> bool:
    """Whether a field has no name of another meaning, such as a topic or a device."""
    others = {*names("authors")["parts_of_others"], *names("authors")["descriptions"]}
    return _says_role(field) or (plain(field) not in _known() and others.isdisjoint(parts(field)))


def _says_role(field: str) -> bool:
    """Whether a field says as what somebody speaks: `Agent name`, `role`; that of a user is a browser."""
    words, known = set(parts(field)), names("authors")
    return bool(words & {*known["roles"]}) and words <= {*known["roles"], *known["beside_roles"]}


@cache
def _known() -> frozenset[str]:
    """Return the usual names of fields that say something else."""
    fields = [*names("columns").values(), *names("several").values()]
    fields += [names("audience")[kind] for kind in _OF_AUDIENCE] + [names("directions")["names"]]
    return frozenset(key for keys in fields for key in keys)


def _are_names(different: Collection[str]) -> bool:
    known = {*names("audience")["public"], *names("audience")["narrow"], *names("audience")["published"]}
    return (
        all(map(_is_name, different))
        and any(len(name) >= _SHORTEST or not name.isascii() for name in different)
        and known.isdisjoint(map(plain, different))
    )


def are_programs(different: Collection[str]) -> bool:
    """Whether half of the names or more are those of programs: `Twitter for iPhone`."""
    programs = [name for name in different if not {*names("authors")["programs"]}.isdisjoint(parts(name))]
    return 2 * len(programs) >= len(different)


def _is_name(value: str) -> bool:
    is_short = _NAME.fullmatch(without_marks(value)) is not None and len(value.split()) <= _MOST_WORDS
    return is_short and not is_empty(value) and not value.endswith(_ENDS_SENTENCE)
