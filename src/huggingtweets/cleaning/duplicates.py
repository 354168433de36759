"""Posts that say what an earlier one said.

Two posts are near duplicates where the Jaccard similarity of their character 5-grams reaches the threshold.
Candidates come from MinHash with locality-sensitive hashing (Broder 1997; Leskovec, Rajaraman, Ullman,
"Mining of Massive Datasets", ch. 3). It only proposes: of a pair the 5-grams are hashed to bits of a map, and
where the maps differ in too many bits (the bitmap filter of Sandes, Teodoro and Melo, 2020), the sets do, too.
What is left is compared itself.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray
from rensa import RMinHash, RMinHashLSH

from ..types import Reason

SHINGLE = 5  # characters
THRESHOLD = 0.8
PERMUTATIONS = 128
BANDS = 32  # 4 rows a band: a pair at 0.8 is missed with probability (1 - 0.8^4)^32, 5e-8
SEED = 1
PIECE = 4096  # texts hashed at a time
MAP_BITS = 10  # a map has 2^10 bits
MOST_DIFFERENT = (1 - THRESHOLD) / (1 + THRESHOLD)  # of both sizes, what two similar sets do not share

_Hashes = NDArray[np.uint64]
_MIX = np.uint64(0x9E3779B97F4A7C15)  # odd and irregular: 2^64 / golden ratio
_PUNCTUATION = dict.fromkeys(map(ord, "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"), " ")


def repeats(texts: Sequence[str]) -> list[Reason | None]:
    """For each text, why it goes: an earlier kept text is the same, or nearly; None where it stays."""
    normal = [_normalized(text) for text in texts]
    near = _near_repeats(list(dict.fromkeys(normal)))
    seen: set[str] = set()
    verdicts: list[Reason | None] = []
    for text in normal:
        same = Reason.DUPLICATE if text in seen else None
        verdicts.append(Reason.NEAR_DUPLICATE if text in near else same)
        seen.add(text)
    return verdicts


def _normalized(text: str) -> str:
    """Case, punctuation and white space do not make a post a new one; digits and emoji do."""
    return " ".join(text.casefold().translate(_PUNCTUATION).split()) or text


def _near_repeats(texts: list[str]) -> set[str]:
    """Those of different texts that are similar to an earlier one that is not."""
    texts = _suspects(texts)
    buckets, maps = _buckets(texts), _maps(texts)
    near: set[str] = set()
    kept: defaultdict[int, list[int]] = defaultdict(list)  # bucket -> texts in it
    for position, mine in enumerate(buckets):
        candidates = set(chain.from_iterable(kept[bucket] for bucket in mine))
        ...
    return near
