"""Posts that say what an earlier one said.

Nearly the same are two texts when the Jaccard similarity of their character 5-grams reaches the threshold.
MinHash with locality-sensitive hashing (Broder 1997; Leskovec, Rajaraman, Ullman, "Mining of Massive
Datasets", ch. 3) only proposes pairs, and their true similarity decides. It is asked twice: of all texts,
whose shingles numpy hashes, only which have a partner at all; and of these few, which one.
"""

from __future__ import annotations

from collections.abc import Sequence
from string import punctuation

import numpy as np
from numpy.typing import NDArray
from rensa import RMinHash, RMinHashLSH

from ..types import Reason

SHINGLE = 5  # characters
THRESHOLD = 0.8
PERMUTATIONS = 360
BANDS = 60  # 6 rows a band: a pair at 0.8 is missed each time with probability (1 - 0.8^6)^60, 1e-8
LIKELY = 0.68  # estimated from the hashes: of a pair at 0.8, 5 standard deviations too low
SEED = 1
PIECE = 1000  # texts hashed at a time
SPACED = bytes(ord(" ") if chr(code) in punctuation else code for code in range(256))
CODE = 21  # bits of a character
FACTORS = 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F  # odd numbers with their bits well spread


def repeats(texts: Sequence[str]) -> list[Reason | None]:
    """For each text, why it goes: an earlier kept text is the same, or nearly; None where it stays."""
    normal = [normalized(text) for text in texts]
    near = near_duplicates(list(dict.fromkeys(normal)))
    seen: set[str] = set()
    verdicts: list[Reason | None] = []
    for text in normal:
        repeated = Reason.DUPLICATE if text in seen else None
        verdicts.append(Reason.NEAR_DUPLICATE if text in near else repeated)
        seen.add(text)
    return verdicts


def normalized(text: str) -> str:
    """Case, punctuation and white space do not make a post a new one; digits and emoji do."""
    spaced = text.casefold().encode("utf-8", "surrogatepass").translate(SPACED)  # faster than of characters
    return " ".join(spaced.decode("utf-8", "surrogatepass").split()) or text


def near_duplicates(texts: Sequence[str]) -> set[str]:
    """Those of different texts that are nearly the same as an earlier one which is none of them."""
    found: set[str] = set()
    index = RMinHashLSH(THRESHOLD, PERMUTATIONS, BANDS)
    suspects = _suspects(texts)
    signatures = _signatures(suspects)
    for position, (text, signature) in enumerate(zip(suspects, signatures, strict=True)):
        likely = (
            suspects[other]
            for other in index.query(signature)
            if signature.jaccard(signatures[other]) >= LIKELY
        )
        if any(_similarity(text, other) >= THRESHOLD for other in likely):
            found.add(text)
        else:
            index.insert(position, signature)
    return found


def _suspects(texts: Sequence[str]) -> list[str]:
    """The texts which the hash takes for nearly the same as another: all that are, and a few more."""
    ends = np.cumsum([0, *(_shingle_count(text) for text in texts)])
    hashes = np.empty(ends[-1], np.uint64)
    for start in range(0, len(texts), PIECE):
        piece = texts[start : start + PIECE]
        hashes[ends[start] : ends[start + len(piece)]] = _shingle_hashes(piece)
    signatures = RMinHash.digest_matrix_from_flat_token_hashes(hashes, ends, PERMUTATIONS, SEED)
    del hashes  # the largest thing in memory
    flags = RMinHashLSH(THRESHOLD, PERMUTATIONS, BANDS).query_duplicate_flags_matrix_one_shot(signatures)
    return [text for text, flag in zip(texts, flags, strict=True) if flag]


def _signatures(texts: Sequence[str]) -> list[RMinHash]:
    pieces = (texts[start : start + PIECE] for start in range(0, len(texts), PIECE))
    shingles = ([_shingles(text) for text in piece] for piece in pieces)
    return [s for piece in shingles for s in RMinHash.from_token_sets(piece, PERMUTATIONS, SEED)]


def _shingle_count(text: str) -> int:
    """With repetitions; a text shorter than a shingle is one."""
    return max(1, len(text) - SHINGLE + 1)


def _shingles(text: str) -> list[str]:
    return [text[i : i + SHINGLE] for i in range(_shingle_count(text))]


def _shingle_hashes(texts: Sequence[str]) -> NDArray[np.uint64]:
    """Hashes of the shingles of one text after the other, in 64 bits."""
    filled = [text.ljust(SHINGLE, "\0") for text in texts]
    codes = np.frombuffer("".join(filled).encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint64)
    two = codes[:-1] | codes[1:] << CODE
    hashes = (two[:-3] | codes[2:-2] << 2 * CODE) * FACTORS[0] + two[3:] * FACTORS[1]
    hashes = (hashes ^ hashes >> 32) * FACTORS[0]
    ends = np.cumsum([len(text) for text in filled])[:-1]
    across = np.add.outer(ends, np.arange(1 - SHINGLE, 0)).ravel()  # from one text into the next
    return np.delete(hashes, across)


def _similarity(a: str, b: str) -> float:
    """Jaccard similarity of the shingles, from 0 to 1."""
    left, right = set(_shingles(a)), set(_shingles(b))
    return len(left & right) / len(left | right)
