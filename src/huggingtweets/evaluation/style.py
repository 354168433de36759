"""The style score of a single post: how much a reader takes it for the person's rather than other people's.

It ships with the model as weights of hashed character n-grams, so that posts can be scored without anybody's
posts at hand. `generate --best-of` keeps what scores highest. Picking so drives towards what is most typical
of the person, past what the person's own posts are; it says nothing of sense.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelError
from ..model_folder import STYLE
from ..results import ENOUGH
from .questions.authorship import LEAST, MOST, balanced
from .reader import Reader, counts


class StyleScorer:
    """Scores posts; the higher, the more like the person."""

    def __init__(self, reader: Reader) -> None:
        """Score with a reader that knows the person from others."""
        self._reader = reader

    def scores(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Log-odds, in nats, that each text is the person's."""
        return self._reader.scores(counts(texts))


def write_style(
    train: Sequence[str], others: Mapping[str, Sequence[str]], generic: Sequence[str], folder: Path
) -> None:
    """Write what scores posts into a model folder; nothing where there is nobody to tell the person from.

    Args:
        train: the person's training posts.
        others: real posts of other people, by name.
        generic: posts of the base, for where those are too few.
        folder: of the model.
    """
    theirs = balanced(others, MOST)
    if len(theirs) < LEAST:
        theirs += generic
    if min(len(train), len(theirs)) >= ENOUGH:
        Reader.fit(counts(train[-MOST:]), counts(theirs)).save(folder / STYLE)


def load_style(folder: Path) -> StyleScorer:
    """What scores the posts of a model folder.

    Raises:
        ModelError: the folder has none, or a damaged one.
    """
    if not (folder / STYLE).is_file():
        raise ModelError(
            f"{folder} has no style score ({STYLE}): it is written when a model is evaluated and other "
            f"people's posts are at hand; run huggingtweets evaluate {folder}, with --against if need be"
        )
    return StyleScorer(Reader.load(folder / STYLE))
