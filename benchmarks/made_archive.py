"""An X archive or a table of a made-up person, of any size, the same for the same seed.

The records have what real ones have, in the same form and of about the same length (2 kB). The words are
made of syllables and as unevenly frequent as real ones. Among the posts are retweets, replies, quotes, links,
pictures, hashtags, emoji, long posts with their notes, and posts said twice, or nearly so.
"""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from typing import Any

HANDLE = "made_up"
WORDS = 20_000
REMEMBERED = 20_000  # posts that can be said again
CUT = 270  # characters of a long post that its record holds
KINDS = {"retweet": 20, "reply": 35, "again": 7, "long": 1, "plain": 37}  # in 100 posts
LINKED, QUOTING, PICTURED, MARKED, TAGGED = 0.22, 0.03, 0.25, 0.3, 0.1  # shares of the posts
SYLLABLES = [a + b for a in (*"bcdfghjklmnprstvw", "ch", "sh", "st", "th", "tr") for b in "aeiou"]
EXTRAS = ["🙂", "😂", "❤️", "🔥", "👩‍👩‍👧", "🎉", "…", "“so”", "café", "&amp;", "&lt;3"]
START = datetime(2009, 5, 1, tzinfo=UTC)
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
TEMPLATES = {  # with how many words of the person's own; a number stands where there are none
    "far": ("Today I {} and then {} before I went to bed", 6),
    "near the threshold": (
        "Every single morning I walk along the river and count {} before my first train",
        2,
    ),
    "above it": ("Every single morning I walk along the river, and the sun of day {} rises on us there", 0),
}
SIZES = {
    "large": ("2048", "1536"),
    "thumb": ("150", "150"),
    "small": ("680", "510"),
    "medium": ("1200", "900"),
}


def write_archive(folder: Path, posts: int, seed: int = 0) -> Path:
    """Write the folder that an archive unpacks to; returns it."""
    data = folder / "data"
    data.mkdir(parents=True)
    person = _Person(seed)
    with (data / "tweets.js").open("w", encoding="utf-8") as file:
        file.write("window.YTD.tweets.part0 = [")
        file.writelines((",\n  " if n else "\n  ") + record for n, record in enumerate(person.records(posts)))
        file.write("\n]")
    owner = {"username": HANDLE, "accountId": "42", "accountDisplayName": "Made Up"}
    listed = [{"fileName": "data/tweets.js", "globalName": "YTD.tweets.part0", "count": str(posts)}]
    _write(data / "account.js", "YTD.account.part0", [{"account": owner}])
    _write(data / "note-tweet.js", "YTD.note_tweet.part0", person.notes)
    _write(data / "manifest.js", "__THAR_CONFIG", {"dataTypes": {"tweets": {"files": listed}}})
    return folder


def write_table(path: Path, posts: int, template: str, seed: int = 0) -> Path:
    """Write a table of posts of which every second one is made of a template, and return its path."""
    person = _Person(seed)
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["id", "author", "created_at", "text"])
        for number in range(posts):
            text = person.said_by(template, number) if number % 2 else person.said_anew()
            table.writerow([number, HANDLE, START + timedelta(minutes=number), text])
    return path


def _write(path: Path, name: str, content: object) -> None:
    path.write_text(f"window.{name} = {_indented(content, 0)}", encoding="utf-8")


def _indented(content: object, depth: int) -> str:
    """JSON as X writes it: two spaces of indentation, and spaces around colons."""
    text = json.dumps(content, indent=2, separators=(",", " : "), ensure_ascii=False)
    return text.replace("\n", "\n" + " " * depth)


class _Person:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 -- no secret
        lengths = self.random.choices((1, 2, 3, 4), (2, 4, 3, 1), k=WORDS)
        self.words = ["".join(self.random.choices(SYLLABLES, k=length)) for length in lengths]
        self.weights = list(accumulate(1 / rank for rank in range(3, WORDS + 3)))  # Zipf's law
        self.said = ["Good morning to all of you out there"]
        self.notes: list[dict[str, Any]] = []

    def records(self, count: int) -> Iterator[str]:
        """Texts of records of tweets.js, oldest first."""
        at = START
        for number in range(count):
            at += timedelta(seconds=self.random.randrange(60, 6000))
            yield _indented({"tweet": self._tweet(10**18 + number * 4_000_000, at)}, 2)

    def _tweet(self, number: int, at: datetime) -> dict[str, Any]:
        [kind] = self.random.choices(list(KINDS), list(KINDS.values()))
        name = self._word() + str(self.random.randrange(100))
        text = self._long(at) if kind == "long" else self._sentence()
        if kind == "retweet":
            text = f"RT @{name}: {text}"[:139] + "…"
        elif kind == "reply":
            text = f"@{name} {text}"
        elif kind == "again":
            text = self.random.choice(self.said) + self.random.choice(("", "", "!", f" {self._word()}"))
        elif len(self.said) < REMEMBERED:
            self.said.append(text)
        address = self._address(name, number) if kind != "retweet" else ""
        picture = _short(number + 1) if kind != "retweet" and self.random.random() < PICTURED else ""
        links = {_short(number): address} if address else {}
        text = " ".join(filter(None, (text, *links, picture)))
        return _tweet(number, at, text, name, name if kind == "reply" else "", links, picture)

    def _address(self, name: str, number: int) -> str:
        """Of another post, which makes a quote, or of some page; for most posts of none."""
        chance = self.random.random()
        if chance < QUOTING:
            return f"https://twitter.com/{name}/status/{number - 8_000_000}"
        return f"https://example.org/{self._word()}/{number}" if chance < QUOTING + LINKED else ""

    def said_by(self, template: str, number: int) -> str:
        """A post made of a template; `number` stands in it where no words do."""
        text, count = TEMPLATES[template]
        parts = [" ".join(self._word() for _ in range(count)) or str(number) for _ in range(text.count("{}"))]
        return text.format(*parts)

    def said_anew(self) -> str:
        """A post of words of their own."""
        return self._sentence()

    def _word(self) -> str:
        return self.random.choices(self.words, cum_weights=self.weights)[0]

    def _sentence(self) -> str:
        words = self.random.choices(self.words, cum_weights=self.weights, k=self.random.randrange(2, 30))
        if self.random.random() < MARKED:
            words[self.random.randrange(len(words))] = self.random.choice(EXTRAS)
        if self.random.random() < TAGGED:
            words.append(f"#{words[0]}")
        return " ".join(words).capitalize() + self.random.choice((".", "!", "?", "", "\n\n:)"))

    def _long(self, at: datetime) -> str:
        text = " ".join(self._sentence() for _ in range(12))
        core = {"text": text.replace("&amp;", "&").replace("&lt;", "<"), "urls": []}
        self.notes.append({"noteTweet": {"createdAt": f"{at:%Y-%m-%dT%H:%M:%S}.000Z", "core": core}})
        return text[:CUT].rpartition(" ")[0] + "…"


def _short(number: int) -> str:
    return f"https://t.co/{number // 1000 % 10**10:010d}"


def _tweet(
    number: int, at: datetime, text: str, name: str, reply: str, links: dict[str, str], picture: str
) -> dict[str, Any]:
    """A record with all that X puts in, every number a string."""
    id_, answered = str(number), str(number - 4_000_000)
    editable = {"editTweetIds": [id_], "editableUntil": f"{at:%Y-%m-%dT%H:%M:%S}.000Z", "editsRemaining": "5"}
    mentions = [{"name": name.title(), "screen_name": name, "id_str": "7", "id": "7"}]
    media = [_medium(number, text, picture)] if picture else []
    replied = {
        "in_reply_to_status_id_str": answered,
        "in_reply_to_user_id": "7",
        "in_reply_to_status_id": answered,
        "in_reply_to_screen_name": reply,
        "in_reply_to_user_id_str": "7",
    }
    return {
        "edit_info": {"initial": {**editable, "isEditEligible": True}},
        "retweeted": False,
        "source": '<a href="http://twitter.com/download/iphone" rel="nofollow">Twitter for iPhone</a>',
        "entities": {
            "hashtags": [],
            "symbols": [],
            "user_mentions": [m | _where(text, f"@{name}") for m in mentions if f"@{name}" in text],
            "urls": [
                {"url": short, "expanded_url": url, "display_url": url[8:30], **_where(text, short)}
                for short, url in links.items()
            ],
            **({"media": media} if media else {}),
        },
        "display_text_range": ["0", str(len(text))],
        "favorite_count": "3",
        "id_str": id_,
        **(replied if reply else {}),
        "truncated": False,
        "retweet_count": "0",
        "id": id_,
        "possibly_sensitive": False,
        "created_at": f"{DAYS[at.weekday()]} {MONTHS[at.month - 1]} {at:%d %H:%M:%S +0000 %Y}",
        "favorited": False,
        "full_text": text,
        "lang": "en",
        **({"extended_entities": {"media": media}} if media else {}),
    }


def _where(text: str, part: str) -> dict[str, list[str]]:
    begin = text.index(part)
    return {"indices": [str(begin), str(begin + len(part))]}


def _medium(number: int, text: str, short: str) -> dict[str, Any]:
    return {
        "expanded_url": f"https://twitter.com/{HANDLE}/status/{number}/photo/1",
        **_where(text, short),
        "url": short,
        "media_url": f"http://pbs.twimg.com/media/{number}.jpg",
        "id_str": str(number + 1),
        "id": str(number + 1),
        "media_url_https": f"https://pbs.twimg.com/media/{number}.jpg",
        "sizes": {name: {"w": w, "h": h, "resize": "fit"} for name, (w, h) in SIZES.items()},
        "type": "photo",
        "display_url": f"pic.twitter.com/{number}",
    }
