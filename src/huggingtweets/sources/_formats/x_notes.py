"""Finds the note, a long post's whole text, that belongs to a record which holds only its beginning."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from itertools import takewhile
from operator import itemgetter

from .x_posts import Note, Tweet, moment, unescape

_CUT = re.compile(r"…(?:\s*https://t\.co/\w+)*\s*$")
_MENTIONS = re.compile(r"^(?:@\w+\s+)*")
_ENOUGH = 20  # characters that record and note must have in common at their beginning


class Notes:
    """An archive's notes by the second they were made in."""

    def __init__(self, notes: Iterable[Note]) -> None:
        self._by_second: defaultdict[int, list[Note]] = defaultdict(list)
        for note in notes:
            self._by_second[int(note.created_at.timestamp())].append(note)

    def of(self, tweet: Tweet) -> Note | None:
        """The note whose beginning `tweet` holds: made within a second of it, and begins alike."""
        if "…" not in tweet.full_text or not self._by_second or tweet.is_repost:
            return None
        if not _CUT.search(tweet.full_text):
            return None
        made = moment(tweet.created_at)
        if made is None:
            return None
        beginning = _words(_CUT.sub("", unescape(tweet.full_text)))
        near = [
            note for second in (-1, 0, 1) for note in self._by_second.get(int(made.timestamp()) + second, ())
        ]
        alike = [(_alike(beginning, _words(note.core.text)), note) for note in near]
        most, best = max(alike, key=itemgetter(0), default=(0, None))
        return best if most and most >= min(_ENOUGH, len(beginning)) else None


def _alike(one: str, other: str) -> int:
    """How many characters two texts have in common at their beginning."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _words(text: str) -> str:
    """The text without the mentions at its beginning, which record and note need not share."""
    return _MENTIONS.sub("", text, count=1).strip()
