"""Finds the author in objects whose names say nothing of it: `{"text": ..., "meta": {"author": ...}}`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from .fields import is_empty, names, parts, plain

_DEEPEST = 3  # objects around the author
_Path = tuple[str, ...]


def nested_author(sample: Sequence[Mapping[str, Any]], names_a_writer: Callable[[str], bool]) -> _Path:
    """Return the way to the author in most records; nothing if there is none.

    Args:
        sample: The first records.
        names_a_writer: Whether a field's name is that of a writer.
    """
    known = {*names("authors")["handles"]}
    counts = Counter(
        path
        for record in sample
        for path in _paths(record)
        if plain(path[-1]) in known or names_a_writer(path[-1])
    )
    path, count = max(counts.items(), key=lambda item: item[1], default=((), 0))
    return path if 2 * count > len(sample) else ()


def value_at(record: Mapping[str, Any], path: _Path) -> Any:
    """Return what is at the end of a way through objects; None if it does not lead there."""
    value: Any = record
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _paths(record: Mapping[str, Any], around: _Path = ()) -> Iterator[_Path]:
    """Yield the ways to all values in objects that are not about other posts, or about what is shown."""
    for name, value in record.items():
        if isinstance(value, Mapping) and len(around) < _DEEPEST and _is_of_record(name):
            yield from _paths(value, (*around, name))
        if around and not is_empty(value):
            yield (*around, name)


def _is_of_record(name: str) -> bool:
    known = names("authors")
    others = {*known["parts_of_others"], *known["descriptions"], *known["objects_of_others"]}
    return (others - {*known["around"]}).isdisjoint(parts(name))
