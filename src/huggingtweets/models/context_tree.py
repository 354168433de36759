"""Counts of bytes after every context of up to so many bytes, as sorted arrays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Sized
from typing import NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

END = 0xFF  # before and after every post; no UTF-8 text has this byte
RADIX = 256

Bytes = NDArray[np.uint8]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


class ContextCounts(NamedTuple):
    """Every context of one length, and how often each byte came after it.

    A context is numbered by its place in `contexts`. So is a gram, a context with a byte after it.
    """

    contexts: Integers  # sorted: number of the context without its first byte x 256 + that byte
    grams: Integers  # sorted: number of the context x 256 + the byte after it
    counts: Integers  # of each gram


class ByteStream(NamedTuple):
    """Posts as bytes in one array, with as many end bytes before each as the longest context has bytes."""

    data: Bytes
    positions: Integers  # of the bytes to predict: each post's own and its end
    lengths: Integers  # how many bytes of each post are predicted
    order: int  # bytes of the longest context and the byte after it


class Matches(NamedTuple):
    """The contexts of one length, and their grams, that the positions of a stream have."""

    context: Integers  # number
    context_seen: Flags  # whether the context is among those that were counted
    gram: Integers  # number
    gram_seen: Flags


def byte_stream(texts: Sequence[str], order: int) -> ByteStream:
    """Posts for a model of `order` bytes, the predicted one included."""
    start = bytes([END]) * (order - 1)
    posts = [text.encode("utf-8", "surrogatepass") + bytes([END]) for text in texts]
    lengths = np.array([len(post) for post in posts], np.int64)
    data = np.frombuffer(b"".join(start + post for post in posts), np.uint8)
    positions = np.arange(lengths.sum()) + (order - 1) * np.repeat(np.arange(1, len(posts) + 1), lengths)
    return ByteStream(data, positions, lengths, order)


def count_contexts(texts: Sequence[str], order: int) -> Iterator[ContextCounts]:
    """Yield the counts after contexts of 0 to `order` - 1 bytes, shortest first.

    Positions are sorted once, by the bytes before them from the last to the first. Then the positions of each
    context of any length are neighbours.
    """
    stream = byte_stream(texts, order)
    positions = stream.positions[_by_context(stream)]
    following = stream.data[positions]
    by_following = np.argsort(following, kind="stable")
    following = following[by_following]
    contexts, context = np.zeros(1, np.int64), np.zeros(len(positions), np.uint32)  # half of the memory
    begins = np.zeros(len(positions), bool)  # whether another context begins at a place of the order
    begins[:1] = True
    for length in range(order):
        if length:
            before = stream.data[positions - length]
            begins[1:] |= before[1:] != before[:-1]
            first = np.flatnonzero(begins)
            contexts = context[first].astype(np.int64) * RADIX + before[first]
            context = np.cumsum(begins, dtype=np.uint32)
            context -= 1
        yield ContextCounts(contexts, *_count_grams(context[by_following], following))


def _count_grams(context: NDArray[np.uint32], following: Bytes) -> tuple[Integers, Integers]:
    """The sorted grams of positions, and how often each is there.

    Args:
        context: number of each position's context.
        following: the byte after it; the positions are sorted by it, then by their contexts.
    """
    begins = np.ones(len(context), bool)
    begins[1:] = (context[1:] != context[:-1]) | (following[1:] != following[:-1])
    first = np.flatnonzero(begins)
    grams = context[first].astype(np.int64) * RADIX + following[first]
    order = np.argsort(grams)
    return grams[order], np.diff(first, append=len(context))[order]


def _by_context(stream: ByteStream) -> Integers:
    """The order of a stream's positions by the bytes before them, the last of these first."""
    order = np.arange(len(stream.positions))
    place = np.zeros(len(stream.positions), np.uint64)  # of each position; the same for the same bytes so far
    sorted_by = 0  # bytes
    while sorted_by < stream.order - 1:
        fitting = (64 - int(place.max(initial=0)).bit_length()) // 8
        last = min(sorted_by + fitting, stream.order - 1)
        for length in range(sorted_by + 1, last + 1):
            place <<= np.uint64(8)
            place |= stream.data[stream.positions - length]
        order = np.argsort(place)
        sorted_by = last
        if sorted_by < stream.order - 1:
            in_order = place[order]
            place[order] = np.cumsum(np.diff(in_order, prepend=in_order[:1]) != 0, dtype=np.uint64)
    return order


def continuation_counts(shorter: ContextCounts, longer: ContextCounts) -> Integers:
    """For each gram of `shorter`, in how many contexts of `longer`, one byte longer, it was seen."""
    within = longer.contexts[longer.grams // RADIX] // RADIX
    gram = np.searchsorted(shorter.grams, within * RADIX + longer.grams % RADIX)
    return np.bincount(gram, minlength=len(shorter.grams))


class Level(Protocol):
    """Contexts of one length and their grams, as counts or as probabilities."""

    @property
    def contexts(self) -> Integers:
        """As in `ContextCounts`."""

    @property
    def grams(self) -> Integers:
        """As in `ContextCounts`."""


class WeighedLevel(Level, Protocol):
    """Contexts of one length with a probability of each gram, and a weight of each context."""

    @property
    def explicit(self) -> Sized:
        """One for each gram."""

    @property
    def backoff(self) -> Sized:
        """One for each context."""


def require_whole(levels: Sequence[WeighedLevel]) -> None:
    """Refuse levels whose arrays do not belong together.

    Raises:
        ValueError: a gram has no context or no probability, or there is no level.
    """
    consistent = [
        len(level.contexts) == len(level.backoff) > 0
        and len(level.grams) == len(level.explicit) > 0
        and 0 <= int(level.grams.min()) <= int(level.grams.max()) < RADIX * len(level.contexts)
        for level in levels
    ]
    if not consistent or not all(consistent):
        raise ValueError("its arrays do not belong together")


AnyLevel = TypeVar("AnyLevel", bound=Level)


def match(levels: Iterable[AnyLevel], stream: ByteStream) -> Iterator[tuple[AnyLevel, Matches]]:
    """Look every position of a stream up among the contexts of each length, and yield both, shortest first.

    They are looked up in the order of their contexts: neighbours are near each other in memory.
    """
    order = _by_context(stream)
    positions, place = stream.positions[order], np.empty_like(order)
    place[order] = np.arange(len(order))
    following = stream.data[positions]
    context, seen = np.zeros(len(positions), np.int64), np.ones(len(positions), bool)
    for length, level in enumerate(levels):
        if length:
            context, seen = extend(level.contexts, context, seen, stream.data[positions - length])
        gram, gram_seen = _look_up(level.grams, context * RADIX + following)
        yield level, Matches(context[place], seen[place], gram[place], (seen & gram_seen)[place])


def extend(
    contexts: Integers, context: Integers, seen: Flags, before: Integers | Bytes
) -> tuple[Integers, Flags]:
    """The numbers of contexts with one more byte before them, and whether they were ever seen.

    Args:
        contexts: the longer contexts, as in `ContextCounts`.
        context: numbers of the shorter ones.
        seen: whether each of the shorter ones was seen.
        before: the byte before each.
    """
    longer, longer_seen = _look_up(contexts, context * RADIX + before)
    return longer, seen & longer_seen


def _look_up(keys: Integers, queries: Integers) -> tuple[Integers, Flags]:
    """The place of each query among sorted keys, and whether it is there."""
    places = np.minimum(np.searchsorted(keys, queries), len(keys) - 1)
    return places, keys[places] == queries


def first_grams(level: Level) -> Integers:
    """The place of each context's first gram, and the number of grams."""
    first = np.zeros(len(level.contexts) + 1, np.int64)
    np.cumsum(np.bincount(level.grams // RADIX, minlength=len(level.contexts)), out=first[1:])
    return first


def ranges(starts: Integers, ends: Integers) -> tuple[Integers, Integers]:
    """The numbers from each start to before its end, one range after another; and how many each range has."""
    counts = ends - starts
    earlier = np.repeat(counts.cumsum() - counts, counts)  # numbers in the ranges before
    return np.arange(counts.sum()) - earlier + np.repeat(starts, counts), counts
