"""Whether a post has appeared, and whether it can still be seen: what is scheduled, hidden or expired cannot.

A date decides where there is one. A post that was scheduled has appeared if its record says that it is out,
or was written after the moment for which it was scheduled. A post that goes at some time is closed once that
time is past. What such a field says and is not understood closes the post.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import Enum, auto
from functools import cache, lru_cache, partial
from typing import Any, NamedTuple

from .dates import read_date
from .fields import is_empty, names, parts, plain
from .skipped import NOT_PUBLIC, UNPUBLISHED

_Record = Mapping[str, Any]
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)  # databases write an earlier date where there is none
_SOME = re.compile(r"[1-9]|[^\W\d_]")
_TWO_NUMBERS = re.compile(r"\s*\d{1,2}[-/.]\d{1,2}[-/.]")  # of which each may be the day
_NOT_ABOVE_0 = re.compile(r"-\d+(?:\.\d+)?|0+(?:\.0+)?")
_IN_ONE = re.compile(r"(is|has|was)?(.+?)(at|on|for|until|by|date|time|status|state)?")  # `isexpired`


class _Said(NamedTuple):
    """What a field of a record says, and when it is read."""

    name: str
    value: object
    moment: datetime | None  # that the value is, if it is a date
    now: datetime


class Meaning(Enum):
    """What a field says of whether a post can be seen."""

    NOTHING = auto()
    SCHEDULED = auto()  # that it is, or for when
    AWAITED = auto()  # when it appears, or has
    EXPIRES = auto()  # when, or that it has
    HIDDEN = auto()
    SHOWN = auto()
    STATE = auto()


@lru_cache(maxsize=10_000)
def meaning(name: str) -> Meaning:
    """Return what a field says, by its name."""
    words, key = {*_words(name)}, plain(name)
    if _says(words, key, "scheduled") or words & _known("schedules"):
        return Meaning.NOTHING if words & _known("once") else Meaning.SCHEDULED
    whole = "".join(word for word in _words(name) if word not in _known("posts"))
    if whole in _known("awaited"):
        return Meaning.AWAITED
    if whole in _known("going") or (_says(words, key, "expiring") and _is_of_post(words, "expiring")):
        return Meaning.EXPIRES
    if _says(words, key, "hiding") and _is_of_post(words, "hiding"):
        return Meaning.HIDDEN
    if words & _known("showing") and words <= _known("showing") | _known("around_showing"):
        return Meaning.SHOWN
    return Meaning.STATE if key in names("audience")["states"] else Meaning.NOTHING


def is_of_time(name: str) -> bool:
    """Whether a field says from when on, or until when, a post can be seen, and not by whom."""
    return meaning(name) in {Meaning.AWAITED, Meaning.EXPIRES}


def is_about_part(name: str) -> bool:
    """Whether a field is about what is beside a post: `score_hidden`."""
    return not _known("beside").isdisjoint(parts(name))


def is_shown(state: object) -> bool:
    """Whether a state is that of a post that is not hidden."""
    return plain(state) in _known("shown")


def tests_of_appearance(name: str) -> list[tuple[Callable[[_Record], bool], str]]:
    """Return tests of records that have a field, each with the reason for which it closes one."""
    now, reason = datetime.now(UTC), _REASONS.get(meaning(name))
    tests: list[tuple[Callable[[_Record], bool], str]] = []
    if {*parts(name)} <= {*names("authors")["around"], *_known("objects")}:
        tests += [(partial(_is_closed_inside, name, why, now), why) for why in (UNPUBLISHED, NOT_PUBLIC)]
    return [*tests, (partial(_is_closed, name, now), reason)] if reason else tests


def _is_closed(name: str, now: datetime, record: _Record) -> bool:
    value, said = record.get(name), meaning(name)
    if said is Meaning.STATE:
        return plain(value) in _known("unseen")
    if said is Meaning.SHOWN:
        return plain(value) in _known("hiding") or plain(value) in _no()
    if said is Meaning.AWAITED:
        moment = _moment(value) if value else None
        return moment is not None and moment > now
    if _says_no(value):
        return False
    moment = _moment(value)
    if moment and moment < _EARLIEST:
        return False
    return _CLOSE[said](_Said(name, value, moment, now), record)


def _is_closed_inside(name: str, reason: str, now: datetime, record: _Record) -> bool:
    """Whether an object of a record, such as its `status`, closes it for a reason."""
    inside = record.get(name)
    if not isinstance(inside, Mapping):
        return False
    said = [field for field in _telling(tuple(inside)) if _REASONS[meaning(field)] == reason]
    if any(_is_closed(field, now, {**record, **inside}) for field in said):
        return True
    states = (inside[field] for field in _telling(tuple(inside)) if meaning(field) is Meaning.STATE)
    return reason == UNPUBLISHED and any(plain(state) in names("audience")["unpublished"] for state in states)


@lru_cache(maxsize=1000)
def _telling(fields: tuple[Any, ...]) -> tuple[str, ...]:
    """Return those of the fields of an object that say whether a post can be seen."""
    return tuple(field for field in fields if isinstance(field, str) and meaning(field) in _REASONS)


def _is_awaited(said: _Said, record: _Record) -> bool:
    """Whether a post is scheduled, and nothing says that it has appeared since."""
    words = {*_words(said.name)}
    if _is_yes(said.value):
        return True
    is_certain = said.moment or not words & _known("schedules")  # which may be a rhythm: `weekly`
    return bool(is_certain) and _is_of_post(words, "scheduled") and not _has_appeared(record, said)


def _has_appeared(record: _Record, scheduled: _Said) -> bool:
    """Whether a record says that its post is out, or that it was written after it was to appear."""
    return any(
        _is_out(name, value, scheduled.now) or _is_later(name, value, scheduled)
        for name, value in record.items()
        if not _says_no(value)
    )


def _is_out(name: str, value: object, now: datetime) -> bool:
    words = {*_words(name)}
    if words & {"state", "status"} or meaning(name) is Meaning.STATE:
        return plain(value) in _known("out")
    if not words & _known("out") or not _is_of_post(words, "out"):
        return False
    moment = _moment(value)
    return _is_yes(value) or (moment is not None and moment <= now)


def _is_later(name: str, value: object, scheduled: _Said) -> bool:
    if not scheduled.moment or plain(name) not in names("columns")["created_at"]:
        return False
    moment = _moment(value)
    return moment is not None and scheduled.moment < moment <= scheduled.now


def _has_expired(said: _Said, _: _Record) -> bool:
    if said.moment:
        return said.moment <= said.now
    return plain(said.value) not in _known("never") and not _NOT_ABOVE_0.fullmatch(str(said.value).strip())


def _is_hidden(said: _Said, _: _Record) -> bool:
    word, words = plain(said.value), {*_words(said.name)}
    if _is_yes(said.value) or said.moment or word in _known("hiding"):
        return True
    return bool(words & _known("explained")) and word not in _known("shown")


_CLOSE = {
    Meaning.SCHEDULED: _is_awaited,
    Meaning.EXPIRES: _has_expired,
    Meaning.HIDDEN: _is_hidden,
}
_REASONS = dict.fromkeys((*_CLOSE, Meaning.SHOWN, Meaning.STATE), NOT_PUBLIC) | {
    Meaning.SCHEDULED: UNPUBLISHED,
    Meaning.AWAITED: UNPUBLISHED,
}


def _says(words: set[str], key: str, kind: str) -> bool:
    """Whether the name of a field has a word of a kind; scripts without spaces have it inside of others."""
    return bool(words & _known(kind)) or any(word in key for word in _unspaced(kind))


def _is_of_post(words: set[str], kind: str) -> bool:
    """Whether all words of a name are of a kind, or around those: about the post, and nothing beside it."""
    spaced = {word for word in words if not any(part in word for part in _unspaced(kind))}
    return spaced <= _known(kind) | _known("schedules") | _known("around")


def _words(name: str) -> list[str]:
    """Return the words of a name, also of one in which nothing parts them: `scheduledat`."""
    words = parts(name)
    if len(words) == 1 and (match := _IN_ONE.fullmatch(words[0])) and match[2] in _stems():
        return [word for word in match.groups() if word]
    return words


def _moment(value: object) -> datetime | None:
    """Return the earliest moment that a date may mean, as 3/4 may be in March or in April."""
    if isinstance(value, bool):
        return None
    moment = read_date(value)
    if not moment or not _TWO_NUMBERS.match(str(value)):
        return moment
    return min(moment, read_date(value, day_first=True) or moment)


def _says_no(value: object) -> bool:
    """Whether there is nothing in a field, a no, or a date of zeros."""
    return is_empty(value) or plain(value) in _no() or not _SOME.search(str(value))


@cache
def _no() -> frozenset[str]:
    return frozenset(names("audience")["no"])


def _is_yes(value: object) -> bool:
    return plain(value) in names("audience")["yes"]


@cache
def _known(kind: str) -> frozenset[str]:
    return frozenset(names("appearance")[kind])


@cache
def _unspaced(kind: str) -> tuple[str, ...]:
    """Return the words of a kind in scripts that write no spaces between words."""
    return tuple(word for word in _known(kind) if word[0] >= "\u2e80")


@cache
def _stems() -> frozenset[str]:
    return frozenset().union(*map(_known, ("scheduled", "expiring", "hiding", "showing", "out")))
