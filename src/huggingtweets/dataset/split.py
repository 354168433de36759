"""Splits posts into training and held-out posts: the latest are held out, and no thread is on both sides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from ..types import Post


class Split(NamedTuple):
    """Training and held-out posts, both in order of time."""

    train: tuple[Post, ...]
    held_out: tuple[Post, ...]


def split(posts: Sequence[Post], share: float, answered: Mapping[str, str] = MappingProxyType({})) -> Split:
    """Hold out the threads that ended last, about `share` of the posts, at least one and at most half.

    So each held-out thread ends later than all training posts, but for those of threads that are too long to
    be held out; it may begin earlier. Where all threads are, the end of the latest is held out. A post that
    is alone is trained on.

    Args:
        posts: one author's posts in order of time.
        share: share of the posts to hold out, between 0 and 1.
        answered: as for `threads`.
    """
    half = len(posts) // 2
    target = min(max(1, round(share * len(posts))), half)
    held_out: set[int] = set()
    latest_first = sorted(threads(posts, answered), key=max, reverse=True)
    for thread in latest_first:
        if len(held_out) >= target:
            break
        if len(thread) <= min(target, half - len(held_out)):
            held_out.update(thread)
    if not held_out and target > 0:
        held_out.update(latest_first[0][-target:])
    return Split(
        train=tuple(post for i, post in enumerate(posts) if i not in held_out),
        held_out=tuple(post for i, post in enumerate(posts) if i in held_out),
    )


def taking_turns(posts: Sequence[Post]) -> list[Post]:
    """Posts of several authors in an order in which they take turns, each in their own order and to the end.

    So the latest posts of all are the latest of each, in proportion to how many posts they have.
    """
    counts = Counter(post.author for post in posts)
    seen: Counter[str] = Counter()

    def place(post: Post) -> float:
        seen[post.author] += 1
        return seen[post.author] / counts[post.author]

    return sorted(posts, key=place)


def in_shares(posts: Sequence[Post], weights: Mapping[str, float]) -> list[Post]:
    """The latest posts of each author, in numbers proportional to the weights, as many as there can be.

    Args:
        posts: in order of time.
        weights: of each author, above 0.
    """
    counts = Counter(post.author for post in posts)
    scale = min((count / weights[author] for author, count in counts.items()), default=0.0)
    most = {author: max(1, round(scale * weights[author])) for author in counts}
    kept: list[Post] = []
    for post in reversed(posts):
        if most[post.author]:
            most[post.author] -= 1
            kept.append(post)
    return kept[::-1]


def threads(posts: Sequence[Post], answered: Mapping[str, str] = MappingProxyType({})) -> list[list[int]]:
    """Group the positions of posts by thread; two replies to the same post of others are one thread.

    Args:
        posts: one author's posts.
        answered: what posts of the thread that are not among them answered, by their ids.
    """
    parent: dict[str, str] = {}

    def root(key: str) -> str:
        while (up := parent.setdefault(key, key)) != key:
            parent[key] = parent.setdefault(up, up)
            key = up
        return key

    links = [*answered.items(), *((post.id, post.reply_to) for post in posts if post.reply_to)]
    for answer, original in links:
        parent[root(answer)] = root(original)
    groups: dict[str, list[int]] = {}
    for position, post in enumerate(posts):
        groups.setdefault(root(post.id), []).append(position)
    return list(groups.values())
