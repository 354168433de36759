"""Finds the records of posts in JSON of many shapes: pages of an API, records around records, an envelope.

Only lists of the person's own posts are entered. What they like, mark or follow is never read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache, partial
from typing import Any

from .fields import names, plain

Row = dict[str, Any]
"""Values by the names of their columns. The types of the values depend on the form of the table."""

_LISTS = (  # of a person's own posts
    *(
        "statuses",
        "tweets",
        "data",
        "items",
        "messages",
        "posts",
        "notes",
        "toots",
        "orderedItems",
        "results",
    ),
    *("entries", "tweet", "status", "outbox", "children"),
)
_NEVER = re.compile(
    "fav|bookmark|like|include|mention|follow|delet|draft|direct|circle|trash|inbox|incoming|receiv|saved|notif"
    "|home.?timeline|recommend|suggest|moderat|private|conversation"
    "|schedul|expire|hidden|archived.?(?:post|stor|reel|media)|queue|shadow"
    "|chat.?(?:history|message|log)|history with",
    re.IGNORECASE,
)
_INNER = (  # records inside of records; a comment stands beside the post of another that it is about
    *(
        "tweet",
        "legacy",
        "status",
        "note",
        "mblog",
        "topLevelComment",
        "comment",
        "snippet",
        "message",
        "post",
    ),
    *("node", "record", "object", "data", "value", "_source", "content"),
)
_ANSWERS = {"response", "result", "payload"}  # of an API, beside what is about the answer
ANSWERS = {"comments", "replies", "answers", "reactions"}  # lists below a post
_CONTENT = "content"  # of a message of Matrix
_POST = "post"  # beside a comment it is another's
_OWNERS = ("account", "author", "authors", "user", "owner")
_DEEPEST = 4


def is_never_read(name: str) -> bool:
    """Whether what has a name is somebody else's, or not for everyone: favourites, drafts, messages."""
    return _NEVER.search(name) is not None


def own_lists(envelope: Mapping[str, Any]) -> dict[str, list[Row]]:
    """Return the lists of records in an object: those of own posts, or else all but those of others."""
    lists = {name: records for name, value in envelope.items() if (records := _records_of(name, value))}
    own = [name for name in _LISTS if name in lists][:1]
    return {name: lists[name] for name in own or lists if not _NEVER.search(name)}


def _records_of(name: str, value: Any) -> list[Row]:
    """Return the records of a list, or of an object that has own ones by their ids (Mattermost)."""
    if isinstance(value, dict) and name in _LISTS and value:
        records = list(value.values())
        is_by_id = all(isinstance(record, dict) and record.get("id") == key for key, record in value.items())
        return records if is_by_id and all(map(has_text, records)) else []
    is_list = isinstance(value, list) and all(isinstance(record, dict) for record in value)
    return value if is_list else []


def innermost(envelope: Row) -> Row:
    """Return an object out of objects that hold no other, and no list: `{"ok": true, "data": {...}}`."""
    for _ in range(_DEEPEST):
        inner = [(name, value) for name, value in envelope.items() if isinstance(value, dict | list)]
        if not own_lists(envelope):
            inner = [(name, value) for name, value in inner if name in _ANSWERS] or inner
        name, value = inner[0] if len(inner) == 1 else ("", None)
        if not isinstance(value, dict) or _NEVER.search(name) or has_text(envelope):
            break
        envelope = value
    return envelope


def views(envelope: Mapping[str, Any]) -> list[Row]:
    """Return the records of all lists of own ones on a page of a person, which name who made each (Lemmy)."""
    lists = [value for name, value in envelope.items() if isinstance(value, list) and not _NEVER.search(name)]
    made = [records for records in lists if records and all(_has_creator(record) for record in records)]
    return [record for records in made for record in records]


def posts_of_blogs(envelope: Mapping[str, Any]) -> list[Row]:
    """Return the posts of a person's blogs (WriteFreely); beside these are those that are in none, drafts.

    Each gets what is said of its blog, which may not be for everyone, and the person's name.
    """
    blogs = envelope.get("collections")
    if not isinstance(blogs, list) or not blogs or not all(map(_has_posts, blogs)):
        return []
    owner = {"username": envelope["username"]} if envelope.get("username") else {}
    return [
        {**owner, **{name: blog[name] for name in ("public", "visibility") if name in blog}, **post}
        for blog in blogs
        for post in blog["posts"]
    ]


def _has_posts(blog: Any) -> bool:
    return (
        isinstance(blog, dict)
        and isinstance(posts := blog.get("posts"), list)
        and all(isinstance(post, dict) for post in posts)
    )


def _has_creator(record: Any) -> bool:
    return isinstance(record, dict) and isinstance(record.get("creator"), dict)


def _with_title(post: Row) -> Row:
    """Return a post of Lemmy with its title, which it has as `name`, before its text, if it has one."""
    title_and_body = (post.get("name"), post.get("body"))
    text = "\n\n".join(part.strip() for part in title_and_body if isinstance(part, str) and part.strip())
    return {**{name: value for name, value in post.items() if name != "name"}, "body": text}


def with_owner(records: Iterable[Row], envelope: Mapping[str, Any]) -> Iterator[Row]:
    """Yield records; those that do not say who wrote them get the owner whom their envelope names."""
    key = next((name for name in _OWNERS if envelope.get(name)), None)
    owner = {key: _unwrapped(envelope[key])} if key else {}
    known = {*names("authors")["handles"], *names("authors")["shown"]}
    for record in records:
        yield record if not owner or any(_plain(name) in known for name in record) else {**record, **owner}


def flat_records(records: Iterable[Row], depth: int = 0) -> Iterator[Row]:
    """Yield the records that have a text, out of pages and of the records around them."""
    for record in records:
        if depth == _DEEPEST or has_text(record):
            yield record
        elif inner := next(filter(partial(_is_around, record), _INNER), None):
            around = {name: value for name, value in record.items() if name not in {inner, _POST}}
            if "core" in around:  # of X's own site: who wrote it
                around["user"] = around.pop("core")
            opened = _with_title(record[inner]) if inner == _POST and _has_creator(record) else record[inner]
            yield from flat_records([{**around, **opened}], depth + 1)
        elif name := next((name for name in own_lists(record) if name in _LISTS), None):
            yield from flat_records(with_owner(record[name], record), depth + 1)
        else:
            yield record


def _is_around(record: Row, name: str) -> bool:
    """Whether there is an object around the post under a name; one of WordPress around its text is none."""
    inner = record.get(name)
    return isinstance(inner, dict) and (name != _CONTENT or has_text(inner))


def records_in(envelope: Mapping[str, Any]) -> list[Row]:
    """Return the records of an object that has no list of them: texts, columns, or records under numbers."""
    if isinstance(columns := envelope.get("columns"), list) and isinstance(envelope.get("data"), list):
        rows = (row for row in envelope["data"] if isinstance(row, list))  # as pandas splits a table
        return [dict(zip(map(str, columns), row, strict=False)) for row in rows]
    if len(envelope) > 1 and all(isinstance(value, dict) and has_text(value) for value in envelope.values()):
        return [
            value if "id" in value else {"id": name, **value}
            for name, value in envelope.items()
            if not _NEVER.search(name)
        ]
    if envelope and all(name.isdecimal() for name in envelope):
        values = (record if isinstance(record, dict) else {"text": record} for record in envelope.values())
        return [{"id": name, **value} for name, value in zip(envelope, values, strict=True)]
    texts = names("columns")["text"]
    if any(_plain(name) in texts and isinstance(value, list | dict) for name, value in envelope.items()):
        return _rows_of(envelope)
    lists = [envelope[name] for name in _LISTS if isinstance(envelope.get(name), list)]
    return [{"text": text} for text in lists[0] if isinstance(text, str)] if len(lists) == 1 else []


def _rows_of(columns: Mapping[str, Any]) -> list[Row]:
    """Return the rows of columns of the same length, each a list, or an object by number."""
    values = {
        name: list(column.values()) if isinstance(column, dict) else column
        for name, column in columns.items()
        if isinstance(column, list | dict)
    }
    if len({len(column) for column in values.values()}) != 1:
        return []
    return [dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)]


def _unwrapped(owner: Any) -> Any:
    """Return a profile out of the lists and objects around it: `[{"account": {...}}]`."""
    for _ in range(_DEEPEST):
        if isinstance(owner, list) and len(owner) == 1:
            owner = owner[0]
        if (
            isinstance(owner, dict)
            and len(owner) == 1
            and isinstance(inner := next(iter(owner.values())), dict)
        ):
            owner = inner
    return owner


def has_text(record: Row) -> bool:
    """Whether there is a text, or the field of one; a field may have an object around the text instead."""
    return any(not isinstance(record[name], dict | list) for name in _text_fields(tuple(record)))


def is_text_field(name: str) -> bool:
    """Whether a field has one of the usual names of those of texts."""
    return bool(_text_fields((name,)))


@lru_cache(maxsize=1000)
def _text_fields(fields: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of the fields of a record that may have its text."""
    texts = {*names("columns")["text"]}
    return tuple(name for name in fields if _plain(name) in texts)


@lru_cache(maxsize=1000)
def _plain(name: str) -> str:
    return plain(name)
