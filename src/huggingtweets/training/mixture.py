"""How much of each person a model of several people hears."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from ..errors import RecipeError
from ..types import Post
from .batches import Row


def shares(authors: Sequence[str], mix: Mapping[str, float]) -> dict[str, float]:
    """The weight of each author; equal ones where no mix is given, as in 2020.

    Raises:
        RecipeError: the mix names somebody else, leaves somebody out, or weighs nothing.
    """
    wanted = {handle.removeprefix("@").casefold(): weight for handle, weight in mix.items()} or {
        author.casefold(): 1.0 for author in authors
    }
    if set(wanted) != {author.casefold() for author in authors} or min(wanted.values()) <= 0:
        raise RecipeError(
            f"mix {dict(mix)}: expected one weight above 0 for each of {', '.join(authors)}, "
            f"for example {' '.join(f'--mix {author}=1' for author in authors)}"
        )
    return {author: wanted[author.casefold()] for author in authors}


def epoch(
    rows_by_author: Mapping[str, Sequence[list[Row]]], weights: Mapping[str, float], shuffle: random.Random
) -> list[list[Row]]:
    """The posts of one epoch: whoever has most for their weight once, the others as often as it takes.

    Args:
        rows_by_author: the rows of each author's posts.
        weights: of each author, above 0.
        shuffle: decides which posts come once more than others.
    """
    longest = max(len(rows) / weights[author] for author, rows in rows_by_author.items())
    drawn: list[list[Row]] = []
    for author, rows in rows_by_author.items():
        wanted = max(len(rows), round(longest * weights[author]))
        whole, rest = divmod(wanted, len(rows))
        drawn += [*(list(rows) * whole), *shuffle.sample(list(rows), rest)]
    return drawn


def by_author(posts: Sequence[Post]) -> dict[str, list[str]]:
    """The texts of each author, in order."""
    texts: dict[str, list[str]] = {}
    for post in posts:
        texts.setdefault(post.author, []).append(post.text)
    return texts
