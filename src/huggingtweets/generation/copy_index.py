"""Finds what a text copies from the training posts, without the posts: the index holds hashes only.

Runs of words are kept as keyed 64-bit hashes (BLAKE2b), one for each run of `run` words, so a copied run is
always found, and one is found by accident about once in 10^14 lookups. Whole posts are kept as one-bit
minwise signatures (Li and König 2010, "b-Bit minwise hashing"): 512 bits that say how alike two posts are.
A bit is shared by half of all possible shingles, so it tells none; full minwise values would give most of a
post's shingles away to whoever hashes every possible one.

What this protects from: reading posts out of the file. What it cannot: whoever has the file can ask whether
a run they know is in the posts, and by trying words find the one that follows a run they know. That is what
finding copies means.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..files import load_tensors, save_tensors
from ..text import NEAR, SHINGLE, Word, normalized, spans

FORMAT = "huggingtweets copy index 1"
SIGNATURE = 512  # bits
SALT = 16  # bytes

Hashes = NDArray[np.uint64]


class Copied(NamedTuple):
    """A part of a text that stands in the training posts: its place in the text, and its words."""

    start: int
    end: int
    words: int


class CopyIndex:
    """Hashes of the training posts that answer what a text has copied."""

    def __init__(self, run: int, salt: bytes, runs: Hashes, signatures: Hashes) -> None:
        """Use `build` or `load`.

        Args:
            run: words in each hashed run.
            salt: the hashes' key.
            runs: sorted hashes of every run of that many words.
            signatures: (posts, 8) one-bit signatures, 64 bits in each number.
        """
        self.run = run
        self._salt = salt
        self._runs = runs
        self._signatures = signatures
        self._factors, self._terms = _permutations(salt)

    @classmethod
    def build(cls, texts: Sequence[str], run: int) -> CopyIndex:
        """Index training posts; the same posts give the same index.

        Args:
            texts: training posts.
            run: words from which on a run counts as copied; `copying.own_run` finds it.
        """
        salt = hashlib.blake2b("\0".join(texts).encode("utf-8", "surrogatepass"), digest_size=SALT).digest()
        empty = cls(run, salt, np.empty(0, np.uint64), np.empty((0, SIGNATURE // 64), np.uint64))
        runs = [code for text in texts for code in empty._hashed(list(spans(text)))]
        signatures = [empty._signature(text) for text in texts]
        return cls(
            run,
            salt,
            np.unique(np.array(runs, np.uint64)),
            np.array(signatures, np.uint64).reshape(-1, SIGNATURE // 64),
        )

    def find(self, text: str) -> list[Copied]:
        """The parts of `text` that are copied, in order; each `run` words of a part stand in one post.

        Runs that follow one another word by word are one part, so a part can be longer than what stands in
        any single post.
        """
        found = list(spans(text))
        hits = np.flatnonzero(_among(np.array(self._hashed(found), np.uint64), self._runs))
        parts = np.split(hits, np.flatnonzero(np.diff(hits) > 1) + 1)
        return [
            Copied(found[part[0]].start, found[part[-1] + self.run - 1].end, len(part) + self.run - 1)
            for part in parts
            if len(part)
        ]

    def similarity(self, text: str) -> float:
        """About the Jaccard similarity of character 5-grams with the most similar training post, 0 to 1.

        The standard error is 0.03 near 0.7; a post that is in the index has 1.
        """
        if not len(self._signatures):
            return 0.0
        differing = np.bitwise_count(self._signatures ^ self._signature(text)).sum(axis=1).min()
        return max(0.0, 1 - 2 * float(differing) / SIGNATURE)

    def is_near_copy(self, text: str, threshold: float = NEAR) -> bool:
        """Whether `text` nearly is a training post."""
        return self.similarity(text) >= threshold

    def save(self, path: Path) -> None:
        """Write the index as a safetensors file; the same index gives the same bytes."""
        arrays = {"runs": self._runs, "signatures": self._signatures}
        save_tensors(path, FORMAT, {"run": self.run, "salt": self._salt.hex()}, arrays)

    @classmethod
    def load(cls, path: Path) -> CopyIndex:
        """Read an index that `save` wrote.

        Raises:
            ModelError: the file is absent, damaged, or of another version.
        """
        settings, arrays = load_tensors(path, FORMAT, "train the model again")
        return cls(settings["run"], bytes.fromhex(settings["salt"]), arrays["runs"], arrays["signatures"])

    def _hashed(self, found: Sequence[Word]) -> list[int]:
        """The hash of each run of `run` words."""
        return [
            _hash("\0".join(word.text for word in found[i : i + self.run]), self._salt)
            for i in range(len(found) - self.run + 1)
        ]

    def _signature(self, text: str) -> Hashes:
        """One bit of the smallest value of each permutation of the text's shingles."""
        plain = normalized(text)
        shingles = {plain[i : i + SHINGLE] for i in range(max(1, len(plain) - SHINGLE + 1))}
        hashes = np.array([_hash(shingle, self._salt) for shingle in shingles], np.uint64)
        smallest = (hashes[:, None] * self._factors + self._terms).min(axis=0)
        bits = (smallest >> np.uint64(20)).astype(np.uint8) & 1
        return np.packbits(bits).view(np.uint64)


def _hash(text: str, salt: bytes) -> int:
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8, key=salt)
    return int.from_bytes(digest.digest(), "little")


def _permutations(salt: bytes) -> tuple[Hashes, Hashes]:
    """Odd factors and terms of `SIGNATURE` multiply-add permutations of 64-bit numbers, from the salt."""
    drawn = hashlib.shake_128(salt).digest(16 * SIGNATURE)
    factors, terms = np.frombuffer(drawn, "<u8").astype(np.uint64).reshape(2, SIGNATURE)
    return factors | np.uint64(1), terms


def _among(hashes: Hashes, known: Hashes) -> NDArray[np.bool_]:
    if not len(known):
        return np.zeros(len(hashes), bool)
    places = np.minimum(np.searchsorted(known, hashes), len(known) - 1)
    return np.asarray(known[places] == hashes)
