"""How often a model of several people sees the posts of each."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from ..errors import RecipeError
from .batches import Row

MAX_GROWTH = 3  # times as many posts as there are, which an epoch may have


def author_weights(authors: Sequence[str], mix: Mapping[str, float]) -> dict[str, float]:
    """The weight of each author, as `mix` says; equal weights where it is empty.

    Raises:
        RecipeError: the mix names somebody else, leaves somebody out, or has a weight of 0 or less.
    """
    weights = {handle.removeprefix("@").casefold(): weight for handle, weight in mix.items()} or {
        author.casefold(): 1.0 for author in authors
    }
    if set(weights) != {author.casefold() for author in authors} or min(weights.values()) <= 0:
        raise RecipeError(
            f"mix {dict(mix)}: expected one weight above 0 for each of {', '.join(authors)}, "
            f"for example {' '.join(f'--mix {author}=1' for author in authors)}"
        )
    return {author: weights[author.casefold()] for author in authors}


def mixed_epoch(
    rows_by_author: Mapping[str, Sequence[list[Row]]],
    weights: Mapping[str, float],
    shuffle: random.Random,
    author_posts: int | None = None,
) -> list[list[Row]]:
    """The posts of one epoch, in numbers proportional to the weights.

    The posts of the author who has the most for their weight come once; those of the others are repeated.
    Where that would make the epoch more than `MAX_GROWTH` times as long as there are posts, everybody has as
    many fewer, and an author who has more than that is sampled.

    Args:
        rows_by_author: the rows of each author's posts.
        weights: of each author, above 0.
        shuffle: chooses the posts that come once more than others.
        author_posts: of each author at most; of those who have more others are drawn for each epoch.
    """
    if author_posts:
        rows_by_author = {
            author: shuffle.sample(rows, min(author_posts, len(rows)))
            for author, rows in rows_by_author.items()
        }
    longest = max(len(rows) / weights[author] for author, rows in rows_by_author.items())
    whole = longest * sum(weights[author] for author in rows_by_author)
    most = MAX_GROWTH * sum(map(len, rows_by_author.values()))
    scale = longest * min(1.0, most / whole)
    posts: list[list[Row]] = []
    for author, rows in rows_by_author.items():
        repeats, remainder = divmod(max(1, round(scale * weights[author])), len(rows))
        posts += [*(list(rows) * repeats), *shuffle.sample(list(rows), remainder)]
    return posts
