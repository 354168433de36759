"""Of what kind the post in a row of a table is: one of its own, an answer, a quotation or a repost."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from ...text.quoted import is_repost
from ...types import PostKind
from .authors import same_handle, strip_invisible
from .fields import is_empty, names, plain
from .record_shapes import Row, is_text_field
from .table_columns import Columns

_NOTHING: frozenset[str] = frozenset()
_REPLY = "reply"  # of Bluesky: an object with the post that is answered
_REPLIED_TO = "replied_to"  # of X's API: the type of such a post
_BEGINNING = 10  # characters of a text, among which marks of direction may be
_IDS_OF_WEIBO, _LIKES_OF_WEIBO = {"bid", "mblogid"}, "attitudescount"
_NO_WORDS = {
    "转发微博",
    "轉發微博",
    "转发",
    "轉發",
    "快转微博",
    "repost",
    "reposted",
}  # what Weibo writes for none


def value_of(row: Row, column: str | None) -> str:
    """Return a field of a plain value as text; an empty string for `none`, `nan`, lists and the like."""
    value = row.get(column) if column else None
    return "" if value is None or is_empty(value) or isinstance(value, dict | list) else str(value).strip()


def kind_of(text: str, row: Row, columns: Columns, handle: str) -> PostKind:
    """Return the kind of a post, by the fields of its row and by its text."""
    said = {plain(row.get(name)) for name in columns.kinds} if columns.kinds else _NOTHING
    named = {kind for kind, words in _kinds().items() if not words.isdisjoint(said)} if said else _NOTHING
    references = " ".join(str(row.get(name)) for name in columns.references)
    repeats = _any(row, columns.reposts) or _repeats_another(row, columns, handle)
    if repeats or "retweeted" in references or "reasonRepost" in references or "repost" in named:
        return PostKind.QUOTE if _has_own_words(text, row, columns) else PostKind.REPOST
    if is_repost(text):
        return PostKind.REPOST
    replies = _any(row, columns.replies) or _REPLIED_TO in references or "reply" in named
    replies = replies or bool(answered(row, columns))
    if replies or strip_invisible(text[:_BEGINNING]).startswith("@") or value_of(row, columns.reply_to):
        return PostKind.REPLY
    if any(plain(row.get(name)) in names("audience")["no"] for name in columns.originals):
        return PostKind.REPOST
    if _any(row, columns.quotes) or "quoted" in references or "quote" in named:
        return PostKind.QUOTE if text else PostKind.REPOST
    return PostKind.ORIGINAL


def answered(row: Row, columns: Columns) -> str:
    """Return the id of the post that a row answers, where an object says it, as Bluesky and X's API do."""
    reply = row.get(_REPLY)
    parent = reply.get("parent") if isinstance(reply, Mapping) else None
    if isinstance(parent, Mapping):
        return str(parent.get("uri") or "")
    lists = [row[name] for name in columns.references if isinstance(row.get(name), list)]
    posts = (post for posts in lists for post in posts if isinstance(post, Mapping))
    return next((str(post.get("id") or "") for post in posts if post.get("type") == _REPLIED_TO), "")


def _has_own_words(text: str, row: Row, columns: Columns) -> bool:
    """Whether a repost of Weibo has own words in front; in other places the text is what is repeated."""
    fields = {*map(plain, row)}
    if not text or _LIKES_OF_WEIBO not in fields or fields.isdisjoint(_IDS_OF_WEIBO) or is_repost(text):
        return False
    repeated = [row[name] for name in columns.reposts if isinstance(row.get(name), Mapping)]
    texts = [plain(value) for post in repeated for name, value in post.items() if is_text_field(name)]
    own = plain(text)
    return (
        bool(repeated)
        and own not in _NO_WORDS
        and not any(own in theirs or theirs in own for theirs in filter(None, texts))
    )


@cache
def _kinds() -> dict[str, frozenset[str]]:
    """Return the words for each kind of post."""
    return {kind: frozenset(words) for kind, words in names("kinds").items()}


def _any(row: Row, columns: tuple[str, ...]) -> bool:
    return bool(columns) and any(_is_set(row.get(name)) for name in columns)


def _is_set(value: object) -> bool:
    return not is_empty(value) and plain(value) not in names("audience")["no"]


def _repeats_another(row: Row, columns: Columns, handle: str) -> bool:
    """Whether a column names somebody else who wrote the post first."""
    writers = [value_of(row, name) for name in columns.sources]
    return any(writer and not same_handle(writer, handle) for writer in writers)
