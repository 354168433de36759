"""Character n-grams of many texts at once, as numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

MIX = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio: Knuth's multiplicative hashing

Codes = NDArray[np.uint64]
Positions = NDArray[np.int64]


def codes(texts: Sequence[str], n: int) -> tuple[Positions, Codes]:
    """Every character n-gram of every text: which text it is in, and a 64-bit number for it.

    Different n-grams have different numbers, but for a chance of about 1 in 2^64 a pair. A text shorter than
    `n` is padded with spaces, so that each has at least one n-gram.
    """
    padded = [text.ljust(n) for text in texts]
    letters = np.frombuffer("".join(padded).encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    lengths = np.array([len(text) for text in padded], np.int64)
    owner = np.repeat(np.arange(len(texts)), lengths)
    ends = np.repeat(np.cumsum(lengths), lengths)
    starts = np.flatnonzero(np.arange(len(letters)) + n <= ends)
    code = np.zeros(len(starts), np.uint64)
    for i in range(n):
        code = (code ^ letters[starts + i]) * MIX
        code ^= code >> np.uint64(29)
    return owner[starts], code
