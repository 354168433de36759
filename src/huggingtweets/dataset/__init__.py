"""Turns cleaned posts of one or more authors into a dataset: split by time, with a digest of its content."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from types import MappingProxyType
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from ..errors import NotEnoughPosts, UserError
from ..text import normalized
from ..text.counting import counted
from ..types import Account, Author, Dataset, Funnel, Post, Reason
from .split import Split, in_shares, split, taking_turns
from .storage import SPLITS, load, load_stored, save, store

__all__ = [
    "SPLITS",
    "AuthorData",
    "build",
    "digest",
    "in_shares",
    "join",
    "join_authors",
    "load",
    "load_stored",
    "save",
    "split",
    "statistics",
    "store",
    "taking_turns",
]


class AuthorData(NamedTuple):
    """One author's cleaned posts in order of time, their main language, and the digest of the input.

    `answered` holds what posts that cleaning dropped answered, by their ids, as for `split.threads`.
    """

    account: Account
    funnel: Funnel
    posts: tuple[Post, ...]
    language: str = ""
    input_digest: str = ""
    answered: Mapping[str, str] = MappingProxyType({})


def build(authors: Sequence[AuthorData], *, held_out: float = 0.1) -> Dataset:
    """Join the cleaned posts of all authors into one dataset.

    Args:
        authors: cleaned posts of each author.
        held_out: share of each author's posts to hold out from training, the latest ones.

    Raises:
        UserError: `held_out` is not above 0 and at most 0.5.
        NotEnoughPosts: no post is left to train on, or none to hold out.
    """
    if not 0 < held_out <= 0.5:  # noqa: PLR2004 -- at least half of the posts are trained on
        raise UserError(f"--held-out {held_out} is no share; expected a number above 0 and up to 0.5")
    sides = _without_leaks([split(author.posts, held_out, author.answered) for author in authors])
    train = tuple(chain.from_iterable(side.train for side in sides))
    test = tuple(chain.from_iterable(side.held_out for side in sides))
    if not train or not test:
        posts = counted(len(train) + len(test), "post")
        raise NotEnoughPosts(f"{posts}; at least 2 are needed, one to learn from and one to be measured on")
    return Dataset(
        train=train,
        held_out=test,
        authors=tuple(
            Author(
                account=replace(author.account, avatar=None, bio=""),
                funnel=_counted(author.funnel, len(side.train) + len(side.held_out)),
                characters=sum(len(post.text) for post in (*side.train, *side.held_out)),
                train=len(side.train),
                held_out=len(side.held_out),
                language=author.language,
                input_digest=author.input_digest,
            )
            for author, side in zip(authors, sides, strict=True)
        ),
        split_by="time" if all(map(_has_order, sides)) else "position",
        digest=digest(train, test),
    )


def _has_order(side: Split) -> bool:
    """Whether dates tell which posts of an author are the latest; a constant, like 1970, tells nothing."""
    moments = {post.created_at for post in (*side.train, *side.held_out)}
    return not side.held_out or (len(moments) > 1 and all(post.created_at for post in side.held_out))


def _without_leaks(sides: Sequence[Split]) -> list[Split]:
    """The sides of all authors, without training posts that repeat a held-out post of another author.

    What one author says twice is gone before the split.
    """
    owners = {normalized(post.text): number for number, side in enumerate(sides) for post in side.held_out}
    return [
        Split(tuple(p for p in side.train if owners.get(normalized(p.text), number) == number), side.held_out)
        for number, side in enumerate(sides)
    ]


def _counted(funnel: Funnel, kept: int) -> Funnel:
    """The funnel with what was left out since, which were duplicates."""
    repeated = funnel.kept - kept
    if repeated <= 0:  # below 0: the same input, joined as two sets of rules have cleaned it
        return funnel
    dropped = {**funnel.dropped, Reason.DUPLICATE: funnel.dropped.get(Reason.DUPLICATE, 0) + repeated}
    return replace(funnel, dropped=dropped, kept=kept)


def join(datasets: Sequence[Dataset]) -> Dataset:
    """Join several datasets; what is in the training split of any of them is not held out in the result."""
    train = _different(post for data in datasets for post in data.train)
    learnt = {normalized(post.text) for post in train}
    held_out = _different(
        post for data in datasets for post in data.held_out if normalized(post.text) not in learnt
    )
    return Dataset(
        train=train,
        held_out=held_out,
        authors=tuple(
            _with_posts(author, train, held_out)
            for author in join_authors(author for data in datasets for author in data.authors)
        ),
        split_by=datasets[0].split_by if len({data.split_by for data in datasets}) == 1 else "position",
        digest=digest(train, held_out),
    )


def _different(posts: Iterable[Post]) -> tuple[Post, ...]:
    """Each post once. Of files without ids the posts are numbered, so that an id alone tells nothing."""
    return tuple({(post.author, post.id, post.text): post for post in posts}.values())


def join_authors(authors: Iterable[Author]) -> tuple[Author, ...]:
    """One author for each handle, with the sums of all that was read of them."""
    by_handle: dict[str, list[Author]] = {}
    for author in authors:
        by_handle.setdefault(author.account.handle.casefold(), []).append(author)
    return tuple(map(_sum, by_handle.values()))


def _sum(parts: Sequence[Author]) -> Author:
    """One author of several datasets; what was read for two of them counts once."""
    inputs = [part.input_digest.split(" ") for part in parts]  # one of each location
    counted: list[Author] = []
    seen: set[str] = set()
    for part, digests in sorted(
        zip(parts, inputs, strict=True), key=lambda pair: (-len(pair[1]), -pair[0].funnel.kept)
    ):
        if not seen.issuperset(digests):
            counted.append(part)
            seen.update(digests)
    return replace(
        counted[0],
        funnel=Funnel(
            read=sum(part.funnel.read for part in counted),
            dropped=dict(sum((Counter(part.funnel.dropped) for part in counted), Counter())),
            kept=sum(part.funnel.kept for part in counted),
        ),
        characters=sum(part.characters for part in counted),
        train=sum(part.train for part in counted),
        held_out=sum(part.held_out for part in counted),
        input_digest=" ".join(dict.fromkeys(chain.from_iterable(inputs))),
    )


def _with_posts(author: Author, train: Sequence[Post], held_out: Sequence[Post]) -> Author:
    """An author with the counts of their posts among these."""
    handle = author.account.handle.casefold()
    own_train, own_held_out = (
        [post for post in posts if post.author.casefold() == handle] for posts in (train, held_out)
    )
    return replace(
        author,
        funnel=_counted(author.funnel, len(own_train) + len(own_held_out)),
        characters=sum(len(post.text) for post in (*own_train, *own_held_out)),
        train=len(own_train),
        held_out=len(own_held_out),
    )


def statistics(dataset: Dataset) -> dict[str, object]:
    """Return figures of a dataset that show no post."""
    return {
        "digest": dataset.digest,
        "split_by": dataset.split_by,
        "train": len(dataset.train),
        "held_out": len(dataset.held_out),
        "authors": msgspec.to_builtins(dataset.authors),
    }


def digest(train: Sequence[Post], held_out: Sequence[Post]) -> str:
    """Return the SHA-256 over all fields and the split of every post, in order, as 64 hex digits."""
    sha = hashlib.sha256()
    for name, posts in zip(SPLITS, (train, held_out), strict=True):
        for post in posts:
            sha.update(msgspec.json.encode((name, post)) + b"\n")
    return sha.hexdigest()
