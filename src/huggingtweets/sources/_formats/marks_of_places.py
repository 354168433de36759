"""Closes records by marks that only one place writes: locks of WordPress, chats of Rocket.Chat and Skype."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any

from .fields import is_empty, names, parts, plain
from .skipped import NO_POST, NOT_PUBLIC, UNPUBLISHED

_Record = Mapping[str, Any]
_RENDERED, _LOCKED = "rendered", "protected"  # in objects around texts of WordPress
_SYSTEM = "system"  # begins the kinds of notices of Mattermost
_OF_ROCKET_CHAT = {"rid", "msg", "u"}
_BLOG, _ALIAS, _SLUG = "collection", "alias", "slug"  # WriteFreely's word for a blog, and what a blog has
_OF_WRITEFREELY = {"appearance", "rtl", "body"}  # fields of its posts
_TABLE_OF_WRITEFREELY = {"slug", "blog", "url", "created", "body"}
_CHAT_OF_SKYPE = re.compile(r"(?:2|4|8|19|28|48):(?=.*[^\W\d_]|\+\d)[^\s/]+")  # 8:live:jane; 19:x@thread.v2


def tests_of_places(sample: Sequence[_Record]) -> list[tuple[Callable[[_Record], bool], str]]:
    """Return tests of whole records, each with the reason for which it closes one, as `skipped` has them."""
    tests: list[tuple[Callable[[_Record], bool], str]] = []
    if any(_LOCKED in text for record in sample for text in _rendered(record)):
        tests.append((_is_locked, NOT_PUBLIC))
    fields = {plain(name): name for record in sample for name in record}
    if not {*names("audience")["made"]}.isdisjoint(fields):
        dates = [fields[key] for key in names("audience")["publishing"] if key in fields]
        dates = [name for name in dates if any(not is_empty(record.get(name)) for record in sample)]
        tests += [(partial(_lacks, name), UNPUBLISHED) for name in dates]
    put_away = [fields[key] for key in names("audience")["put_away"] if key in fields]
    put_away = [name for name in put_away if any(is_empty(record.get(name)) for record in sample)]
    tests += [(partial(_has, name), NOT_PUBLIC) for name in put_away]  # in all it is when somebody saved them
    around = [name for name in fields.values() if {*parts(name)} <= {*names("authors")["around"]}]
    if any(_inner_audience(record.get(name)) for record in sample for name in around):
        tests.append((partial(_is_closed_inside, around), NOT_PUBLIC))
    if any(record.keys() >= _OF_ROCKET_CHAT for record in sample):
        tests += [(_is_between_two, NOT_PUBLIC), (_is_notice, NO_POST)]
    if any(map(_is_of_writefreely, sample)):
        tests.append((_is_in_no_blog, UNPUBLISHED))
    conversations = {*names("talks")["conversations"]}
    chats = [name for name in fields.values() if not conversations.isdisjoint((*parts(name), plain(name)))]
    if any(_is_chat_of_skype(chats, record) for record in sample):
        tests.append((partial(_is_chat_of_skype, chats), NOT_PUBLIC))
    return tests


def _rendered(record: _Record) -> list[_Record]:
    return [value for value in record.values() if isinstance(value, Mapping) and _RENDERED in value]


def _is_locked(record: _Record) -> bool:
    """Whether a password protects a text."""
    return any(not is_empty(text.get(_LOCKED)) for text in _rendered(record))


def _is_between_two(record: _Record) -> bool:
    """Whether the id of a chat is made of those of the two who are in it."""
    writer = record.get("u")
    identity = str(writer.get("_id") or "") if isinstance(writer, Mapping) else ""
    return bool(identity) and identity in str(record.get("rid"))


def _is_of_writefreely(record: _Record) -> bool:
    blog = record.get(_BLOG)
    has_blog = isinstance(blog, Mapping) and _ALIAS in blog
    return has_blog or record.keys() >= _OF_WRITEFREELY or record.keys() >= _TABLE_OF_WRITEFREELY


def _is_in_no_blog(record: _Record) -> bool:
    """Whether a post of WriteFreely is a draft: it is in no blog, and has no address in one."""
    return all(is_empty(record.get(name)) for name in (_BLOG, "blog", _SLUG))


def _is_chat_of_skype(chats: Collection[str], record: _Record) -> bool:
    """Whether a conversation has an id as those of Skype and Teams, which nobody else can read."""
    return any(_CHAT_OF_SKYPE.fullmatch(str(record.get(name)).strip()) for name in chats)


def _is_notice(record: _Record) -> bool:
    """Whether a message has a type, as those have that say who came and went."""
    return not is_empty(record.get("t"))


def _lacks(name: str, record: _Record) -> bool:
    """Whether a record has a field for when it was published, and nothing in it, as drafts have."""
    return name in record and is_empty(record[name])


def _has(name: str, record: _Record) -> bool:
    return not is_empty(record.get(name))


def _inner_audience(value: object) -> list[object]:
    """Return what an object of a record, such as its `status`, says of who could read it."""
    inner = value if isinstance(value, Mapping) else {}
    return [said for name, said in inner.items() if plain(name) in names("audience")["visibilities"]]


def _is_closed_inside(around: Collection[str], record: _Record) -> bool:
    said = (word for name in around for word in _inner_audience(record.get(name)))
    open_words = {*names("audience")["public"], *names("audience")["unlisted"]}
    return any(
        isinstance(word, str) and not is_empty(word) and plain(word) not in open_words for word in said
    )


def is_said(receiver: object) -> bool:
    """Whether a field names a receiver, whose number may be 0."""
    return not is_empty(receiver) or str(receiver).strip() == "0"


def is_of_no_post(kind: object) -> bool:
    """Whether a kind is that of a setting, a notice and so on: `template`, `system_join_channel`."""
    word = plain(kind)
    return word in names("audience")["kinds_of_no_posts"] or word.startswith(_SYSTEM)
