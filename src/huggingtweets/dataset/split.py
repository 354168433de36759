"""Which posts are learnt from and which are kept to measure: the latest, and never half a thread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..types import Post


class Split(NamedTuple):
    """Both sides in order of time."""

    train: tuple[Post, ...]
    held_out: tuple[Post, ...]


def split(posts: Sequence[Post], share: float) -> Split:
    """Hold out the threads that ended last, about `share` of the posts and at least one.

    So nothing is learnt from after the moment of the split, save for a thread too long to be held out.

    Args:
        posts: one author's posts in order of time.
        share: of the posts to hold out, between 0 and 1.
    """
    wanted = max(1, round(share * len(posts)))
    held_out: set[int] = set()
    for thread in sorted(threads(posts), key=max, reverse=True):
        if len(held_out) >= wanted:
            break
        if len(thread) <= wanted:
            held_out.update(thread)
    return Split(
        train=tuple(post for i, post in enumerate(posts) if i not in held_out),
        held_out=tuple(post for i, post in enumerate(posts) if i in held_out),
    )


def threads(posts: Sequence[Post]) -> list[list[int]]:
    """Positions of posts joined by replies, also through a post of somebody else that two of them answer."""
    parent: dict[str, str] = {}

    def root(key: str) -> str:
        while (up := parent.setdefault(key, key)) != key:
            parent[key] = parent.setdefault(up, up)
            key = up
        return key

    for post in posts:
        if post.reply_to:
            parent[root(post.id)] = root(post.reply_to)
    groups: dict[str, list[int]] = {}
    for position, post in enumerate(posts):
        groups.setdefault(root(post.id), []).append(position)
    return list(groups.values())
