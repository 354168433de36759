"""Says whether there are enough posts to train a model.

The limits are those of huggingtweets (2020), which refused under 6,000 characters and warned under 40,000.
Here they are bytes of UTF-8: a character of Japanese says about as much as three of English, and is three
bytes long.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct

from ..errors import NotEnoughPosts
from ..results import Figure
from ..text.counting import counted
from .expectation import MEASURED, expected_gain

TOO_LITTLE = 6_000  # bytes
LITTLE = 40_000  # bytes
MOST_NAMED = 12  # people of whom each is spoken of
DEFAULT_BASE = "smollm2-135m"
HELP = (
    "What helps: a whole archive in place of the newest posts, and the person's posts from other networks "
    "as further locations (--same-person)."
)


class Level(StrEnum):
    """How many posts there are for a model: too few, few, or enough."""

    TOO_LITTLE = "too little"
    LITTLE = "little"
    ENOUGH = "enough"


class Sufficiency(Struct, frozen=True, kw_only=True):
    """Whether there are enough posts, said in `text` for users; `expected` is the gain over the base."""

    level: Level
    posts: int
    characters: int
    size: int  # in bytes
    text: str
    expected: Figure | None = None


def sufficiency(texts: Sequence[str], base: str = DEFAULT_BASE) -> Sufficiency:
    """Say whether the cleaned texts for one model are enough, and what can be expected of training.

    Args:
        texts: of the posts, cleaned.
        base: what training starts from; of one that was never measured, as of "", nothing is expected.
    """
    characters = sum(len(text) for text in texts)
    size = sum(len(text.encode("utf-8", "replace")) for text in texts)
    posts, left = counted(len(texts), "post"), "is left" if len(texts) == 1 else "are left"
    amount = f"{posts} with {counted(characters, 'character')} {left} to learn from"
    if size < TOO_LITTLE:
        amount = f"{posts} with {counted(size, 'byte')} of text {left} to learn from"
        level, text = Level.TOO_LITTLE, f"{amount}, under the {TOO_LITTLE:,} bytes that a voice needs. {HELP}"
    elif size < LITTLE:
        level, text = Level.LITTLE, f"{amount}: the voice will be faint and may repeat itself. {HELP}"
    else:
        level, text = Level.ENOUGH, f"{amount}: enough."
    expected = None if level is Level.TOO_LITTLE else expected_gain(len(texts), MEASURED.get(base, ()))
    text += _expectation(expected, base)
    return Sufficiency(
        level=level, posts=len(texts), characters=characters, size=size, text=text, expected=expected
    )


def require_enough(texts: Sequence[str], base: str = DEFAULT_BASE) -> Sufficiency:
    """Like `sufficiency`, but refuse too few posts.

    Raises:
        NotEnoughPosts: the texts are too few to train on.
    """
    result = sufficiency(texts, base)
    if result.level is Level.TOO_LITTLE:
        raise NotEnoughPosts(result.text)
    return result


def describe_sufficiency(people: Sequence[tuple[str, Sequence[str]]], base: str = DEFAULT_BASE) -> list[str]:
    """A sentence on the texts of each handle: together they may be enough, and one person's not.

    Of very many people it is said how many have too little.
    """
    results = [(handle, sufficiency(texts, base)) for handle, texts in people]
    if len(results) > MOST_NAMED:
        few = sum(result.level is Level.TOO_LITTLE for _, result in results)
        posts = sum(result.posts for _, result in results)
        amount = f"{posts:,} posts of {len(results):,} people are left to learn from"
        return [f"{amount}; {few:,} of these have under the {TOO_LITTLE:,} bytes that a voice needs."]
    if len(results) == 1:
        return [results[0][1].text]
    return [f"@{handle}: {result.text}" for handle, result in results]


def _expectation(gain: Figure | None, base: str) -> str:
    if gain is None:
        return ""
    return (
        f" Trained from {base}, models of as many posts predicted the person's next ones with "
        f"{gain.value:.0%} fewer bits per byte than it ({gain.low:.0%} to {gain.high:.0%})."
    )
