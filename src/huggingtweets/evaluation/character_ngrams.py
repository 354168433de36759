"""Character n-grams of many texts at once, counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..text.ngrams import codes

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

SIZES = (3, 4, 5)  # of n-grams, in characters
BITS = 18  # columns of `counts`, as a power of two


def counts(texts: Sequence[str]) -> csr_matrix:
    """How often each text has each character n-gram, hashed into 2^18 columns (Weinberger et al. 2009).

    Returns:
        (texts, columns) float32.
    """
    from scipy.sparse import csr_matrix  # noqa: PLC0415 -- heavy, and only needed when measuring

    ngrams = [codes([f" {text} " for text in texts], n) for n in SIZES]
    rows = np.concatenate([owner for owner, _ in ngrams])
    columns = np.concatenate([code >> np.uint64(64 - BITS) for _, code in ngrams]).astype(np.int32)
    table = csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape=(len(texts), 1 << BITS))
    table.sum_duplicates()
    return table
