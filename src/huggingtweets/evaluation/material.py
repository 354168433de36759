"""The posts that are compared, sorted into groups, with what would flatter a model left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..errors import NotEnoughPosts
from ..results import BASE, ENOUGH, MODEL, NGRAM, OTHERS, OWN
from ..text import normalized
from .copies import Originals
from .floors import FitNgram, NgramFloor
from .questions.authorship import balanced

LEAK = 0.8  # Jaccard similarity with a training post from which on a held-out post has been learnt from
LATER = 0.3  # share of other people's posts, their latest, that is only compared with
LEAST, MOST = 100, 500  # posts that the n-gram model writes, and that other people are compared with


@dataclass(frozen=True)
class Material:
    """What every question is asked of."""

    originals: Originals  # the training posts
    kept: list[int]  # positions of held-out posts that have not leaked
    leaked: list[int]  # and of those that have
    groups: dict[str, list[str]]  # those of at least `ENOUGH` posts
    others: dict[str, list[str]]  # to learn the difference from; the later ones are a group
    ngram: NgramFloor


def gather(
    train: Sequence[str],
    held_out: Sequence[str],
    generated: Sequence[str],
    base: Sequence[str],
    others: Mapping[str, Sequence[str]],
    fit_ngram: FitNgram,
    seed: int,
) -> Material:
    """Sort posts into groups.

    Held-out posts that are training posts too, or nearly, are left out, and so are other people's posts
    that are the person's: both would be recognised, not judged.

    Raises:
        NotEnoughPosts: nothing can be compared with so few training posts.
    """
    if len(train) < ENOUGH:
        raise NotEnoughPosts(f"{len(train)} training posts; {ENOUGH} are needed to measure a model by")
    originals = Originals(train)
    nearest = originals.nearest(held_out)
    kept = [i for i, found in enumerate(nearest) if found.similarity < LEAK]
    mine = {normalized(text) for text in (*train, *held_out)}
    theirs = {
        name: [text for text in posts if normalized(text) not in mine] for name, posts in others.items()
    }
    ngram = fit_ngram(train)
    border = {name: round((1 - LATER) * len(posts)) for name, posts in theirs.items()}
    groups = {
        MODEL: list(generated),
        OWN: [held_out[i] for i in kept],
        BASE: list(base),
        NGRAM: ngram.generate(count=min(MOST, max(LEAST, len(generated))), seed=seed),
        OTHERS: balanced({name: posts[border[name] :] for name, posts in theirs.items()}, MOST),
    }
    return Material(
        originals=originals,
        kept=kept,
        leaked=[i for i, found in enumerate(nearest) if found.similarity >= LEAK],
        groups={name: posts for name, posts in groups.items() if len(posts) >= ENOUGH},
        others={name: posts[: border[name]] for name, posts in theirs.items()},
        ngram=ngram,
    )
