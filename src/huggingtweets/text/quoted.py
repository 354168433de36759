"""Other people's posts inside a text, as people and apps typed them before X had a button for it."""

from __future__ import annotations

import re

from .words import UNSPACED

_SIGN = r"(?:RT|rt|Rt(?=\s?@\w+\s?[:\uff1a]|\s?:?\s?\uff20)|MT|QT|\uff32\uff34|\u267b\ufe0f?)"
_AT = "[@\uff20]"
_MARKS = (  # spaces, and what nobody sees: marks of direction and the like
    " \t\n\u061c\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2066\u2067\u2068\u2069\ufeff"
)
REPOST = re.compile(  # before 2010 people typed it by hand, often without a colon; apps wrote “@bob: ...”
    rf"{_SIGN}\s?:?\s?[\"'\u201c\u201d\u201e\u00ab]?{_AT}\w"
    r"|[\"\u201c\u201d\u201e]@\w+:|\u00ab[ \u00a0\u202f]?@\w+[ \u00a0\u202f]?:"
)
_SAID_SO = re.compile(  # at the beginning of a post: words of many networks, whose posts have a colon then
    r"(?:RT|RP|reposted|repost|retweeted|retweet|reblogged|reblog|boosted|via|\u8f6c\u53d1|\u8f49\u767c|\u8ee2\u8f09"
    r"|\U0001f501|\u267a)(?:\s++(?:by|from|of))?\s*+[:\uff1a|\uff5c]?\s*+@\w++(?:@[\w.-]++)?\s*+[:\uff1a]"
    r"|#?repost(?:ed)?\s*+(?:from|by)?\s*+[:\uff1a]?\s*+[@\uff20][\w.]+\s*+(?:(?:with|via|using)\s++[@\uff20][\w.]+\s*+)?"
    r"(?:\u30fb{2,}|\u2022{2,}|\.{3}|\u2026|[:\uff1a])"
    r"|#repost\w{0,4}\s++(?:from\s++|by\s++)?[@\uff20]"
    r"|posted\s@with(?:regram|repost)\s*+[\u2022\u00b7]\s*+@[\w.]"
    r"|Retweeted [^\n:@]{1,60}\(@\w++\):"
    r"|[\U0001f501\U0001f504\u267b]\ufe0f?\s?[^\n:@]{1,60} (?:reposted|retweeted|boosted|shared):",
    re.IGNORECASE,
)
_WITH_COLON = rf"(?=\w\w\s?:?\s?[\"'\u201c\u201d\u201e\u00ab]?{_AT}\w+\s?[:\uff1a])"
_ASKED = "".join(  # what stands before a call for reposts, or thanks for one
    rf"(?<!\b(?i:{word})\s)"
    for word in ("please", "pls", "plz", "thanks for", "the", "a", "an", "your", "ur")
)
_INSIDE = re.compile(  # MT is a time, and QT a film, as RT is asked for, unless a colon is behind the handle
    rf"(?:(?<![\w@#])|(?<=[{UNSPACED}\uac00-\ud7a3])|(?<=[a-z])(?=[RMQ]T))[(\[{{]?"
    rf"(?:{_WITH_COLON}|(?!MT|QT|\uff32\uff34){_ASKED})(?:{REPOST.pattern})"
)
_REPOST_MARKED = re.compile(rf"[.#]?(?:{REPOST.pattern})")  # `.RT @bob`, `#RT @bob`
_DASH = re.compile(r"\s[-\u2013\u2014|]+$")
_CLOSING = {"{": "}", "[": "]", "(": ")"}


def is_repost(text: str) -> bool:
    """Whether a post says at its beginning that it repeats another's."""
    text = text.lstrip(_MARKS)
    return _REPOST_MARKED.match(text) is not None or _SAID_SO.match(text) is not None


def without_quoted_posts(text: str) -> str:
    """Cut what follows `RT @bob:` or `“@bob:` behind the author's own words: others wrote it.

    Where brackets enclose it, what stands behind them is the author's own again.
    """
    if "@" not in text and "\uff20" not in text:
        return text
    own, position = [], 0
    while quoted := _INSIDE.search(text, position):
        own.append(text[position : quoted.start()])
        closing = _CLOSING.get(quoted[0][0])
        end = text.find(closing, quoted.end()) if closing else -1
        position = end + 1 if end >= 0 else len(text)
    if not own:
        return text
    own.append(text[position:])
    return " ".join(part for part in (_DASH.sub("", part.rstrip()).strip() for part in own) if part)
