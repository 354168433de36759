"""Posts as X records them, in its archives and in its API, and what the person typed.

X stores a post's text with `&`, `<` and `>` escaped and links shortened to t.co. Beside it, `entities` tell
what stands where, counted in code points of the text as stored. So links are replaced where these indices
point, and only what lies between them is unescaped. Long posts are recorded a second time, whole, as notes.
Each version of a post that was edited has an id and a record of its own.
"""

from __future__ import annotations

import re
from datetime import datetime

from msgspec import Struct

from ...types import Post, PostKind
from .dates import MONTHS, read_date

_RETWEET = re.compile(r"RT @\w")  # before 2010 it was typed by hand, and often without a colon
_STATUS = re.compile(
    r"https?://(?:\w+\.)?(?:twitter|x)\.com/(?:i/web|\w+)/status(?:es)?/(\d+)(/(?:photo|video)/)?"
)
_NO_WORDS = re.compile("q[a-z]{2}|und|zxx")
_LONGEST = 25_000  # characters of the longest post that X takes
_MONTHS = {name: f"{number:02}" for number, name in enumerate(MONTHS, start=1)}
_OWN_CODES = {"in": "id", "iw": "he", "ji": "yi"}  # X's names of languages


class Link(Struct, frozen=True, gc=False):
    """A t.co link in the text; `indices` are where it begins and ends, in code points."""

    indices: tuple[int, int]
    url: str = ""
    expanded_url: str | None = None


class Mention(Struct, frozen=True, gc=False):
    """An @-mention in the text."""

    indices: tuple[int, int]


class Entities(Struct, frozen=True, gc=False):
    """What stands where in the text. All pictures and films of a post share one link, in `media`."""

    urls: tuple[Link, ...] = ()
    user_mentions: tuple[Mention, ...] = ()
    media: tuple[Link, ...] = ()


class Versions(Struct, frozen=True, gc=False, rename="camel"):
    """Ids of a post and of what it was edited to."""

    edit_tweet_ids: tuple[str, ...] = ()


class _Edit(Struct, frozen=True, gc=False, rename="camel"):
    edit_control_initial: Versions = Versions()


class EditInfo(Struct, frozen=True, gc=False):
    """What a record says of edits: `initial` in the first version, `edit` in all others."""

    initial: Versions = Versions()
    edit: _Edit = _Edit()


class Tweet(Struct, frozen=True, gc=False):
    """A post as stored. Numbers are strings: decode with `strict=False`."""

    id_str: str
    created_at: str
    full_text: str
    lang: str | None = None
    entities: Entities = Entities()
    edit_info: EditInfo = EditInfo()
    in_reply_to_status_id_str: str | None = None
    in_reply_to_user_id_str: str | None = None
    in_reply_to_screen_name: str | None = None

    @property
    def is_repost(self) -> bool:
        """Whether it is a retweet. The field `retweeted` is always false."""
        return self.full_text.startswith("RT @") and _RETWEET.match(self.full_text) is not None

    @property
    def earlier_versions(self) -> tuple[str, ...]:
        """Ids of all versions but the last, as far as this record knows them."""
        return superseded(self.edit_info.edit.edit_control_initial.edit_tweet_ids) or superseded(
            self.edit_info.initial.edit_tweet_ids
        )

    @property
    def is_reply(self) -> bool:
        """Whether it answers a post, be it gone or the author's own."""
        return bool(
            self.in_reply_to_status_id_str or self.in_reply_to_user_id_str or self.in_reply_to_screen_name
        )


class NoteLink(Struct, frozen=True, gc=False, rename="camel"):
    """A t.co link in a note."""

    short_url: str = ""
    expanded_url: str = ""


class NoteCore(Struct, frozen=True, gc=False):
    """A note's text, not escaped, and its links."""

    text: str
    urls: tuple[NoteLink, ...] = ()


class Note(Struct, frozen=True, gc=False, rename="camel"):
    """A long post, whole. Nothing in it says which post it belongs to."""

    created_at: datetime
    core: NoteCore


def to_post(tweet: Tweet, handle: str, note: Note | None = None) -> Post:
    """The post behind a record; `note` holds its full text where the record has only the beginning."""
    if note:
        text, urls = _note_text(note, tweet), [link.expanded_url for link in note.core.urls]
    else:
        text, urls = _stored_text(tweet), [link.expanded_url or "" for link in tweet.entities.urls]
    quoted = [url for url in urls if _is_quote(url, tweet)]
    for url in quoted:
        text = text.removesuffix(url).rstrip()
    return Post(
        id=tweet.id_str,
        author=handle,
        text=text,
        created_at=moment(tweet.created_at),
        kind=_kind(tweet, quoted),
        reply_to=tweet.in_reply_to_status_id_str or None,
        lang=language(tweet.lang),
        url=f"https://x.com/{handle}/status/{tweet.id_str}",
    )


def superseded(versions: tuple[str, ...]) -> tuple[str, ...]:
    """All but the last of a post's versions, whatever their order: later ids are larger."""
    return tuple(sorted(versions, key=lambda version: (len(version), version))[:-1]) if versions[1:] else ()


def moment(created_at: str) -> datetime | None:
    """Read X's form, `Wed Oct 10 20:19:24 +0000 2018`, at ten times strptime's speed; or any other."""
    month = _MONTHS.get(created_at[4:7].lower(), "")
    day, clock, year = created_at[8:10], created_at[11:19], created_at[26:]
    try:
        return datetime.fromisoformat(f"{year}-{month}-{day}T{clock}+00:00")
    except ValueError:
        return read_date(created_at)


def language(code: str | None) -> str | None:
    """X's name of a language as BCP 47 has it; None for `und`, and for `qme` and the like (no words)."""
    return None if not code or _NO_WORDS.fullmatch(code) else _OWN_CODES.get(code, code)


def unescape(text: str) -> str:
    """Undo the three escapes that X makes."""
    if "&" not in text:
        return text
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def leading_mentions(tweet: Tweet) -> int:
    """Where a reply's own words begin: behind the mentions that run on from index 0."""
    if not tweet.is_reply:
        return 0
    position = 0
    for begin, end in sorted(mention.indices for mention in tweet.entities.user_mentions):
        if tweet.full_text[position:begin].strip():
            break
        position = end
    return position


def _kind(tweet: Tweet, quoted: list[str]) -> PostKind:
    if tweet.is_repost:
        return PostKind.REPOST
    if tweet.is_reply:
        return PostKind.REPLY
    return PostKind.QUOTE if quoted else PostKind.ORIGINAL


def _stored_text(tweet: Tweet) -> str:
    stored, position = tweet.full_text, leading_mentions(tweet)
    if not tweet.entities.urls and not tweet.entities.media:
        return unescape(stored[position:]).strip()
    shown = [
        (_place(link, stored), _shown(link.expanded_url or link.url, tweet)) for link in tweet.entities.urls
    ]
    shown += [(_place(link, stored), "") for link in tweet.entities.media]
    parts: list[str] = []
    for (begin, end), url in sorted(shown):
        if position <= begin < len(stored):  # a retweet's text is cut, its links are not
            parts += unescape(stored[position:begin]), url
            position = end
    return "".join((*parts, unescape(stored[position:]))).strip()


def _place(link: Link, stored: str) -> tuple[int, int]:
    """Where a link stands: where it says, or where it is found, as its indices may be of another text."""
    if stored.startswith(link.url, link.indices[0]):
        return link.indices
    begin = stored.find(link.url, 0, _LONGEST)
    return begin, begin + len(link.url)


def _note_text(note: Note, tweet: Tweet) -> str:
    mentions = tweet.full_text[: leading_mentions(tweet)]
    text = note.core.text.removeprefix(mentions)
    for link in note.core.urls:
        text = text.replace(link.short_url, _shown(link.expanded_url, tweet)) if link.short_url else text
    return text.strip()


def _shown(url: str, tweet: Tweet) -> str:
    """What a link stands for; nothing where it leads to X's own media, or from a cut post to the whole."""
    status = _STATUS.match(url)
    return "" if status and (status[2] or status[1] == tweet.id_str) else url


def _is_quote(url: str, tweet: Tweet) -> bool:
    return _STATUS.match(url) is not None and _shown(url, tweet) != ""
