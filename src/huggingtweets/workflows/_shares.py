"""In which shares a model writes like several people, and posts of theirs in the same shares.

Training gives everybody the same weight, or that of the recipe's mix, however many posts each has. So what
the model writes is compared with posts in these shares. All posts would be mostly those of whoever has most.
"""

from __future__ import annotations

from collections.abc import Sequence

from .. import dataset
from ..results import ENOUGH
from ..types import Post, Record


def as_written(posts: Sequence[Post], record: Record) -> Sequence[Post]:
    """The latest posts of each author, in the shares in which a model writes like them.

    These are all posts where the shares are those of the posts, or are not known, as of merged models, and
    where too few posts to measure with would be left.
    """
    if record.recipe.method == "ngram" or record.merged_from:
        return posts
    from ..training.mixture import author_weights  # noqa: PLC0415 -- with torch, which posts are read without

    mix = {} if record.recipe.speakers else record.recipe.mix  # speakers are chosen equally often
    weights = author_weights([author.account.handle for author in record.authors], mix)
    matched = dataset.in_shares(posts, weights)
    return matched if len(matched) >= 2 * ENOUGH else posts
