"""Is there enough to learn from?

The borders are those of huggingtweets (2020), which refused under 6,000 characters and warned under 40,000.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct

from ..errors import NotEnoughPosts

TOO_LITTLE = 6_000  # characters
LITTLE = 40_000
HELP = (
    "What helps: a whole archive in place of the newest posts, posts from other networks by the same person "
    "as further locations, and keeping replies (--keep-replies) and all languages (no --lang)."
)


class Level(StrEnum):
    """How much there is."""

    TOO_LITTLE = "too little"
    LITTLE = "little"
    ENOUGH = "enough"


class Verdict(Struct, frozen=True, kw_only=True):
    """`text` is one sentence or two for a person."""

    level: Level
    posts: int
    characters: int
    text: str


def verdict(texts: Sequence[str]) -> Verdict:
    """Judge one model's kept texts."""
    characters = sum(len(text) for text in texts)
    amount = f"{len(texts):,} posts with {characters:,} characters are left to learn from"
    if characters < TOO_LITTLE:
        level, text = Level.TOO_LITTLE, f"{amount}, under the {TOO_LITTLE:,} that a voice needs. {HELP}"
    elif characters < LITTLE:
        level, text = Level.LITTLE, f"{amount}: the voice will be faint and may repeat itself. {HELP}"
    else:
        level, text = Level.ENOUGH, f"{amount}: enough."
    return Verdict(level=level, posts=len(texts), characters=characters, text=text)


def require_enough(texts: Sequence[str]) -> Verdict:
    """The verdict, where training can go on.

    Raises:
        NotEnoughPosts: there is too little.
    """
    judged = verdict(texts)
    if judged.level is Level.TOO_LITTLE:
        raise NotEnoughPosts(judged.text)
    return judged
