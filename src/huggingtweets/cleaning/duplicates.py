"""Finds posts that repeat an earlier post, exactly or nearly.

Two texts are near-duplicates if the Jaccard similarity of their character 5-grams reaches the threshold.
MinHash with locality-sensitive hashing (Broder 1997; Leskovec, Rajaraman, Ullman, "Mining of Massive
Datasets", ch. 3) only proposes pairs; their true similarity decides. It runs twice. The first run, with
shingles hashed by numpy, finds all texts that have a similar text. The second run finds the pairs in these.
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
BANDS = 60  # of 6 rows: each run misses a pair at 0.8 with probability (1 - 0.8^6)^60, 1e-8
LIKELY = 0.68  # similarity estimated from the hashes; 5 standard deviations below 0.8
SEED = 1
BATCH = 1000  # texts hashed at a time
SPACED = bytes(ord(" ") if chr(code) in punctuation else code for code in range(256))
CHARACTER_BITS = 21
FACTORS = 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F  # odd numbers with well-spread bits


def repeats(texts: Sequence[str]) -> list[Reason | None]:
    """Return for each text the reason to drop it, or None: an earlier kept text is the same, or nearly so."""
    normal = [normalized(text) for text in texts]
    near = near_duplicates(list(dict.fromkeys(normal)))
    seen: set[str] = set()
    reasons: list[Reason | None] = []
    for text in normal:
        exact = Reason.DUPLICATE if text in seen else None
        reasons.append(Reason.NEAR_DUPLICATE if text in near else exact)
        seen.add(text)
    return reasons


def normalized(text: str) -> str:
    """Return a text without what makes no difference: case, punctuation and white space."""
    spaced = text.casefold().encode("utf-8", "surrogatepass").translate(SPACED)  # faster on bytes
    return " ".join(spaced.decode("utf-8", "surrogatepass").split()) or text


def near_duplicates(texts: Sequence[str]) -> set[str]:
    """Return the near-duplicates among different texts: each is similar to an earlier text that is none."""
    duplicates: set[str] = set()
    index = RMinHashLSH(THRESHOLD, PERMUTATIONS, BANDS)
    candidates = _candidates(texts)
    signatures = _signatures(candidates)
    for position, (text, signature) in enumerate(zip(candidates, signatures, strict=True)):
        likely = (
            candidates[other]
            for other in index.query(signature)
            if signature.jaccard(signatures[other]) >= LIKELY
        )
        if any(_similarity(text, other) >= THRESHOLD for other in likely):
            duplicates.add(text)
        else:
            index.insert(position, signature)
    return duplicates


def _candidates(texts: Sequence[str]) -> list[str]:
    """Return the texts that may be near-duplicates of another: all that are, and a few more."""
    ends = np.cumsum([0, *(_shingle_count(text) for text in texts)])
    hashes = np.empty(ends[-1], np.uint64)
    for start in range(0, len(texts), BATCH):
        batch = texts[start : start + BATCH]
        hashes[ends[start] : ends[start + len(batch)]] = _shingle_hashes(batch)
    signatures = RMinHash.digest_matrix_from_flat_token_hashes(hashes, ends, PERMUTATIONS, SEED)
    del hashes  # the largest thing in memory
    flags = RMinHashLSH(THRESHOLD, PERMUTATIONS, BANDS).query_duplicate_flags_matrix_one_shot(signatures)
    return [text for text, flag in zip(texts, flags, strict=True) if flag]


def _signatures(texts: Sequence[str]) -> list[RMinHash]:
    batches = (texts[start : start + BATCH] for start in range(0, len(texts), BATCH))
    shingles = ([_shingles(text) for text in batch] for batch in batches)
    return [s for batch in shingles for s in RMinHash.from_token_sets(batch, PERMUTATIONS, SEED)]


def _shingle_count(text: str) -> int:
    """Count the shingles of a text, repeated ones too; a text shorter than a shingle is one shingle."""
    return max(1, len(text) - SHINGLE + 1)


def _shingles(text: str) -> list[str]:
    return [text[i : i + SHINGLE] for i in range(_shingle_count(text))]


def _shingle_hashes(texts: Sequence[str]) -> NDArray[np.uint64]:
    """Return the 64-bit hashes of the shingles of all texts, one text after the other."""
    padded = [text.ljust(SHINGLE, "\0") for text in texts]
    codes = np.frombuffer("".join(padded).encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint64)
    two = codes[:-1] | codes[1:] << CHARACTER_BITS
    hashes = (two[:-3] | codes[2:-2] << 2 * CHARACTER_BITS) * FACTORS[0] + two[3:] * FACTORS[1]
    hashes = (hashes ^ hashes >> 32) * FACTORS[0]
    ends = np.cumsum([len(text) for text in padded])[:-1]
    across = np.add.outer(ends, np.arange(1 - SHINGLE, 0)).ravel()  # shingles that reach into the next text
    return np.delete(hashes, across)


def _similarity(a: str, b: str) -> float:
    """Return the Jaccard similarity of the shingles of two texts, from 0 to 1."""
    of_a, of_b = set(_shingles(a)), set(_shingles(b))
    return len(of_a & of_b) / len(of_a | of_b)
