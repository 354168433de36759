"""From posts as they were published to text worth learning from, with a count of all that went.

The chain is written out in `clean_text` and `_cleaned`, in the order in which it is applied; duplicates
come last, in order of time, so that the earliest of a group stays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from msgspec import Struct
from msgspec.structs import replace

from ..errors import UserError
from ..types import Funnel, Post, PostKind, Reason
from .rules import is_between, is_in_language, is_short, languages, main_language
from .text import folded, without_addresses, without_invisible, without_leading_mentions, without_links

__all__ = ["CleanedPosts", "CleaningRules", "clean", "clean_text"]

EARLIEST = datetime.min.replace(tzinfo=UTC)
EXAMPLES = 3  # dropped posts kept per reason, to be shown


class CleaningRules(Struct, frozen=True, kw_only=True):
    """What to leave out. `lang` is an ISO 639-1 code; days are those of UTC, both ends within."""

    keep_replies: bool = True
    lang: str | None = None
    keep_line_breaks: bool = False
    since: date | None = None
    until: date | None = None

    def __post_init__(self) -> None:
        if self.since and self.until and self.since > self.until:
            raise UserError(f"no day is between {self.since} and {self.until}; exchange the two")
        if self.lang is not None and self.lang not in languages():
            known = ", ".join(languages())
            raise UserError(f"language {self.lang!r} is not known; expected one of: {known}")


@dataclass(frozen=True)
class CleanedPosts:
    """Kept posts in order of time (those without a date first, as they came), and what became of the rest."""

    posts: tuple[Post, ...]
    funnel: Funnel
    examples: dict[Reason, list[str]]
    language: str  # of most posts, ISO 639-1

    def some(self) -> tuple[Post, ...]:
        """A few kept posts, spread over the whole time."""
        return self.posts[:: max(1, len(self.posts) // EXAMPLES)][:EXAMPLES]


def clean(posts: Iterable[Post], rules: CleaningRules | None = None) -> CleanedPosts:
    """Clean one author's posts; the funnel's parts add up to the posts read."""
    rules = rules or CleaningRules()
    dropped: Counter[Reason] = Counter()
    examples: dict[Reason, list[str]] = {}
    kept: list[Post] = []
    read = 0

    def drop(reason: Reason, post: Post) -> None:
        dropped[reason] += 1
        shown = examples.setdefault(reason, [])
        if post.text and len(shown) < EXAMPLES:  # boosts and the like have no text of their own
            shown.append(without_addresses(post.text))

    for read, post in enumerate(posts, start=1):  # noqa: B007 -- the last value is the count
        cleaned = _cleaned(post, rules)
        if isinstance(cleaned, Post):
            kept.append(cleaned)
        else:
            drop(cleaned, post)
    unique = _without_repeats(_by_time(kept), drop)
    funnel = Funnel(read=read, dropped={r: dropped[r] for r in Reason if dropped[r]}, kept=len(unique))
    return CleanedPosts(posts=tuple(unique), funnel=funnel, examples=examples, language=main_language(unique))


def clean_text(post: Post, *, keep_line_breaks: bool = False) -> str:
    """A post's text as the model will see it."""
    text = without_addresses(without_invisible(post.text))
    if post.kind is PostKind.REPLY:
        text = without_leading_mentions(text)
    return folded(without_links(text), keep_line_breaks=keep_line_breaks)


def _cleaned(post: Post, rules: CleaningRules) -> Post | Reason:
    """The post with its text cleaned, or the first rule that it breaks."""
    if post.kind is PostKind.REPOST:
        return Reason.REPOST
    if post.kind is PostKind.REPLY and not rules.keep_replies:
        return Reason.REPLY
    if not is_between(post.created_at, rules.since, rules.until):
        return Reason.DATE
    text = clean_text(post, keep_line_breaks=rules.keep_line_breaks)
    if is_short(text):
        return Reason.SHORT
    if rules.lang and not is_in_language(text, post.lang, rules.lang):
        return Reason.LANGUAGE
    return post if text == post.text else replace(post, text=text)


def _by_time(posts: list[Post]) -> list[Post]:
    return sorted(posts, key=lambda post: post.created_at or EARLIEST)


def _without_repeats(posts: list[Post], drop: Callable[[Reason, Post], None]) -> list[Post]:
    from .duplicates import repeats  # noqa: PLC0415 -- with numpy, which takes 0.1 s

    unique = []
    for post, reason in zip(posts, repeats([post.text for post in posts]), strict=True):
        if reason is None:
            unique.append(post)
        else:
            drop(reason, post)
    return unique
