"""A classifier that has learnt to tell two kinds of posts apart by their character n-grams.

Logistic regression on TF-IDF of character 3- to 5-grams: the strong plain baseline of authorship
verification (Stamatatos 2009, "A survey of modern authorship attribution methods").
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..files.tensors import load_tensors, reading, save_tensors
from ..results import Figure
from . import intervals
from .character_ngrams import BITS

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

FORMAT = "huggingtweets reader 1"
STRENGTH = 10.0  # inverse of the regularization
ROUNDS = 2000  # at most; a few are enough, unless both kinds hold the same posts

Scores = NDArray[np.float64]
Weights = NDArray[np.float32]


class Classifier:
    """Scores posts: above 0 of the first kind, below 0 of the second. Make one with `fit` or `load`."""

    def __init__(self, rarity: Weights, weights: Weights, bias: float) -> None:
        """A classifier with these weights; `fit` learns them, `load` reads them.

        Args:
            rarity: inverse document frequency of each hashed n-gram.
            weights: of each hashed n-gram.
            bias: added to every score.
        """
        self._rarity = rarity
        self._weights = weights
        self._bias = bias

    @classmethod
    def fit(cls, first: csr_matrix, second: csr_matrix) -> Classifier:
        """Learn to tell posts of the first kind from those of the second; both kinds weigh the same.

        Args:
            first: n-gram counts of posts of the first kind, from `counts`.
            second: the same of the second kind.
        """
        from scipy.sparse import vstack  # noqa: PLC0415 -- heavy, and only needed when measuring
        from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 -- the same

        both = vstack([first, second], format="csr")
        frequency = np.bincount(both.indices, minlength=both.shape[1])
        rarity = (np.log((1 + both.shape[0]) / (1 + frequency)) + 1).astype(np.float32)
        kind = np.arange(both.shape[0]) < first.shape[0]
        model = LogisticRegression(  # the dual form, since there are far fewer posts than n-grams
            C=STRENGTH,
            solver="liblinear",
            dual=True,
            class_weight="balanced",
            random_state=0,
            max_iter=ROUNDS,
        )
        model.fit(_weighed(both, rarity), kind)
        return cls(rarity, model.coef_[0].astype(np.float32), float(model.intercept_[0]))

    def scores(self, posts: csr_matrix) -> Scores:
        """Log-odds, in nats, that each post is of the first kind; `posts` are counts from `counts`."""
        return np.asarray(_weighed(posts, self._rarity) @ self._weights + self._bias, np.float64)

    def without(self, columns: NDArray[np.bool_]) -> Classifier:
        """The same classifier, blind to these n-grams: posts are scored as if they had none of them."""
        return Classifier(np.where(columns, np.float32(0), self._rarity), self._weights, self._bias)

    def save(self, path: Path) -> None:
        """Write the classifier as a safetensors file of 2 MB."""
        arrays = {"rarity": self._rarity, "weights": self._weights}
        save_tensors(path, FORMAT, {"bias": self._bias}, arrays)

    @classmethod
    def load(cls, path: Path) -> Classifier:
        """Read a classifier that `save` wrote.

        Raises:
            ModelError: the file is absent, damaged, or of another version.
        """
        settings, arrays = load_tensors(path, FORMAT, "evaluate the model again")
        with reading(path, "evaluate the model again"):
            rarity, weights = arrays["rarity"], arrays["weights"]
            if {(array.shape, array.dtype) for array in (rarity, weights)} != {
                ((1 << BITS,), np.dtype("f4"))
            }:
                raise ValueError("an array of another size or type was expected")
            return cls(rarity, weights, float(settings["bias"]))


def auc(high: ArrayLike, low: ArrayLike) -> float:
    """Area under the ROC curve: the chance that one of `high` is above one of `low`, ties counted half."""
    ascending = np.sort(low)
    below, not_above = np.searchsorted(ascending, high, "left"), np.searchsorted(ascending, high, "right")
    return float((below + not_above).mean() / (2 * len(ascending)))


def auc_figure(high: Scores, low: Scores, *, seed: int) -> Figure:
    """`auc` with its interval, over posts of both sides."""
    return intervals.bootstrap(_aucs, high, low, seed=seed)


def _aucs(highs: Scores, lows: Scores) -> Scores:
    return np.array([auc(high, low) for high, low in zip(highs, lows, strict=True)])


def _weighed(counts: csr_matrix, rarity: Weights) -> csr_matrix:
    """TF-IDF with logarithmic counts, each row of length 1."""
    weighed = counts.copy()
    weighed.data = (1 + np.log(counts.data)) * rarity[counts.indices]
    lengths = np.sqrt(np.asarray(weighed.multiply(weighed).sum(axis=1)).ravel())
    weighed.data /= np.repeat(np.maximum(lengths, 1e-9), np.diff(weighed.indptr)).astype(np.float32)
    return weighed
