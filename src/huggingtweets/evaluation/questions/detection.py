"""Can a machine tell its posts from the posts it learnt from?

A classifier two-sample test (Lopez-Paz and Oquab 2017): a reader learns to tell a group's posts from as many
training posts, and is asked about posts it has not seen, by cross-validation. An AUC of 0.5 means that it
cannot. The ceiling is other training posts, since later posts differ by their time alone.

Catches what sounds right and is not: shuffled words, one post repeated, broken sentences. Blind to copying;
well below 0.5 it says that the same posts are on both sides.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ...results import ENOUGH, OWN, Figure, Groups, Row, common, row
from ..reader import Reader, auc_figure, counts

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

FOLDS = 3
MOST = 300  # posts of a group


def measure(train: Sequence[str], groups: Groups, *, seed: int) -> Row:
    """AUC of telling each group's posts from training posts; the same number of each for all groups."""
    written = {name: texts for name, texts in groups.items() if name != OWN}
    size = min(MOST, len(train) // 2, common({name: len(texts) for name, texts in written.items()}))
    if size < ENOUGH:
        return row({}, "ceiling")
    rng = np.random.default_rng(seed)
    drawn = rng.permutation(len(train))[: 2 * size]
    real, more = counts([train[i] for i in drawn[:size]]), counts([train[i] for i in drawn[size:]])
    asked = {
        name: counts([texts[i] for i in rng.permutation(len(texts))[:size]])
        for name, texts in written.items()
        if len(texts) >= size
    }
    return row(
        {name: _told_apart(found, real, seed) for name, found in {**asked, OWN: more}.items()}, "ceiling"
    )


def _told_apart(group: csr_matrix, real: csr_matrix, seed: int) -> Figure:
    """Every post scored by a reader that learnt from the other folds."""
    fold = np.arange(group.shape[0]) % FOLDS
    theirs, ours = np.zeros(len(fold)), np.zeros(len(fold))
    for held in range(FOLDS):
        learnt, kept = np.flatnonzero(fold != held), np.flatnonzero(fold == held)
        reader = Reader.fit(group[learnt], real[learnt])
        theirs[kept], ours[kept] = reader.scores(group[kept]), reader.scores(real[kept])
    return auc_figure(theirs, ours, seed=seed)
