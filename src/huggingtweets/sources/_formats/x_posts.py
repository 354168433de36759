"""Turns the records of X, from its archives and its API, into posts with the text as the person typed it.

X stores a post's text with `&`, `<` and `>` escaped and links shortened to t.co. Beside the text, `entities`
say where links and mentions are, counted in code points of the stored text. So links are replaced where these
indices point, and only the text between them is unescaped. Long posts are stored a second time as notes, with
their whole text. Each version of an edited post has an id and a record of its own.
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache

from msgspec import Struct

from ...text.quoted import REPOST
from ...types import Post, PostKind
from .dates import MONTHS, read_date

_BEGINNINGS = (
    "RT",
    "rt",
    "Rt",
    "MT",
    "QT",
    "\uff32\uff34",
    "\u267b",
    '"@',
    "\u201c@",
    "\u201d@",
    "\u201e@",
    "\u00ab",
)  # of a retweet
_AFTER_MENTION = re.compile(r"[,:;]?(?=\s|\Z)")
_STATUS = re.compile(
    r"https?://(?:\w+\.)?(?:twitter|x)\.com/(?:i/web|\w+)/status(?:es)?/(\d+)(/(?:photo|video)/)?"
)
_NO_LANGUAGE = re.compile("q[a-z]{2}|und|zxx")
_LONGEST = 25_000  # characters of the longest post on X
_MONTHS = {name: f"{number:02}" for number, name in enumerate(MONTHS, start=1)}
_OWN_CODES = {"in": "id", "iw": "he", "ji": "yi"}  # X's names of languages


class Link(Struct, frozen=True, gc=False):
    """A t.co link in the text; `indices` are its begin and end, in code points."""

    indices: tuple[int, int] = (0, 0)
    url: str = ""
    expanded_url: str | None = None


class Mention(Struct, frozen=True, gc=False):
    """An @-mention in the text."""

    indices: tuple[int, int]


class Entities(Struct, frozen=True, gc=False):
    """The links and mentions in the text. All pictures and films of a post share one link, in `media`."""

    urls: tuple[Link, ...] = ()
    user_mentions: tuple[Mention, ...] = ()
    media: tuple[Link, ...] = ()


class Versions(Struct, frozen=True, gc=False, rename="camel"):
    """The ids of all versions of a post."""

    edit_tweet_ids: tuple[str, ...] = ()


class _Edit(Struct, frozen=True, gc=False, rename="camel"):
    edit_control_initial: Versions = Versions()


class EditInfo(Struct, frozen=True, gc=False):
    """What a record says about edits: `initial` in the first version, `edit` in all others."""

    initial: Versions = Versions()
    edit: _Edit = _Edit()


class Tweet(Struct, frozen=True, gc=False):
    """A post as X stores it. Numbers may be strings: decode with `strict=False`."""

    id_str: str
    full_text: str
    created_at: str = ""
    lang: str | None = None
    entities: Entities = Entities()
    edit_info: EditInfo = EditInfo()
    in_reply_to_status_id_str: str | None = None
    in_reply_to_user_id_str: str | None = None
    in_reply_to_screen_name: str | None = None

    @property
    def is_repost(self) -> bool:
        """Whether it is a retweet. The field `retweeted` of the record is always false."""
        return self.full_text.startswith(_BEGINNINGS) and REPOST.match(self.full_text) is not None

    @property
    def earlier_versions(self) -> tuple[str, ...]:
        """The ids of all versions but the last that this record knows."""
        return superseded(self.edit_info.edit.edit_control_initial.edit_tweet_ids) or superseded(
            self.edit_info.initial.edit_tweet_ids
        )

    @property
    def is_reply(self) -> bool:
        """Whether it answers a post, even a deleted one or the author's own."""
        return bool(
            self.in_reply_to_status_id_str or self.in_reply_to_user_id_str or self.in_reply_to_screen_name
        )


class NoteLink(Struct, frozen=True, gc=False, rename="camel"):
    """A t.co link in a note."""

    short_url: str = ""
    expanded_url: str = ""


class NoteCore(Struct, frozen=True, gc=False):
    """A note's text, which is not escaped, and its links."""

    text: str
    urls: tuple[NoteLink, ...] = ()


class Note(Struct, frozen=True, gc=False, rename="camel"):
    """The whole text of a long post. The note does not say to which post it belongs."""

    created_at: datetime
    core: NoteCore


def to_post(tweet: Tweet, handle: str, note: Note | None = None) -> Post:
    """Return the post of a record; `note` has the whole text if the record has only its beginning."""
    if note:
        text, urls = _note_text(note, tweet), [link.expanded_url for link in note.core.urls]
    else:
        text, links = _stored_text(tweet), tweet.entities.urls
        urls = [link.expanded_url or "" for link in links] if links else []
    quoted = [url for url in urls if _is_quote(url, tweet)] if urls else []
    for url in quoted:
        text = text.removesuffix(url).rstrip()
    return Post(
        id=tweet.id_str,
        author=handle,
        text=text,
        created_at=parse_created_at(tweet.created_at),
        kind=_kind(tweet, quoted),
        reply_to=tweet.in_reply_to_status_id_str or None,
        lang=language(tweet.lang),
        url=f"https://x.com/{handle}/status/{tweet.id_str}",
    )


def superseded(versions: tuple[str, ...]) -> tuple[str, ...]:
    """Return all versions of a post but the last, which has the largest id."""
    return tuple(sorted(versions, key=lambda version: (len(version), version))[:-1]) if versions[1:] else ()


def parse_created_at(created_at: str) -> datetime | None:
    """Read X's form of a date, `Wed Oct 10 20:19:24 +0000 2018`, ten times as fast as strptime; or any."""
    month = _MONTHS.get(created_at[4:7].lower(), "")
    day, clock, year = created_at[8:10], created_at[11:19], created_at[26:]
    try:
        return datetime.fromisoformat(f"{year}-{month}-{day}T{clock}+00:00")
    except ValueError:
        return read_date(created_at)


@lru_cache(maxsize=1000)
def language(code: str | None) -> str | None:
    """Turn X's code of a language into that of BCP 47; None for `und`, `qme` and the like (no words)."""
    return None if not code or _NO_LANGUAGE.fullmatch(code) else _OWN_CODES.get(code, code)


def unescape(text: str) -> str:
    """Undo the three escapes that X uses."""
    if "&" not in text:
        return text
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def end_of_mentions(tweet: Tweet) -> int:
    """Return where a reply's own words begin: after the mentions at the beginning of its text."""
    if not tweet.is_reply:
        return 0
    position = 0
    for begin, end in sorted(mention.indices for mention in tweet.entities.user_mentions):
        is_inside = 0 <= end <= len(tweet.full_text)
        after = _AFTER_MENTION.match(tweet.full_text, end) if is_inside else None
        if tweet.full_text[position:begin].strip() or not after:
            break  # `@ada's kettle` is the person's own
        position = after.end()
    return position


def _kind(tweet: Tweet, quoted: list[str]) -> PostKind:
    if tweet.is_repost:
        return PostKind.REPOST
    if tweet.is_reply:
        return PostKind.REPLY
    return PostKind.QUOTE if quoted else PostKind.ORIGINAL


def _stored_text(tweet: Tweet) -> str:
    stored, position = tweet.full_text, end_of_mentions(tweet)
    if not tweet.entities.urls and not tweet.entities.media:
        return unescape(stored[position:]).strip()
    links = [
        (_span(link, stored), _address(link.expanded_url or link.url, tweet)) for link in tweet.entities.urls
    ]
    links += [(_span(link, stored), "") for link in tweet.entities.media]
    parts: list[str] = []
    for (begin, end), url in sorted(links):
        if position <= begin < len(stored):  # a retweet's text is cut, its links are not
            glued = url and stored[end : end + 1].isalpha()  # text without spaces behind a link
            parts += unescape(stored[position:begin]), f"{url} " if glued else url
            position = end
    return "".join((*parts, unescape(stored[position:]))).strip()


def _span(link: Link, stored: str) -> tuple[int, int]:
    """Return begin and end of a link; if its indices are wrong, the text is searched for it."""
    if stored.startswith(link.url, link.indices[0]):
        return link.indices
    begin = stored.find(link.url, 0, _LONGEST)
    return begin, begin + len(link.url)


def _note_text(note: Note, tweet: Tweet) -> str:
    mentions = tweet.full_text[: end_of_mentions(tweet)]
    text = note.core.text.removeprefix(mentions)
    for link in note.core.urls:
        text = text.replace(link.short_url, _address(link.expanded_url, tweet)) if link.short_url else text
    return text.strip()


def _address(url: str, tweet: Tweet) -> str:
    """Return a link's address; "" if it leads to X's own media, or from a cut post to the whole."""
    status = _STATUS.match(url)
    return "" if status and (status[2] or status[1] == tweet.id_str) else url


def _is_quote(url: str, tweet: Tweet) -> bool:
    return _STATUS.match(url) is not None and _address(url, tweet) != ""
