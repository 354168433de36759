"""Turns posts into the records of an archive of X of 2024."""

from __future__ import annotations

import html
import re
import string
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sample_sources import Draft, number

Json = dict[str, Any]

_EPOCH = 1_288_834_974_657  # milliseconds; ids count from this moment
_ON_X_COM = datetime(2024, 5, 17, tzinfo=UTC)  # from this day on links to posts begin with x.com
_LETTERS = string.ascii_letters + string.digits
_SOURCE = '<a href="https://mobile.twitter.com" rel="nofollow">Twitter Web App</a>'
_PHOTO = re.compile(r"\[photo: ([\w-]+)\]")
_PART = re.compile(
    r"(?P<media>\[photo: [\w-]+\](?:\s\[photo: [\w-]+\])*)"
    r"|(?P<urls>https://\S+)|(?P<user_mentions>@\w+)|(?P<hashtags>#\w+)"
)
_NOTE_CUT = 250  # characters of a note that are in its post
_LINK_CUT = 26  # characters of a link that are displayed


@dataclass(frozen=True)
class Part:
    """A link, mention, hashtag or row of pictures in a text; `start` and `end` count code points."""

    kind: str  # its name in `entities`
    source: str  # as in sample/
    shown: str  # as in the archive
    start: int

    @property
    def end(self) -> int:
        """The end in the text."""
        return self.start + len(self.shown)


def iso(at: datetime) -> str:
    """Write a moment as most files of the archive do."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.000Z"


def stamp(at: datetime) -> str:
    """Write a moment as posts do: `Mon Jan 10 08:00:00 +0000 2022`."""
    return f"{at:%a %b %d %H:%M:%S} +0000 {at:%Y}"


def snowflake(at: datetime, *words: str) -> str:
    """Return an id that grows with time, always the same for the same words."""
    milliseconds = int(at.timestamp()) * 1000 + number(*words) % 1000
    return str(((milliseconds - _EPOCH) << 22) + number(*words, "sequence") % 2**22)


def draft_id(draft: Draft) -> str:
    """Return the id of a post."""
    return snowflake(draft.at, draft.text)


def code(length: int, *words: str) -> str:
    """Return letters and digits as in short links, always the same for the same words."""
    seed = number(*words, "first") << 64 | number(*words, "second")
    return "".join(_LETTERS[seed // 62**place % 62] for place in range(length))


def tweet(draft: Draft, author: Json, neighbours: dict[str, Json]) -> Json:
    """Return the item of tweets.js for a post."""
    own = draft_id(draft)
    text, parts = _lay_out(draft, _cut(draft) if draft.is_note else draft.text, _escape)
    entities = _entities(draft, parts, author, neighbours)
    pictures = [
        picture for part in parts if part.kind == "media" for picture in _pictures(draft, part, author)
    ]
    return {
        "edit_info": _edit_info(draft),
        "retweeted": False,
        "source": _SOURCE,
        "entities": entities,
        "display_text_range": ["0", str(len(text))],
        "favorite_count": str(number(own, "likes") % 60),
        "id_str": own,
        **_answer(draft, author, entities["user_mentions"]),
        "truncated": False,
        "retweet_count": str(number(own, "reposts") % 7),
        "id": own,
        **({"possibly_sensitive": False} if entities["urls"] or pictures else {}),
        "created_at": stamp(draft.at),
        "favorited": False,
        "full_text": text,
        "lang": "en" if re.search(r"[a-z]", _PART.sub("", draft.text)) else "zxx",
        **({"extended_entities": {"media": pictures}} if pictures else {}),
    }


def note(draft: Draft) -> Json:
    """Return the item of note-tweet.js for a long post; its text is not escaped."""
    text, parts = _lay_out(draft, draft.text, str)
    return {
        "noteTweetId": snowflake(draft.at, draft.text, "note"),
        "updatedAt": iso(draft.at),
        "lifecycle": {"value": "0", "name": "Active", "originalName": "Active", "annotations": {}},
        "createdAt": iso(draft.at),
        "core": {
            "styletags": [],
            "urls": [_note_link(draft, part) for part in parts if part.kind == "urls"],
            "text": text,
            "mentions": [_note_mention(part) for part in parts if part.kind == "user_mentions"],
            "cashtags": [],
            "hashtags": [part.source[1:] for part in parts if part.kind == "hashtags"],
        },
    }


def _escape(text: str) -> str:
    return html.escape(text, quote=False)


def _lay_out(draft: Draft, source: str, escape: Callable[[str], str]) -> tuple[str, list[Part]]:
    """Shorten the links of a text; return it with all its links, mentions, hashtags and pictures."""
    text, end = "", 0
    parts = []
    for match in _PART.finditer(source):
        text += escape(source[end : match.start()])
        kind, end = str(match.lastgroup), match.end()
        short = f"https://t.co/{code(10, draft_id(draft), match[0])}"
        parts.append(Part(kind, match[0], short if kind in {"urls", "media"} else match[0], len(text)))
        text += parts[-1].shown
    return text + escape(source[end:]), parts


def _cut(draft: Draft) -> str:
    """Cut a note as X does; about half of the cut notes end with a link to the whole post."""
    beginning = draft.text[:_NOTE_CUT].rsplit(maxsplit=1)[0] + "…"
    if number(draft.text) % 2:
        return beginning
    return f"{beginning} https://x.com/i/web/status/{draft_id(draft)}"


def _entities(draft: Draft, parts: list[Part], author: Json, neighbours: dict[str, Json]) -> Json:
    entities: Json = {"hashtags": [], "symbols": [], "user_mentions": [], "urls": []}
    for part in parts:
        match part.kind:
            case "hashtags":
                entity: Json = {"text": part.source[1:]}
            case "user_mentions":
                entity = neighbours[part.source[1:]]
            case "urls":
                entity = _link(draft, part)
            case _:
                entity = _pictures(draft, part, author)[0]
        entities.setdefault(part.kind, []).append({**entity, "indices": [str(part.start), str(part.end)]})
    return entities


def _link(draft: Draft, part: Part) -> dict[str, str]:
    site = "x.com" if draft.at >= _ON_X_COM else "twitter.com"
    expanded = part.source.replace("https://x.com/", f"https://{site}/")
    bare = expanded.removeprefix("https://")
    displayed = bare if len(bare) <= _LINK_CUT else bare[:_LINK_CUT] + "…"
    return {"url": part.shown, "expanded_url": expanded, "display_url": displayed}


def _note_link(draft: Draft, part: Part) -> dict[str, str]:
    link = _link(draft, part)
    return {
        "expandedUrl": link["expanded_url"],
        "toIndex": str(part.end),
        "shortUrl": link["url"],
        "displayUrl": link["display_url"],
        "fromIndex": str(part.start),
    }


def _note_mention(part: Part) -> dict[str, str]:
    return {"screenName": part.source[1:], "fromIndex": str(part.start), "toIndex": str(part.end)}


def _pictures(draft: Draft, part: Part, author: Json) -> list[Json]:
    return [_picture(draft, part, name, author) for name in _PHOTO.findall(part.source)]


def _picture(draft: Draft, part: Part, name: str, author: Json) -> Json:
    own = draft_id(draft)
    picture = snowflake(draft.at, name)
    file = f"{code(15, own, name)}.jpg"
    return {
        "expanded_url": f"https://twitter.com/{author['screen_name']}/status/{own}/photo/1",
        "indices": [str(part.start), str(part.end)],
        "url": part.shown,
        "media_url": f"http://pbs.twimg.com/media/{file}",
        "id_str": picture,
        "id": picture,
        "media_url_https": f"https://pbs.twimg.com/media/{file}",
        "sizes": {
            "thumb": {"w": "150", "h": "150", "resize": "crop"},
            "large": {"w": "1200", "h": "900", "resize": "fit"},
        },
        "type": "photo",
        "display_url": f"pic.twitter.com/{part.shown.rpartition('/')[2]}",
    }


def _edit_info(draft: Draft) -> Json:
    versions = [draft_id(version) for version in (draft.corrects, draft) if version]
    control = {
        "editTweetIds": versions,
        "editableUntil": iso((draft.corrects or draft).at + timedelta(hours=1)),
        "editsRemaining": str(6 - len(versions)),
        "isEditEligible": draft.answers is None and not draft.text.startswith(("@", "RT @")),
    }
    if draft.corrects:
        return {"edit": {"initialTweetId": versions[0], "editControlInitial": control}}
    return {"initial": control}


def _answer(draft: Draft, author: Json, mentions: list[Json]) -> Json:
    """Return the fields of a reply: to the post before it in its thread, or to a neighbour's post."""
    if draft.answers:
        person, parent = author, draft_id(draft.answers)
    elif draft.text.startswith("@"):
        person = mentions[0]
        parent = snowflake(draft.at - timedelta(seconds=60 + number(draft.text) % 20_000), draft.text)
    else:
        return {}
    return {
        "in_reply_to_status_id_str": parent,
        "in_reply_to_user_id": person["id"],
        "in_reply_to_status_id": parent,
        "in_reply_to_screen_name": person["screen_name"],
        "in_reply_to_user_id_str": person["id_str"],
    }
