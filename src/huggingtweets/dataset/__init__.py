"""From cleaned posts of one or more authors to a dataset: split by time, digested, stored as parquet."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from ..errors import UserError
from ..types import Account, Author, Dataset, Funnel, Post
from .split import split
from .storage import SPLITS, keep, kept, load, save

__all__ = ["SPLITS", "Part", "build", "digest", "join", "keep", "kept", "load", "save", "split", "statistics"]


class Part(NamedTuple):
    """One author's part: the kept posts in order of time, their main language, the digest of the input."""

    account: Account
    funnel: Funnel
    posts: tuple[Post, ...]
    language: str = ""
    input_digest: str = ""


def build(authors: Sequence[Part], *, held_out: float = 0.1) -> Dataset:
    """Join the kept posts of each author into one dataset.

    Args:
        authors: each author's part.
        held_out: share of each author's posts kept from training, the latest ones.

    Raises:
        UserError: `held_out` is no share between 0 and 0.5.
    """
    if not 0 < held_out <= 0.5:  # noqa: PLR2004 -- more held out than learnt from measures nothing
        raise UserError(f"--held-out {held_out} is no share; expected a number above 0 and up to 0.5")
    sides = [split(author.posts, held_out) for author in authors]
    train = tuple(chain.from_iterable(side.train for side in sides))
    later = tuple(chain.from_iterable(side.held_out for side in sides))
    return Dataset(
        train=train,
        held_out=later,
        authors=tuple(
            Author(
                account=replace(author.account, avatar=None),
                funnel=author.funnel,
                characters=sum(len(post.text) for post in author.posts),
                train=len(side.train),
                held_out=len(side.held_out),
                language=author.language,
                input_digest=author.input_digest,
            )
            for author, side in zip(authors, sides, strict=True)
        ),
        split_by="time" if all(post.created_at for post in later) else "position",
        digest=digest(train, later),
    )


def join(datasets: Sequence[Dataset]) -> Dataset:
    """The posts of several datasets as one; what any of them learnt from is held out by none."""
    train = {(post.author, post.id): post for data in datasets for post in data.train}
    later = {(p.author, p.id): p for data in datasets for p in data.held_out if (p.author, p.id) not in train}
    authors = {author.account.handle: author for data in datasets for author in data.authors}
    return Dataset(
        train=tuple(train.values()),
        held_out=tuple(later.values()),
        authors=tuple(authors.values()),
        split_by=datasets[0].split_by if len({data.split_by for data in datasets}) == 1 else "position",
        digest=digest(tuple(train.values()), tuple(later.values())),
    )


def statistics(dataset: Dataset) -> dict[str, object]:
    """What can be said of a dataset without showing a post."""
    return {
        "digest": dataset.digest,
        "split_by": dataset.split_by,
        "train": len(dataset.train),
        "held_out": len(dataset.held_out),
        "authors": msgspec.to_builtins(dataset.authors),
    }


def digest(train: Sequence[Post], held_out: Sequence[Post]) -> str:
    """Proves content: sha256 over every post's fields, in order, side by side with its split."""
    whole = hashlib.sha256()
    for name, posts in zip(SPLITS, (train, held_out), strict=True):
        for post in posts:
            whole.update(msgspec.json.encode((name, post)) + b"\n")
    return whole.hexdigest()
