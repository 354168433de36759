"""Finds what a text copies from the training posts, without the posts: the index holds hashes only.

Every run of `run` words is stored as a keyed hash (BLAKE2b), and whole posts as one-bit minwise signatures
(Li and König 2010, "b-Bit minwise hashing"): 512 bits that say how similar two posts are. There are two kinds
of index.

| | exact | published |
|---|---|---|
| where it is | on the machine of whoever trained, below the home folder | in the model folder |
| runs | all, in 64 bits: one of 10^14 others is taken for a copy | of `PUBLISHED_RUN` words and more, \
without digits, in so few bits that 1 of `WRONG_LOOKUPS` others is taken for a copy |
| whole posts | their signatures | nothing |

A signature says how near a guess is, so it can be climbed to the post itself, and short runs and numbers can
be tried out. Hence they are not published. Whoever has a published index can still ask whether a run that
they guess whole may be in the posts; 1 of `WRONG_LOOKUPS` wrong guesses is answered with yes.
docs/security.md has what an attack finds in both.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelError
from ..files.tensors import load_settings, load_tensors, reading, save_tensors
from ..machine import cores
from ..text import NEAR, SHINGLE, normalized, spans, words
from ..text.ngrams import codes

FORMAT = "huggingtweets copy index 2"
EARLIER_FORMAT = "huggingtweets copy index 1"  # all of it exact, in the model folder
PUBLISHED_RUN = 8  # words of the shortest run that is published; a shorter one is guessed too easily
WRONG_LOOKUPS = 256  # of runs that are in no post; a published index takes one of so many for a copy
SIGNATURE = 512  # bits
BATCH = 5000  # texts whose shingles are hashed together
ROWS = 1024  # shingles whose permuted hashes are in memory at once
SALT = 16  # bytes
EXACT_BITS = 64  # of a hash

_DIGIT = re.compile(r"\d")

Hashes = NDArray[np.uint64]

_NO_RUNS: Hashes = np.empty(0, np.uint64)
_NO_SIGNATURES: Hashes = np.empty((0, SIGNATURE // 64), np.uint64)


class Copied(NamedTuple):
    """A part of a text that is in the training posts."""

    start: int  # character of the text
    end: int
    words: int  # how many


class CopyIndex:
    """Hashes of the training posts that tell what a text has copied."""

    def __init__(
        self, run: int, salt: bytes, runs: Hashes, signatures: Hashes, bits: int = EXACT_BITS
    ) -> None:
        """Use `build`, `publish` or `load`.

        Args:
            run: words in each hashed run.
            salt: key of the hashes.
            runs: sorted hashes of all runs of that many words.
            signatures: (posts, 8) one-bit signatures, 64 bits in each number; none in a published index.
            bits: of each hash, the highest ones: fewer than `EXACT_BITS` in a published index.
        """
        self.run = run
        self.exact = bits == EXACT_BITS
        self.bits = bits
        self.salt = salt
        self.runs = runs
        self._signatures = signatures
        self._keyed = hashlib.blake2b(digest_size=EXACT_BITS // 8, key=salt)
        self._factors, self._terms = _permutations(salt)

    @classmethod
    def build(cls, texts: Sequence[str], run: int) -> CopyIndex:
        """Index training posts; the same posts give the same index.

        Args:
            texts: training posts.
            run: words from which on a run counts as copied; `copies.own_run` measures it.
        """
        empty = cls(run, _salt(texts), _NO_RUNS, _NO_SIGNATURES)
        runs, _ = empty._all_runs(texts)
        return cls(run, empty.salt, np.unique(runs), empty._all_signatures(texts))

    @classmethod
    def publish(cls, texts: Sequence[str], run: int) -> CopyIndex:
        """Index training posts so that others may have the index; see the head of this file."""
        empty = cls(max(PUBLISHED_RUN, run), _salt(texts), _NO_RUNS, _NO_SIGNATURES, EXACT_BITS - 1)
        runs, count = empty._all_runs(texts)
        bits = min(EXACT_BITS - 1, (count * WRONG_LOOKUPS).bit_length())  # there are fewer runs than words
        return cls(empty.run, empty.salt, np.unique(runs >> (EXACT_BITS - bits)), _NO_SIGNATURES, bits)

    def find(self, text: str) -> list[Copied]:
        """The copied parts of `text`, in order; each run of `run` words in a part is in one post.

        Copied runs that overlap are one part, so a part can be longer than the copy of any single post.
        """
        words = list(spans(text))
        starts, digests = self._digests([word.text for word in words])
        hashes: Hashes = np.frombuffer(digests, "<u8").astype(np.uint64) >> np.uint64(EXACT_BITS - self.bits)
        copied_runs = np.array(starts, np.int64)[_contained(hashes, self.runs)]
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
        differing = np.bitwise_count(self._signatures ^ self._batch_signatures([text])).sum(axis=1).min()
        return max(0.0, 1 - 2 * float(differing) / SIGNATURE)

    def is_near_copy(self, text: str, threshold: float = NEAR) -> bool:
        """Whether `text` is nearly a training post."""
        return self.similarity(text) >= threshold

    def save(self, path: Path, people: str = "") -> None:
        """Write the index as a safetensors file; the same index gives the same bytes.

        Args:
            path: the file.
            people: whose posts it was made of, where the file may say so.
        """
        arrays = {"runs": self.runs, **({"signatures": self._signatures} if self.exact else {})}
        settings: dict[str, str | int | float] = {"run": self.run, "salt": self.salt.hex()}
        named = {"people": people} if people else {}
        save_tensors(path, FORMAT, {**settings, "bits": self.bits, **named}, arrays)

    @classmethod
    def load(cls, path: Path) -> CopyIndex:
        """Read an index that `save` wrote.

        Raises:
            ModelError: the file is absent, damaged, or of another version.
        """
        settings, arrays = load_tensors(path, FORMAT, "train the model again", EARLIER_FORMAT)
        with reading(path, "train the model again"):
            runs, signatures = arrays["runs"], arrays.get("signatures", _NO_SIGNATURES)
            run, bits = int(settings["run"]), int(settings.get("bits", EXACT_BITS))
            salt = bytes.fromhex(str(settings["salt"]))
            if run < 1 or not 0 <= bits <= EXACT_BITS or len(salt) != SALT:
                raise ValueError("its settings are out of range")
            if {runs.dtype, signatures.dtype} != {_NO_RUNS.dtype} or (
                signatures.shape[1:] != _NO_SIGNATURES.shape[1:]
            ):
                raise ValueError("its arrays are of another type")
            return cls(run, salt, runs, signatures, bits)

    def _all_runs(self, texts: Sequence[str]) -> tuple[Hashes, int]:
        """The hashes of the runs of all texts, in 64 bits, and how many words there are."""
        digests, count = [], 0
        for text in texts:
            text_words = words(text)
            digests.append(self._digests(text_words)[1])
            count += len(text_words)
        return np.frombuffer(b"".join(digests), "<u8").astype(np.uint64), count

    def _digests(self, words: Sequence[str]) -> tuple[list[int], bytes]:
        """Where each run of `run` words begins, and its hash; without those that the index leaves out."""
        runs = ["\0".join(words[i : i + self.run]) for i in range(len(words) - self.run + 1)]
        starts = [i for i, run in enumerate(runs) if self.exact or not _DIGIT.search(run)]
        return starts, b"".join([self._digest(runs[i]) for i in starts])

    def _digest(self, text: str) -> bytes:
        digest = self._keyed.copy()  # faster than to begin with the key again
        digest.update(text.encode("utf-8", "surrogatepass"))
        return digest.digest()

    def _all_signatures(self, texts: Sequence[str]) -> Hashes:
        """(texts, 8) signatures."""
        batches = [texts[start : start + BATCH] for start in range(0, len(texts), BATCH)]
        with ThreadPoolExecutor(max(1, min(len(batches), cores()))) as pool:
            return np.concatenate([_NO_SIGNATURES, *pool.map(self._batch_signatures, batches)])

    def _batch_signatures(self, texts: Sequence[str]) -> Hashes:
        """One bit of the smallest value of each permutation of the hashes of each text's shingles."""
        smallest = np.empty((len(texts), SIGNATURE), np.uint64)
        permuted = np.empty((ROWS, SIGNATURE), np.uint64)
        for row, hashes in zip(smallest, self._shingle_hashes(texts), strict=True):
            row.fill(np.iinfo(np.uint64).max)
            for start in range(0, len(hashes), ROWS):
                part = hashes[start : start + ROWS, None]
                values = np.multiply(part, self._factors, out=permuted[: len(part)])
                values += self._terms
                np.minimum(row, values.min(axis=0), out=row)
        return np.packbits((smallest >> np.uint64(20)).astype(np.uint8) & 1, axis=1).view(np.uint64)

    def _shingle_hashes(self, texts: Sequence[str]) -> Iterator[Hashes]:
        """Yield the hashes of each text's shingles; a shingle that several texts have is hashed once."""
        plain = [normalized(text) for text in texts]
        owner, code = codes(plain, SHINGLE)
        ends = np.cumsum(np.bincount(owner, minlength=len(texts)))
        _, first, number = np.unique(code, return_index=True, return_inverse=True)
        begins = np.concatenate([[0], ends])
        places = zip(owner[first].tolist(), (first - begins[owner[first]]).tolist(), strict=True)
        digests = b"".join([self._digest(plain[text][at : at + SHINGLE]) for text, at in places])
        hashes = np.frombuffer(digests, "<u8").astype(np.uint64)[number]
        for begin, end in pairwise(begins.tolist()):
            yield hashes[begin:end]


def people_of(path: Path) -> str:
    """Whose posts an index was made of; "" where it does not say so, or cannot be read."""
    with suppress(ModelError):
        return str(load_settings(path, FORMAT, "train the model again").get("people", ""))
    return ""


def _salt(texts: Sequence[str]) -> bytes:
    return hashlib.blake2b("\0".join(texts).encode("utf-8", "surrogatepass"), digest_size=SALT).digest()


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
