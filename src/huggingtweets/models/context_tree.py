"""Counts of bytes after every context of up to so many bytes, as sorted arrays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

END = 0xFF  # stands at both ends of a post; no UTF-8 text has this byte
RADIX = 256

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Contexts(NamedTuple):
    """Every context of one length, and what was seen after it.

    A context is numbered by its place in `contexts`; so is a gram, a context with a byte after it.
    """

    contexts: Integers  # sorted: number of the context without its first byte x 256 + that byte
    grams: Integers  # sorted: number of the context x 256 + the byte after it
    counts: Integers  # of each gram


class Stream(NamedTuple):
    """Posts one after another as bytes, with as many ends before each as the longest context has bytes."""

    data: Integers
    at: Integers  # where the bytes to predict are: each post's own and its end
    lengths: Integers  # how many of them each post has


class Places(NamedTuple):
    """Where the bytes of a stream are found among contexts of one length."""

    context: Integers
    known: Flags  # whether the context was ever seen
    gram: Integers
    seen: Flags  # whether the byte was ever seen after it


def stream(texts: Sequence[str], order: int) -> Stream:
    """Posts as a model of `order` bytes (the predicted one counted) reads them."""
    start = bytes([END]) * (order - 1)
    posts = [text.encode("utf-8", "surrogatepass") + bytes([END]) for text in texts]
    lengths = np.array([len(post) for post in posts], np.int64)
    data = np.frombuffer(b"".join(start + post for post in posts), np.uint8).astype(np.int64)
    at = np.arange(lengths.sum()) + (order - 1) * np.repeat(np.arange(1, len(posts) + 1), lengths)
    return Stream(data, at, lengths)


def counted(texts: Sequence[str], order: int) -> list[Contexts]:
    """Contexts of 0 to `order` - 1 bytes, shortest first."""
    data, at, _ = stream(texts, order)
    contexts, context = np.zeros(1, np.int64), np.zeros(len(at), np.int64)
    levels = []
    for length in range(order):
        if length:
            contexts, context = np.unique(context * RADIX + data[at - length], return_inverse=True)
        grams, counts = np.unique(context * RADIX + data[at], return_counts=True)
        levels.append(Contexts(contexts, grams, counts))
    return levels


def continuations(shorter: Contexts, longer: Contexts) -> Integers:
    """For each gram of `shorter`, in how many contexts of `longer`, one byte longer, it was seen."""
    within = longer.contexts[longer.grams // RADIX] // RADIX
    gram = np.searchsorted(shorter.grams, within * RADIX + longer.grams % RADIX)
    return np.bincount(gram, minlength=len(shorter.grams))


class Keys(Protocol):
    """Contexts of one length and their grams, however these are weighed."""

    @property
    def contexts(self) -> Integers: ...
    @property
    def grams(self) -> Integers: ...


def walk(levels: Sequence[Keys], posts: Stream) -> Iterator[Places]:
    """Look the stream's bytes up among contexts of each length, shortest first."""
    context, known = np.zeros(len(posts.at), np.int64), np.ones(len(posts.at), bool)
    for length, level in enumerate(levels):
        if length:
            context, known = deeper(level.contexts, context, known, posts.data[posts.at - length])
        gram, seen = _find(level.grams, context * RADIX + posts.data[posts.at])
        yield Places(context, known, gram, known & seen)


def deeper(contexts: Integers, context: Integers, known: Flags, before: Integers) -> tuple[Integers, Flags]:
    """Contexts one byte longer: their numbers, and whether they were ever seen."""
    longer, found = _find(contexts, context * RADIX + before)
    return longer, known & found


def _find(keys: Integers, wanted: Integers) -> tuple[Integers, Flags]:
    places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return places, keys[places] == wanted
