# ruff: noqa: RUF001 -- in many scripts
"""Valid inputs of more shapes: pages of APIs, exports of other programs, scripts and code pages."""

from __future__ import annotations

import json
from typing import Any

_AUTHOR = {"id": "7", "acct": "ada_tests", "username": "ada_tests", "display_name": "Ada Tests"}
_DATE = "2023-11-14T22:13:20.000Z"


def _status(number: int, text: str, **fields: object) -> dict[str, Any]:
    """Return a status as Mastodon's API gives it."""
    known = {"id": str(number), "created_at": _DATE, "account": _AUTHOR, "content": text, "mentions": []}
    return {**known, "visibility": "public", "reblog": None, "in_reply_to_id": None, **fields}


def _note(number: int, text: str | None, **fields: object) -> dict[str, Any]:
    """Return a note as Misskey's export has it."""
    known = {"id": f"n{number}", "createdAt": _DATE, "userId": "Ada Tests", "text": text, "replyId": None}
    return {**known, "visibility": "public", "localOnly": False, **fields}


def _message(number: int, text: str, who: str) -> dict[str, Any]:
    """Return a message as DiscordChatExporter writes it."""
    author = {"id": str(len(who)), "name": who, "nickname": who.title(), "isBot": False}
    return {"id": str(number), "type": "Default", "timestamp": _DATE, "content": text, "author": author}


_STATUSES = [
    _status(1, '<p>first <a href="https://a.b">a.b</a></p>'),
    _status(2, "<p>for one</p>", visibility="direct"),
    _status(3, "", reblog=_status(9, "<p>of another</p>", account={"acct": "bob"})),
    _status(4, "<p>second &amp; é</p>", in_reply_to_id="1"),
]
_NOTES = [
    _note(1, "first é"),
    _note(2, "for followers", visibility="followers"),
    _note(3, None, renoteId="n9"),
    _note(4, "second @bob", replyId="n1"),
]
_CHANNEL = {
    "guild": {"id": "1", "name": "Guild"},
    "channel": {"id": "2", "type": "GuildTextChat", "name": "general"},
    "messages": [
        _message(1, "first é", "ada_tests"),
        _message(2, "no", "bob"),
        _message(3, "second", "ada_tests"),
    ],
}
_RUSSIAN = (
    "id,text,created_at,user\n1,Сегодня утром тихий дождь и туман,14.11.2023,ada_tests\n"
    "2,Поезд снова опоздал на полчаса,15.11.2023,ada_tests\n3,Кошка спит на клавиатуре,16.11.2023,ada_tests\n"
)
_JAPANESE = (
    "id,text,created_at,user\n1,今朝は雨が降っています,2023/11/14,ada_tests\n"
    "2,電車がまた遅れました。猫はキーボードの上で寝ています,2023/11/15,ada_tests\n"
)
_ARABIC_CHAT = (
    "\u200f١٤\u200f/١١\u200f/٢٠٢٣، ١٠:١٣ م - Ada Tests: صباح الخير\n"
    "\u200f١٤\u200f/١١\u200f/٢٠٢٣، ١٠:١٤ م - سامي: لا\n"
    "\u200f١٥\u200f/١١\u200f/٢٠٢٣، ٩:٠٠ ص - Ada Tests: القهوة جاهزة\nوالخبز أيضا\n"
)
_SIGNAL = (
    "[2023-11-14 22:13:20] Me: first é  \n(- Bob: 👍 -)  \n[2023-11-14 22:13:21] Bob: no  \n"
    "[2023-11-15 00:00:01] Me: \n\n> no\n\nsecond  \nand on  \n"
)
_YOUTUBE = (
    "Comment ID,Channel ID,Comment Create Timestamp,Price,Parent Comment ID,Video ID,Comment Text\n"
    'a,UC1,2023-11-14T22:13:20+00:00,0,,v1,"{""text"":""first ""},{""text"":""é""}"\n'
    'b,UC1,2023-11-15T22:13:20+00:00,0,a,v1,"{""text"":""second""}"\n'
)
_TWEETS_JS = "window.YTD.tweets.part0 = " + json.dumps(
    [
        {"tweet": {"id_str": str(n), "full_text": text, "created_at": "Wed Oct 10 20:19:24 +0000 2018"}}
        for n, text in enumerate(("first é https://t.co/a", "RT @bob: x", "second"), start=1)
    ]
)
_JSONP = "/**/ typeof cb === 'function' && cb(" + json.dumps({"statuses": _STATUSES}) + ");"
_DATE_IN_PARTS = "year,month,day,hour,kind,mood,text\n" + "".join(
    f"2023,{n % 12 + 1},{n},{n % 24},{('text', 'photo')[n % 5 == 0]},{n % 3 > 0},post {n} é\n"
    for n in range(1, 20)
)

SHAPES: list[tuple[str, str, int, str, str, bytes]] = [  # as `_BUILDERS` of inputs.py, with file and content
    ("Mastodon API", "json", 2, "table", "statuses.json", json.dumps(_STATUSES).encode()),
    ("Misskey", "json", 2, "table", "notes.json", json.dumps(_NOTES).encode()),
    ("Discord channel", "json", 2, "table", "general.json", json.dumps(_CHANNEL).encode()),
    ("CSV cp1251", "table", 1, "table", "posts.csv", _RUSSIAN.encode("cp1251")),
    ("CSV Shift-JIS", "table", 1, "table", "posts.csv", _JAPANESE.encode("cp932")),
    ("CSV UTF-16", "table", 1, "table", "posts.txt", _RUSSIAN.replace(",", "\t").encode("utf-16")),
    ("WhatsApp Arabic", "text", 2, "whatsapp", "WhatsApp Chat with Sami.txt", _ARABIC_CHAT.encode()),
    ("Signal text", "text", 2, "signal", "chat.md", _SIGNAL.encode()),
    ("YouTube comments", "table", 1, "table", "comments.csv", _YOUTUBE.encode()),
    ("JSONP", "json", 2, "table", "statuses.json", _JSONP.encode()),
    ("CSV date in parts", "table", 2, "table", "posts.csv", _DATE_IN_PARTS.encode()),
    ("tweets.js alone", "json", 2, "table", "tweets.js", _TWEETS_JS.encode()),
]
