"""Finds what a text copies from the training posts, without the posts: the index holds hashes only.

Every run of `run` words is stored as a keyed 64-bit hash (BLAKE2b). So a copied run is always found, and
about one of 10^14 other runs is taken for a copy. Whole posts are stored as one-bit minwise signatures (Li
and König 2010, "b-Bit minwise hashing"): 512 bits that say how similar two posts are. Half of all possible
shingles share a bit, so a bit reveals none of them; whoever hashes every possible shingle could read most of
a post's shingles from full minwise values.

Nobody can read posts out of the file. But whoever has it can ask whether a run they know is in the posts,
and can find the word that follows a run they know by trying words. No index that finds copies can prevent
that.
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
    """A part of a text that is in the training posts."""

    start: int  # character of the text
    end: int
    words: int  # how many


class CopyIndex:
    """Hashes of the training posts that tell what a text has copied."""

    def __init__(self, run: int, salt: bytes, runs: Hashes, signatures: Hashes) -> None:
        """Use `build` or `load`.

        Args:
            run: words in each hashed run.
            salt: key of the hashes.
            runs: sorted hashes of all runs of that many words.
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
            run: words from which on a run counts as copied; `copies.own_run` measures it.
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
        """The copied parts of `text`, in order; each run of `run` words in a part is in one post.

        Copied runs that overlap are one part, so a part can be longer than the copy of any single post.
        """
        words = list(spans(text))
        copied_runs = np.flatnonzero(_contained(np.array(self._hashed(words), np.uint64), self._runs))
        parts = np.split(copied_runs, np.flatnonzero(np.diff(copied_runs) > 1) + 1)
        return [
            Copied(words[part[0]].start, words[part[-1] + self.run - 1].end, len(part) + self.run - 1)
            for part in parts
            if len(part)
        ]

    def similarity(self, text: str) -> float:
        """The estimated Jaccard similarity to the most similar training post, of character 5-grams: 0 to 1.

        The standard error is 0.03 near 0.7; a post that is in the index has 1.
        """
        if not len(self._signatures):
            return 0.0
        differing = np.bitwise_count(self._signatures ^ self._signature(text)).sum(axis=1).min()
        return max(0.0, 1 - 2 * float(differing) / SIGNATURE)

    def is_near_copy(self, text: str, threshold: float = NEAR) -> bool:
        """Whether `text` is nearly a training post."""
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

    def _hashed(self, words: Sequence[Word]) -> list[int]:
        """The hash of each run of `run` words."""
        return [
            _hash("\0".join(word.text for word in words[i : i + self.run]), self._salt)
            for i in range(len(words) - self.run + 1)
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
    random_bytes = hashlib.shake_128(salt).digest(16 * SIGNATURE)
    factors, terms = np.frombuffer(random_bytes, "<u8").astype(np.uint64).reshape(2, SIGNATURE)
    return factors | np.uint64(1), terms


def _contained(hashes: Hashes, sorted_hashes: Hashes) -> NDArray[np.bool_]:
    """Which of `hashes` are among the sorted ones."""
    if not len(sorted_hashes):
        return np.zeros(len(hashes), bool)
    places = np.minimum(np.searchsorted(sorted_hashes, hashes), len(sorted_hashes) - 1)
    return np.asarray(sorted_hashes[places] == hashes)
