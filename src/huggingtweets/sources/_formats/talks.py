"""Refuses a table that looks like a talk, where no field that is understood says who wrote its records.

A name of a field may be new, and so may its words. But what tells two people apart goes back and forth in
few values, as turns do: strictly, within a minute or two, within one conversation, or in a field that
describes a person, who alone would not change so.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from itertools import groupby, pairwise
from statistics import median
from typing import Any

from .fields import names, parts, plain
from .recurring_names import are_programs
from .table_columns import Columns

_Values = list[str]  # of a field, one for each record; "" where there is none

_MOST_SIDES = 4
_LEAST_TURNS = 12  # records that can show that two values take turns
_LEAST_STRICT = 8  # of them, where each follows the other, or all follow one another in minutes
_LEAST_STEPS = 3  # of the flag of a role
_LEAST_RUNS = 4
_STRICT = 0.85  # of the steps from a record to the next, where the value changes: talks break off, too
_FILLED = 0.9  # of the records
_QUICK = 300  # seconds from a record to the next in half of a talk, or more of it
_LONG = 3  # records of a conversation
_LONGEST = 100  # characters of a value that are compared
_DEEPEST = 3  # objects around a value
_SET = "…"  # any value of a field with many
_TWO = 2
_INDEX = re.compile(r"\d{1,6}(?:\.0)?")


def sides_of_talk(
    sample: Sequence[Mapping[str, Any]], columns: Columns, authors: Collection[str]
) -> tuple[str, Counter[str]] | None:
    """Find a field that goes back and forth between few values, as two people do in a talk.

    Args:
        sample: The first records that may be read, in their order.
        columns: The fields whose meaning is known.
        authors: The fields of the authors, which all name one.

    Returns:
        Its name, and how often each value occurs in the sample; None if there is none.
    """
    known = {*_known(columns), *authors}
    fields = {name: values for name, values in _fields(sample).items() if name not in known}
    is_talk = cache(lambda: _is_talk(sample, fields, columns))
    sides = (
        name
        for name, values in fields.items()
        if _are_sides(name, values) or (_may_be_sides(name, values) and is_talk())
    )
    return next(((name, Counter(fields[name])) for name in sides), None)


def _are_sides(name: str, values: _Values) -> bool:
    """Whether a field tells two people apart in any table."""
    if _are_asked_and_answered(values) or _tells_roles(name, values):
        return True
    if not _goes_back_and_forth(values):
        return False
    return _describes_person(name, values) or (_take_turns(values) and not _is_of_posts(name, values))


def _may_be_sides(name: str, values: _Values) -> bool:
    """Whether a field tells two people apart in a talk."""
    return (
        _goes_back_and_forth(values)
        and _is_whole(values)
        and not _counts_up(values)
        and not _is_of_posts(name, values)
    )


def _known(columns: Columns) -> Iterator[str | None]:
    """Yield the fields whose meaning is known."""
    yield from (columns.text, columns.id, columns.lang, columns.url, *columns.dates.names())
    yield from (columns.reply_to, *columns.replies, *columns.reposts, *columns.quotes, *columns.references)
    yield from columns.long_texts


def _fields(sample: Sequence[Mapping[str, Any]]) -> dict[str, _Values]:
    """Return the values of each field, also of those in objects, which are called `meta.side`.

    Of a field of many values only whether there is one is kept.
    """
    fields: dict[str, _Values] = {}
    for number, record in enumerate(sample):
        for name, value in _leaves(record):
            values = fields.setdefault(name, [])
            values += [""] * (number - len(values))
            values.append(value)
    return {name: _few(values + [""] * (len(sample) - len(values))) for name, values in fields.items()}


def _few(values: _Values) -> _Values:
    many = len(set(values)) > _MOST_SIDES
    return [_SET if value else "" for value in values] if many else values


def _leaves(record: Mapping[str, Any], around: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    for name, value in record.items():
        if isinstance(value, Mapping):
            if depth < _DEEPEST:
                yield from _leaves(value, f"{around}{name}.", depth + 1)
        elif not isinstance(value, list):
            yield f"{around}{name}", "" if value is None else str(value).strip()[:_LONGEST]


def _goes_back_and_forth(values: _Values) -> bool:
    """Whether several values come again after others: one that only changes now and then does not."""
    runs = [value for value, _ in groupby(values)]
    return len(runs) >= _LEAST_RUNS and sum(count > 1 for count in Counter(runs).values()) > 1


def _describes_person(name: str, values: _Values) -> bool:
    """Whether a field seems to be about who wrote, and is not what one person changes: `user_location`."""
    words, known = {*parts(name), plain(name)}, names("talks")
    people = {*names("authors")["parts"], *names("authors")["handles"]} - {*known["between"]}
    says_so = bool(words & people or words & {*known["profiles"]})
    return (
        says_so
        and words.isdisjoint(known["not_profiles"])
        and _share_filled(values) >= _FILLED
        and _SET not in values
        and not are_programs(set(values))
    )


def _tells_roles(name: str, values: _Values) -> bool:
    """Whether a field of two values goes back and forth, and names what one is to another: `is_recruiter`."""
    words, known = {*parts(name)}, names("talks")
    is_answer = not words.isdisjoint({*names("directions")["answers"], "from", *names("authors")["by"]})
    roles = {*known["roles"], *(known["roles_of_answers"] if is_answer else ())}
    around = {
        *names("directions")["around_sides"],
        *names("directions")["answers"],
        "topic",
        "thread",
        "original",
    }
    return (
        bool(words & roles)
        and words <= roles | around
        and len(set(values)) == _TWO
        and not are_programs(set(values))
        and len(list(groupby(values))) >= _LEAST_STEPS
    )


def _are_asked_and_answered(values: _Values) -> bool:
    """Whether values are words for what is asked, and for what is said to it: `prompt`, `response`."""
    words, known = {plain(value) for value in values if value}, names("talks")
    asks, answers = {*known["asks"]}, {*known["answers"]}
    return words <= asks | answers and bool(words & asks) and bool(words & answers)


def _is_of_posts(name: str, values: _Values) -> bool:
    """Whether a field says what a post is about, or how it was made: by its name, or by what is in it."""
    words, known = {*parts(name), plain(name)}, names("talks")
    if parts(name)[-1:] and parts(name)[-1] in names("authors")["by"]:  # `Updated by`
        return False
    described = {*names("authors")["descriptions"], *known["of_posts"]} - {*known["uncertain"]}
    filled = set(filter(None, values))
    return (
        bool(words & described)
        or {plain(value) for value in filled} <= {*known["kinds"], *_kinds()}
        or are_programs(filled)
    )


@cache
def _kinds() -> frozenset[str]:
    """Return the words for the kinds of posts."""
    return frozenset(word for words in names("kinds").values() for word in words)


def _take_turns(values: _Values) -> bool:
    """Whether two values take turns almost always; one of them may be that there is none."""
    if len(set(values)) != _TWO or len(values) < _LEAST_STRICT:
        return False
    return _changes(values) == 1 or (len(values) >= _LEAST_TURNS and _changes(values) >= _STRICT)


def _changes(values: _Values) -> float:
    return sum(one != other for one, other in pairwise(values)) / max(1, len(values) - 1)


def _share_filled(values: _Values) -> float:
    return sum(map(bool, values)) / len(values)


def _is_whole(values: _Values) -> bool:
    """Whether a field is in all records, or is a sign that some have and others have not."""
    return _share_filled(values) >= _FILLED or (len(set(values)) == _TWO and _SET not in values)


def _counts_up(values: _Values) -> bool:
    """Whether values count the posts of a thread: each is one more than that before, or begins again."""
    if len(set(values)) <= _TWO or not all(map(_INDEX.fullmatch, values)):
        return False
    numbers = [int(float(value)) for value in values]
    return all(later in {earlier + 1, min(numbers)} for earlier, later in pairwise(numbers))


def _is_talk(sample: Sequence[Mapping[str, Any]], fields: Mapping[str, _Values], columns: Columns) -> bool:
    """Whether records follow one another as in a talk: within minutes, or many to a conversation."""
    conversations = {*names("talks")["conversations"]}
    of_conversations = (name for name in fields if not conversations.isdisjoint({*parts(name), plain(name)}))
    raw = ([str(record.get(name, "")) for record in sample] for name in of_conversations)
    if any(all(values) and len(values) >= _LONG * len(list(groupby(values))) for values in raw):
        return True
    dates = [moment for moment in map(columns.dates.read, sample) if moment]
    if len(dates) < max(_LEAST_STRICT, len(sample)):
        return False
    return 0 < median(abs((later - earlier).total_seconds()) for earlier, later in pairwise(dates)) <= _QUICK
