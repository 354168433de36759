"""Reads the posts of the sample account from sample/, and gives each post its time."""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

SAMPLE = Path(__file__).resolve().parent.parent / "sample"
LONGEST = 280  # characters of a post that is no note
_PIN = re.compile(r"\[(\d{4}-\d\d-\d\d \d\d:\d\d)\]\n")
_WIDE = re.compile(r"[^\u0000-\u10ff\u2000-\u200d\u2010-\u201f\u2032-\u2037]")  # counted twice, as X does
_UNCOUNTED = re.compile(r"\[photo: [\w-]+\]|https://\S+")  # links have one length on X, whatever they show


@dataclass(frozen=True)
class Draft:
    """A post as in sample/: links in full, pictures as `[photo: name]`, nothing escaped."""

    text: str
    at: datetime
    answers: Draft | None = None  # the post before it in a thread
    corrects: Draft | None = None  # the first version of an edited post

    @property
    def is_note(self) -> bool:
        """Whether it is too long for an ordinary post, and so is a note."""
        counted = _UNCOUNTED.sub("x" * 23, self.text)
        return len(counted) + len(_WIDE.findall(counted)) > LONGEST


def number(*words: str) -> int:
    """Return a large number, always the same for the same words, in place of a random one."""
    return int.from_bytes(hashlib.sha256("\0".join(words).encode()).digest()[:8])


def toml(name: str) -> dict[str, Any]:
    """Read one of the TOML files in sample/."""
    return tomllib.loads((SAMPLE / f"{name}.toml").read_text(encoding="utf-8"))


def drafts() -> list[Draft]:
    """Return every post of the account, oldest first."""
    calendar = toml("account")["calendar"]
    posts = [draft for path in _files("posts") for draft in _theme(path, calendar)]
    posts += [draft for path in _files("threads") for draft in _thread(path)]
    posts += [draft for path in _files("edits") for draft in _edit(path)]
    for draft in posts:
        if draft.is_note:
            raise ValueError(f"longer than {LONGEST} characters, and not in sample/notes: {draft.text}")
    return sorted(posts + [_note(path) for path in _files("notes")], key=lambda draft: (draft.at, draft.text))


def _files(folder: str) -> list[Path]:
    return sorted((SAMPLE / folder).glob("*.txt"))


def _blocks(path: Path) -> list[str]:
    text = re.sub(r"\A# .*\n", "", path.read_text(encoding="utf-8"))
    return re.split(r"\n{2,}", text.strip())


def _theme(path: Path, calendar: dict[str, Any]) -> list[Draft]:
    """Return posts in order of time: pinned ones at their time, the others evenly between them."""
    blocks = _blocks(path)
    pins = [_pin(block) for block in blocks]
    days = _spread(pins, calendar["first"], calendar["last"])
    texts = [_PIN.sub("", block, count=1) for block in blocks]
    return [
        Draft(text, pin or _moment(path.stem, text, day, calendar))
        for text, pin, day in zip(texts, pins, days, strict=True)
    ]


def _pin(block: str) -> datetime | None:
    match = _PIN.match(block)
    return datetime.fromisoformat(match[1]).replace(tzinfo=UTC) if match else None


def _spread(pins: list[datetime | None], first: datetime, last: datetime) -> list[datetime]:
    """Return a time for each post: its pin, or an equal step between the pins around it."""
    known = {-1: first, **{place: pin for place, pin in enumerate(pins) if pin}, len(pins): last}
    for before, after in pairwise(sorted(known)):
        step = (known[after] - known[before]) / (after - before)
        known |= {place: known[before] + step * (place - before) for place in range(before + 1, after)}
    return [known[place] for place in range(len(pins))]


def _moment(theme: str, text: str, day: datetime, calendar: dict[str, Any]) -> datetime:
    """Return a time on or soon after a day, within the hours and on the weekday of the theme."""
    seed = number(text)
    day += timedelta(days=seed % 9)
    weekday = calendar["weekday"].get(theme, day.weekday())
    day += timedelta(days=(weekday - day.weekday()) % 7)
    opens, closes = calendar["hours"].get(theme, calendar["usual_hours"])
    second = opens * 3600 + seed // 9 % ((closes - opens) * 3600)
    return _day(day.date()) + timedelta(seconds=second)


def _day(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _dated(path: Path) -> datetime:
    """Return a time on the day that begins a file's name."""
    return _day(date.fromisoformat(path.stem[:10])) + timedelta(hours=9, seconds=number(path.stem) % 36_000)


def _thread(path: Path) -> list[Draft]:
    posts: list[Draft] = []
    at = _dated(path)
    for text in _blocks(path):
        posts.append(Draft(text, at, answers=posts[-1] if posts else None))
        at += timedelta(seconds=60 + number(text) % 600)
    return posts


def _edit(path: Path) -> list[Draft]:
    wrong, right = _blocks(path)
    first = Draft(wrong, _dated(path))
    return [first, Draft(right, first.at + timedelta(minutes=3), corrects=first)]


def _note(path: Path) -> Draft:
    note = Draft(path.read_text(encoding="utf-8").strip(), _dated(path))
    if not note.is_note:
        raise ValueError(f"{path.name} is short enough for sample/posts")
    return note
