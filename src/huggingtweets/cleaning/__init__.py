"""Cleaning: from posts as they were published to text to train on, with a count of every dropped post.

A post passes through the steps that the rules ask for, one after the other. Each step returns the post,
changed or not, or the reason to drop it. Repeated posts are dropped last, in order of time, so that the
earliest of them stays.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ..text.private import without_private_details
from ..types import Funnel, Post, Reason
from .languages import main_language, posts_language
from .rules import CleaningRules, qualified_id
from .steps import Step, clean_text, holds_private_details, steps_for

__all__ = [
    "EXAMPLES",
    "CleanedPosts",
    "CleaningRules",
    "clean",
    "clean_text",
    "main_language",
    "qualified_id",
]

EARLIEST = datetime.min.replace(tzinfo=UTC)
EXAMPLES = 3  # posts that are shown: kept ones, and dropped ones of each reason


@dataclass(frozen=True)
class CleanedPosts:
    """The kept posts in order of time, with counts and examples of the dropped ones.

    Posts without a date come first, in their original order.
    """

    posts: tuple[Post, ...]
    funnel: Funnel
    examples: dict[Reason, list[str]]  # texts of dropped posts
    language: str  # of most posts, ISO 639-1
    with_private_details: int = 0  # posts that held e-mail addresses, numbers or keys, which were removed
    answered: Mapping[str, str] = field(default_factory=dict)  # by dropped posts that kept ones answer, by id
    excluded_ids: frozenset[str] = frozenset()  # those to take out by hand that posts have

    def kept_examples(self, count: int = EXAMPLES) -> tuple[Post, ...]:
        """A few kept posts, spread over the whole time."""
        return self.posts[:: max(1, len(self.posts) // count)][:count]


def clean(
    posts: Iterable[Post],
    rules: CleaningRules | None = None,
    examples: int = EXAMPLES,
    *,
    most: int | None = None,
) -> CleanedPosts:
    """Clean one author's posts.

    Args:
        posts: The posts, in any order.
        rules: What to drop beside reposts, short posts and repeated posts.
        examples: Texts of dropped posts that are kept for each reason.
        most: Posts that are kept, drawn from all of them; None keeps all.

    Returns:
        The kept posts. Kept and dropped posts in the funnel add up to the posts read.
    """
    rules = rules or CleaningRules()
    steps = steps_for(rules)
    counter = _FunnelCounter(most=examples)
    cleaned: list[Post] = []
    excluded: list[str] = []
    excluded_ids: set[str] = set()
    private = 0
    for post in posts:
        counter.read += 1
        excluded_ids |= rules.ids_given(post)
        result = _apply_steps(post, steps, rules)
        if isinstance(result, Post):
            cleaned.append(result)
            private += result is not post and holds_private_details(post)  # cleaning changes such a post
        else:
            counter.drop(post, result)
            if result is Reason.EXCLUDED:
                excluded.append(clean_text(post, keep_line_breaks=rules.keep_line_breaks))
    unique = _drop_repeats(_by_time(cleaned), excluded, counter)
    unique = _draw(unique, most, counter) if most else unique
    return CleanedPosts(
        posts=tuple(unique),
        funnel=counter.funnel(kept=len(unique)),
        examples=counter.examples,
        language=posts_language(unique),
        with_private_details=private,
        answered=_between(unique, counter.answered),
        excluded_ids=frozenset(excluded_ids),
    )


@dataclass
class _FunnelCounter:
    """Counts the posts read and dropped; of the dropped it keeps a few texts, and what they answer."""

    most: int  # texts for each reason
    read: int = 0
    dropped: Counter[Reason] = field(default_factory=Counter)
    examples: dict[Reason, list[str]] = field(default_factory=dict)
    answered: dict[str, str] = field(default_factory=dict)  # by the ids of dropped posts

    def drop(self, post: Post, reason: Reason) -> None:
        self.dropped[reason] += 1
        if post.reply_to:
            self.answered[post.id] = post.reply_to
        texts = self.examples.setdefault(reason, [])
        if post.text and len(texts) < self.most:  # reposts may have no text
            texts.append(without_private_details(post.text))

    def funnel(self, kept: int) -> Funnel:
        dropped = {reason: self.dropped[reason] for reason in Reason if self.dropped[reason]}
        return Funnel(read=self.read, dropped=dropped, kept=kept)


def _apply_steps(post: Post, steps: Iterable[Step], rules: CleaningRules) -> Post | Reason:
    """Return the post after all steps, or the reason of the first step that drops it."""
    for step in steps:
        result = step(post, rules)
        if not isinstance(result, Post):
            return result
        post = result
    return post


def _by_time(posts: list[Post]) -> list[Post]:
    return sorted(posts, key=lambda post: post.created_at or EARLIEST)


def _drop_repeats(posts: list[Post], excluded: list[str], counter: _FunnelCounter) -> list[Post]:
    """Drop posts that repeat an earlier one, or a text taken out by hand, and cut versions of others."""
    from .duplicates import cut_versions, repeats  # noqa: PLC0415 -- with numpy, which takes 0.1 s

    unique = []
    cut = cut_versions([post.text for post in posts], excluded)
    whole = [post for post in posts if post.text not in cut]
    for post in posts:
        if post.text in cut:
            counter.drop(post, Reason.NEAR_DUPLICATE)
    reasons = repeats([*excluded, *(post.text for post in whole)])[len(excluded) :]
    for post, reason in zip(whole, reasons, strict=True):
        if reason is None:
            unique.append(post)
        else:
            counter.drop(post, reason)
    return unique


def _between(kept: list[Post], answered: Mapping[str, str]) -> dict[str, str]:
    """What dropped posts answered, where these are links of a thread between kept posts."""
    between: dict[str, str] = {}
    for post in kept:
        identity = post.reply_to or ""
        while identity in answered and identity not in between:
            original = answered[identity]
            between[identity] = original
            identity = original
    return between


def _draw(posts: list[Post], most: int, counter: _FunnelCounter) -> list[Post]:
    """A random sample of at most `most` posts in their order, always the same of the same posts."""
    places = range(len(posts))
    drawn = {*random.Random(0).sample(places, min(most, len(posts)))}  # noqa: S311 -- no secret hangs on it
    for place in places:
        if place not in drawn:
            counter.drop(posts[place], Reason.SAMPLED)
    return [posts[place] for place in sorted(drawn)]
