"""Finds posts that repeat an earlier post, exactly or nearly.

Two texts are near-duplicates if the Jaccard similarity of their character 5-grams reaches the threshold.
MinHash with locality-sensitive hashing (Broder 1997; Leskovec, Rajaraman, Ullman, "Mining of Massive
Datasets", ch. 3) only proposes pairs: texts that share a band of their signatures. Their true similarity
decides. Texts that share no band, which are most, are left out at once. Where many texts are made from one
template, a text is compared with those that share most bands.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import compress, pairwise
from unicodedata import normalize

import numpy as np
from numpy.typing import NDArray
from rensa import RMinHash, RMinHashLSH

from ..text import REPEATED, SHINGLE, normalized
from ..types import Reason

ROWS = 6  # hashes of a band
BANDS = 60  # a pair at 0.8 shares none with probability (1 - 0.8^6)^60, 1e-8
PERMUTATIONS = ROWS * BANDS
SIEVES = (
    (5, 48),
    (ROWS, BANDS),
)  # the first is cheaper; a pair at 0.8 passes it as surely
NEAREST = 4  # texts before one in a band, and the first, with which it may be compared
COMPARED = 8  # texts at most with which one is compared
CUT = "…"  # ends a text that a place has cut
LONG = 60  # characters that no two posts have in common at their beginning by chance
SEED = 1
AT_ONCE = 12  # bands of all texts that are held in memory at a time
BATCH = 300  # texts hashed, or compared, at a time: few enough for the cache of a processor
CHARACTER_BITS = 21
FACTORS = 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F  # odd numbers with well-spread bits

Keys = NDArray[np.uint32]
Numbers = NDArray[np.int64]


def repeats(texts: Sequence[str]) -> list[Reason | None]:
    """Return for each text the reason to drop it, or None: an earlier kept text is the same, or nearly so."""
    normal = [normalized(_composed(text)) for text in texts]
    near = near_duplicates(list(dict.fromkeys(normal)))
    seen: set[str] = set()
    reasons: list[Reason | None] = []
    for text in normal:
        exact = Reason.DUPLICATE if text in seen else None
        reasons.append(Reason.NEAR_DUPLICATE if text in near else exact)
        seen.add(text)
    return reasons


def cut_versions(texts: Sequence[str], others: Sequence[str] = ()) -> set[str]:
    """Return the texts that a place has cut, and of which one of the texts or of the others is the whole."""
    cut = {text: _beginning(text) for text in texts if text.endswith(CUT) and len(text) > LONG}
    if not cut:
        return set()
    in_order = sorted(set(map(_beginning, (*texts, *others))))
    following = {text: bisect_right(in_order, normal) for text, normal in cut.items()}
    return {
        text
        for text, place in following.items()
        if place < len(in_order) and in_order[place].startswith(cut[text])
    }


def near_duplicates(texts: Sequence[str]) -> set[str]:
    """Return the near-duplicates among different texts: each is similar to an earlier text that is none."""
    for rows, bands in SIEVES:
        texts = _sharing_a_band(texts, rows, bands)
    originals: dict[int, int] = {}  # of near-duplicates: the earlier text that they repeat
    for number, candidates in _candidates(_band_keys(texts)):
        shared: Counter[int] = Counter()
        for candidate, bands in candidates:
            shared[originals.get(candidate, candidate)] += bands
        shingles = set(_shingles(texts[number]))
        for other, _ in shared.most_common(COMPARED):
            if _similarity(shingles, set(_shingles(texts[other]))) >= REPEATED:
                originals[number] = other
                break
    return {texts[number] for number in originals}


def _beginning(text: str) -> str:
    """Return what a text that may be cut and the whole one have in common."""
    return normalized(_composed(text.removesuffix(CUT)))


def _composed(text: str) -> str:
    """Return a text with its accents in their letters: a Mac writes them apart in some files."""
    return text if text.isascii() else normalize("NFC", text)


def _sharing_a_band(texts: Sequence[str], rows: int, bands: int) -> list[str]:
    """Return the texts whose signature has a band in common with that of another text, in their order."""
    hashes, ends = _shingle_hashes(texts)
    is_shared = np.zeros(len(texts), bool)
    for seed in range(bands // AT_ONCE):
        signatures = RMinHash.digest_matrix_from_flat_token_hashes(hashes, ends, rows * AT_ONCE, seed)
        index = RMinHashLSH(REPEATED, rows * AT_ONCE, AT_ONCE)
        is_shared |= np.array(index.query_duplicate_flags_matrix_one_shot(signatures), bool)
    return list(compress(texts, is_shared.tolist()))


def _band_keys(texts: Sequence[str]) -> Keys:
    """Return the hash of each band of each text's signature: (bands, texts)."""
    keys = np.empty((BANDS, len(texts)), np.uint32)
    for start in range(0, len(texts), BATCH):
        batch = texts[start : start + BATCH]
        signatures = RMinHash.digest_matrix_from_flat_token_hashes(
            *_shingle_hashes(batch), PERMUTATIONS, SEED
        )
        bands = np.array(signatures.to_rows(), np.uint64).reshape(len(batch), BANDS, ROWS)
        mixed = np.zeros((len(batch), BANDS), np.uint64)
        for row in range(ROWS):
            mixed = (mixed ^ bands[:, :, row]) * FACTORS[0]
        keys[:, start : start + BATCH] = (mixed >> 32).T
    return keys


def _candidates(keys: Keys) -> Iterator[tuple[int, Iterator[tuple[int, int]]]]:
    """Yield texts that share bands with earlier ones, and these with the number of bands."""
    count = keys.shape[1]
    order = np.argsort(keys, axis=1, kind="stable").astype(np.int32)
    first = np.empty_like(order)  # of each place in the order: the place of the first text of the same key
    place = np.empty_like(order)  # of each text
    for band, (texts, band_keys) in enumerate(zip(order, keys, strict=True)):
        in_order = band_keys[texts]
        begins = np.concatenate([[True], in_order[1:] != in_order[:-1]])[:count]
        first[band] = np.maximum.accumulate(np.where(begins, np.arange(count), 0))
        place[band, texts] = np.arange(count)
    for start in range(0, count, BATCH):
        own = place[:, start : start + BATCH]
        first_places = np.take_along_axis(first, own, axis=1)
        before = [np.maximum(own - distance, first_places) for distance in range(1, NEAREST + 1)]
        others = [np.take_along_axis(order, places, axis=1) for places in (first_places, *before)]
        yield from _by_shared_bands(np.concatenate(others), start)


def _by_shared_bands(
    others: NDArray[np.int32], start: int
) -> Iterator[tuple[int, Iterator[tuple[int, int]]]]:
    """Yield the candidates of each text of a batch, and how many bands they share.

    Args:
        others: Earlier texts in the same bands, or the text itself: (bands x places, texts of the batch).
        start: The number of the first text of the batch.
    """
    earlier = others < np.arange(start, start + others.shape[1])
    numbers = np.arange(start, start + others.shape[1]).repeat(earlier.sum(axis=0))
    pairs, shared = np.unique(numbers << 32 | others.T[earlier.T], return_counts=True)
    texts, candidates = pairs >> 32, (pairs & 0xFFFFFFFF).tolist()
    counts = shared.tolist()
    begins = np.flatnonzero(np.diff(texts, prepend=-1)).tolist()
    for begin, end in pairwise([*begins, len(texts)]):
        yield int(texts[begin]), zip(candidates[begin:end], counts[begin:end], strict=True)


def _shingle_count(text: str) -> int:
    """Count the shingles of a text, repeated ones too; a text shorter than a shingle is one shingle."""
    return max(1, len(text) - SHINGLE + 1)


def _shingles(text: str) -> list[str]:
    return [text[i : i + SHINGLE] for i in range(_shingle_count(text))]


def _shingle_hashes(texts: Sequence[str]) -> tuple[NDArray[np.uint64], Numbers]:
    """Return the 64-bit hashes of the shingles of all texts, one text after the other, and where each ends.

    The ends begin with a 0.
    """
    ends = np.cumsum([0, *map(_shingle_count, texts)])
    hashes = np.empty(ends[-1], np.uint64)
    for start in range(0, len(texts), BATCH):
        batch = texts[start : start + BATCH]
        hashes[ends[start] : ends[start + len(batch)]] = _hashes_of_few(batch)
    return hashes, ends


def _hashes_of_few(texts: Sequence[str]) -> NDArray[np.uint64]:
    """Return the same of so few texts that many times the memory of their hashes does not matter."""
    padded = [text.ljust(SHINGLE, "\0") for text in texts]
    codes = np.frombuffer("".join(padded).encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint64)
    two = codes[:-1] | codes[1:] << CHARACTER_BITS
    hashes = (two[:-3] | codes[2:-2] << 2 * CHARACTER_BITS) * FACTORS[0] + two[3:] * FACTORS[1]
    hashes = (hashes ^ hashes >> 32) * FACTORS[0]
    ends = np.cumsum([len(text) for text in padded])[:-1]
    across = np.add.outer(ends, np.arange(1 - SHINGLE, 0)).ravel()  # shingles that reach into the next text
    return np.delete(hashes, across)


def _similarity(one: set[str], other: set[str]) -> float:
    """Return the Jaccard similarity of two sets of shingles, from 0 to 1."""
    common = len(one & other)
    return common / (len(one) + len(other) - common)
