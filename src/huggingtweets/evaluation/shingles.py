"""The shingles of texts, which are their character 5-grams, as matrices: what is compared to find copies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..text import SHINGLE, normalized
from ..text.ngrams import Codes, Positions, codes

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


def shingles(texts: Sequence[str]) -> tuple[Positions, Codes]:
    """The different character 5-grams of each text."""
    owner, code = codes([normalized(text) for text in texts], SHINGLE)
    order = np.lexsort((code, owner))
    owner, code = owner[order], code[order]
    first = np.ones(len(code), bool)
    first[1:] = (owner[1:] != owner[:-1]) | (code[1:] != code[:-1])
    return owner[first], code[first]


def incidence(owner: Positions, column: Positions, count: int, different: Codes) -> csr_matrix:
    """(texts, shingles): 1 where a text holds a shingle."""
    from scipy.sparse import csr_matrix  # noqa: PLC0415 -- heavy, and only needed when measuring

    ones = np.ones(len(owner), np.int32)
    held = csr_matrix((ones, (owner, column)), shape=(count, len(different)))
    held.data[:] = 1  # where a text holds it several times, too
    return held


def beyond_rarest(sizes: Positions, threshold: float) -> Positions:
    """How many of so many shingles of a text are not among its rarest; see `copies.Originals.near`."""
    beyond: Positions = np.ceil(threshold * sizes).astype(np.int64) - 1
    return beyond
