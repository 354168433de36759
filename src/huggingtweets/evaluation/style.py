"""The style score of a single post: how sure a classifier is that it is the person's, not other people's.

The weights of hashed character n-grams are in the model folder, so that posts can be scored without the posts
of anybody. N-grams of few posts are left out: with them, a name or number that one post has could be guessed
behind a known beginning (docs/log.md). `generate --best-of` picks the posts with the highest score. What is
picked is more typical of the person than the person's own posts are; the score says nothing about sense.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelError
from ..model_folder import STYLE
from ..results import ENOUGH
from .character_ngrams import counts
from .classifier import Classifier
from .material import balanced
from .questions.authorship import LEAST, MOST

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

SHARED = 5  # posts of one side that an n-gram is in, at least


class StyleScorer:
    """Scores posts; the higher, the more like the person."""

    def __init__(self, classifier: Classifier) -> None:
        """Score with a classifier that tells the person from others."""
        self._classifier = classifier

    def scores(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Log-odds, in nats, that each text is the person's."""
        return self._classifier.scores(counts(texts))


def write_style(
    train: Sequence[str],
    others: Mapping[str, Sequence[str]],
    generic: Sequence[str],
    imitations: Sequence[str],
    folder: Path,
) -> None:
    """Write the scorer of posts into a model folder; nothing if there are no posts to tell the person's from.

    Args:
        train: the person's training posts.
        others: real posts of other people, by name.
        generic: posts of the base, for when those are too few.
        imitations: posts of an n-gram model of the person, which have no sense.
        folder: of the model.
    """
    theirs = balanced(others, MOST)
    if len(theirs) < LEAST:
        theirs += generic
    if min(len(train), len(theirs)) >= ENOUGH:
        own, foreign = counts(train[-MOST:]), counts([*theirs, *imitations])
        shared = (_posts_with(own) >= SHARED) | (_posts_with(foreign) >= SHARED)
        classifier = Classifier.fit(_only(own, shared), _only(foreign, shared))
        classifier.without(~shared).save(folder / STYLE)  # else a post's other n-grams would scale its score


def _posts_with(counts: csr_matrix) -> NDArray[np.int64]:
    """In how many posts each n-gram is."""
    return np.bincount(counts.indices, minlength=counts.shape[1])


def _only(counts: csr_matrix, columns: NDArray[np.bool_]) -> csr_matrix:
    """The counts of these n-grams; those of all others are none."""
    only = counts.copy()
    only.data *= columns[only.indices]
    only.eliminate_zeros()
    return only


def load_style(folder: Path) -> StyleScorer:
    """The scorer of a model folder.

    Raises:
        ModelError: the folder has none, or a damaged one.
    """
    if not (folder / STYLE).is_file():
        raise ModelError(
            f"{folder} has no style score ({STYLE}): it is written when a model is evaluated and other "
            f"people's posts are at hand; run huggingtweets evaluate {shlex.quote(str(folder))}, "
            "with --against if need be"
        )
    return StyleScorer(Classifier.load(folder / STYLE))
