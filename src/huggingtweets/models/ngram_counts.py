"""An n-gram model of a person's posts: the baseline that a neural model has to beat.

It predicts bytes from the bytes before them, so every text has a probability, and its bits per byte compare
with those of any other model. Two smoothings are tried with every order up to 12: modified Kneser-Ney (Chen
and Goodman 1999, interpolated) and Witten-Bell (Witten and Bell 1991, method C, interpolated). The pair that
predicts the latest tenth of the training posts best is then fitted to all of them.

The counts hold the posts nearly word for word: whoever has the model has most of the posts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain, pairwise
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..errors import NotEnoughPosts
from ..files.tensors import load_tensors, reading, save_tensors
from ..types import Sampling
from .context_tree import (
    END,
    RADIX,
    ContextCounts,
    Flags,
    Integers,
    Matches,
    byte_stream,
    continuation_counts,
    count_contexts,
    extend,
    first_grams,
    match,
    ranges,
    require_whole,
)

FORMAT = "huggingtweets n-gram model 1"
MAX_ORDER = 12  # bytes, the predicted one included; more gained under 0.002 bits a byte on real timelines
VALIDATION = 0.1  # share of the training posts that order and smoothing are chosen on
PLAIN = Sampling(top_p=1.0, max_new_tokens=1000)  # by the probabilities as they are
CONTROLS = (*range(9), *range(11, 32), 127)  # bytes that are in no post; some move what a terminal shows
MIN_DISCOUNT = 0.05  # so that unseen bytes have a probability even where counts are odd

SMOOTHINGS = KNESER_NEY, WITTEN_BELL = ("kneser-ney", "witten-bell")
_ARRAYS = ("contexts", "grams", "explicit", "down")  # of `Probabilities`, as files name them

Floats = NDArray[np.float64]
Item = TypeVar("Item")


class Probabilities(NamedTuple):
    """Probabilities after contexts of one length: p = explicit + backoff x p after the shorter context."""

    contexts: Integers  # as in `ContextCounts`
    grams: Integers
    explicit: NDArray[np.float32]  # of each gram
    backoff: NDArray[np.float32]  # of each context: the weight of the shorter one

    def arrays(self) -> tuple[NDArray[np.generic], ...]:
        """The four of them."""
        return self.contexts, self.grams, self.explicit, self.backoff


class NgramModel:
    """A byte n-gram model. Make one with `fit` or `load`."""

    def __init__(self, levels: Sequence[Probabilities], smoothing: str) -> None:
        self.order = len(levels)
        self.smoothing = smoothing
        self._levels = list(levels)

    @classmethod
    def fit(cls, texts: Sequence[str]) -> NgramModel:
        """Fit a model to training posts in order of time; it takes about a second for 2,500.

        Raises:
            NotEnoughPosts: there are fewer than two.
        """
        if len(texts) < 2:  # noqa: PLR2004 -- one to learn from, one to choose by
            raise NotEnoughPosts(f"an n-gram model needs two posts at least; {len(texts)} given")
        border = len(texts) - max(1, round(VALIDATION * len(texts)))
        order, smoothing = choose_order(texts[:border], texts[border:])
        return cls(smooth(count_contexts(texts, order), smoothing), smoothing)

    def bits(self, texts: Sequence[str]) -> Floats:
        """The negative log-likelihood of each text in bits, its end counted.

        Bits per byte are these / (UTF-8 bytes + 1).
        """
        stream = byte_stream(texts, self.order)
        p = np.full(len(stream.positions), 1 / RADIX)
        for level, matches in match(self._levels, stream):
            p = _interpolate(level, matches, p)
        text_ids = np.repeat(np.arange(len(texts)), stream.lengths)
        return np.bincount(text_ids, -np.log2(p), len(texts)).astype(np.float64)

    def generate(
        self,
        prompt: str = "",
        *,
        count: int = 5,
        seed: int | np.random.Generator = 0,
        sampling: Sampling = PLAIN,
        ended: Callable[[Collection[int]], None] = lambda _: None,
    ) -> list[str]:
        """Write posts that begin with `prompt`, all at once; the same seed gives the same posts.

        Args:
            prompt: how every post begins.
            count: how many to write.
            seed: of the random numbers, or their generator.
            sampling: `max_new_tokens` counts bytes after the prompt; `top_p` cuts off more than of tokens.
            ended: told which posts have ended before the highest number of bytes.
        """
        rng = np.random.default_rng(seed)
        begin = [END] * self.order + list(prompt.encode("utf-8", "surrogatepass"))
        latest = np.tile(np.array(begin[-self.order :], np.int64), (count, 1))
        posts = np.full((count, sampling.max_new_tokens), END, np.uint8)
        unfinished = np.arange(count)
        for place in range(sampling.max_new_tokens):
            p = self.next_bytes(latest)
            p[:, CONTROLS] = 0
            sampled = _sample(_sharpen(p, sampling.temperature, sampling.top_p), rng)
            posts[unfinished, place] = sampled
            goes_on = sampled != END
            unfinished, latest = unfinished[goes_on], np.column_stack([latest[goes_on, 1:], sampled[goes_on]])
            if not len(unfinished):
                break
        ended(set(range(count)).difference(unfinished.tolist()))
        texts = (post.tobytes().partition(bytes([END]))[0].decode("utf-8", "ignore") for post in posts)
        return [prompt + text for text in texts]

    def next_bytes(self, latest: Integers) -> Floats:
        """The probability of each byte to come next.

        Args:
            latest: (posts, `order` or more) the bytes before it, filled with ends on the left.

        Returns:
            (posts, 256); the last column is the post's end.
        """
        p = np.zeros((len(latest), RADIX))
        backoff = np.ones(len(latest))
        for level, first, contexts, seen in reversed(self._matching_contexts(latest)):
            posts = np.flatnonzero(seen)
            context = contexts[posts]
            grams, counts = ranges(first[context], first[context + 1])
            rows = np.repeat(posts, counts)
            p[rows, level.grams[grams] % RADIX] += backoff[rows] * level.explicit[grams]
            backoff[posts] *= level.backoff[context]
        return p + backoff[:, None] / RADIX

    def save(self, path: Path) -> None:
        """Write the model as a safetensors file; the same model gives the same bytes."""
        arrays = {
            f"{length}.{name}": _narrow(array)
            for length, level in enumerate(self._levels)
            for name, array in zip(_ARRAYS, level.arrays(), strict=True)
        }
        save_tensors(path, FORMAT, {"order": self.order, "smoothing": self.smoothing}, arrays)

    @classmethod
    def load(cls, path: Path) -> NgramModel:
        """Read a model that `save` wrote.

        Raises:
            ModelError: the file is absent, damaged, or of another version.
        """
        settings, arrays = load_tensors(path, FORMAT, "train it again")
        with reading(path, "train it again"):
            lengths = range(int(settings["order"]))
            levels = [Probabilities(*(_wide(arrays[f"{k}.{name}"]) for name in _ARRAYS)) for k in lengths]
            require_whole(levels)
            return cls(levels, str(settings["smoothing"]))

    @cached_property
    def _first_grams(self) -> list[Integers]:
        """The first gram of each context, and the end of the last; only writing needs them."""
        return [first_grams(level) for level in self._levels]

    def _matching_contexts(self, latest: Integers) -> list[tuple[Probabilities, Integers, Integers, Flags]]:
        """The contexts of each length that `latest` ends with, shortest first.

        Returns:
            The level, the first gram of each of its contexts, and the context of each post: its number, and
            whether it was seen.
        """
        context, seen = np.zeros(len(latest), np.int64), np.ones(len(latest), bool)
        matching = []
        for length, (level, first) in enumerate(zip(self._levels, self._first_grams, strict=True)):
            if length:
                context, seen = extend(level.contexts, context, seen, latest[:, -length])
            matching.append((level, first, context, seen))
        return matching


def choose_order(train: Sequence[str], validation: Sequence[str]) -> tuple[int, str]:
    """The order and smoothing that predict `validation` best after fitting to `train`."""
    stream = byte_stream(validation, MAX_ORDER)
    p = {smoothing: np.full(len(stream.positions), 1 / RADIX) for smoothing in SMOOTHINGS}
    bits: dict[tuple[int, str], float] = {}
    levels = match(count_contexts(train, MAX_ORDER), stream)  # at no time are all in memory
    for order, ((level, matches), following) in enumerate(_with_next(levels), start=1):
        for smoothing in SMOOTHINGS:
            highest = _probabilities(level, level.counts, smoothing)
            bits[order, smoothing] = -float(np.log2(_interpolate(highest, matches, p[smoothing])).sum())
            if following:
                counts = _lower_counts(level, following[0], smoothing)
                lower = highest if counts is level.counts else _probabilities(level, counts, smoothing)
                p[smoothing] = _interpolate(lower, matches, p[smoothing])
    choices = ((order, smoothing) for smoothing in SMOOTHINGS for order in range(1, MAX_ORDER + 1))
    return min(choices, key=bits.__getitem__)


def smooth(levels: Iterable[ContextCounts], smoothing: str) -> list[Probabilities]:
    """Turn counts into probabilities; the longest contexts keep their plain counts."""
    return [
        _probabilities(level, _lower_counts(level, longer, smoothing) if longer else level.counts, smoothing)
        for level, longer in _with_next(levels)
    ]


def _with_next(items: Iterable[Item]) -> Iterator[tuple[Item, Item | None]]:
    """Yield each item with the next; the last with None."""
    for item, following in pairwise(chain(items, [None])):
        if item is not None:
            yield item, following


def _lower_counts(level: ContextCounts, longer: ContextCounts, smoothing: str) -> Integers:
    """The counts of shorter contexts: Kneser-Ney counts the contexts a byte was seen in, not how often."""
    return continuation_counts(level, longer) if smoothing == KNESER_NEY else level.counts


def _probabilities(level: ContextCounts, counts: Integers, smoothing: str) -> Probabilities:
    context = level.grams // RADIX
    size = len(level.contexts)
    total = np.bincount(context, counts, size)
    if smoothing == KNESER_NEY:
        discount = _discounts(counts)[np.minimum(counts, 3)]
        remainder = np.bincount(context, discount, size)
    else:
        discount = np.zeros(len(counts))
        remainder = np.bincount(context, minlength=size).astype(float)
        total = total + remainder
    explicit, backoff = (counts - discount) / total[context], remainder / total
    return Probabilities(level.contexts, level.grams, explicit.astype(np.float32), backoff.astype(np.float32))


def _discounts(counts: Integers) -> Floats:
    """The discounts of counts of 0, 1, 2, and 3 or more (Chen and Goodman 1999, equation 26)."""
    n = np.maximum(np.bincount(np.minimum(counts, 5), minlength=6), 1)  # where none is, as if one were
    y = n[1] / (n[1] + 2 * n[2])
    discounts = np.array([0.0, *(j - (j + 1) * y * n[j + 1] / n[j] for j in (1, 2, 3))])
    lowest, highest = [0, *[MIN_DISCOUNT] * 3], [0, *(j - MIN_DISCOUNT for j in (1, 2, 3))]
    clipped: Floats = np.clip(discounts, lowest, highest)
    return clipped


def _interpolate(level: Probabilities, matches: Matches, shorter: Floats) -> Floats:
    """Probabilities after contexts one byte longer than those of `shorter`, where they were seen."""
    explicit = np.where(matches.gram_seen, level.explicit[matches.gram], 0.0)
    longer = explicit + level.backoff[matches.context] * shorter
    return np.where(matches.context_seen, longer, shorter)


def _narrow(array: NDArray[np.generic]) -> NDArray[np.generic]:
    """Sorted integers in the smallest type that holds them; probabilities as they are."""
    return array.astype(np.min_scalar_type(array[-1])) if array.dtype.kind == "i" else array


def _wide(array: NDArray[np.generic]) -> NDArray[Any]:
    """The inverse of `_narrow`."""
    return array.astype(np.int64) if array.dtype.kind == "u" else array


def _sample(p: Floats, rng: np.random.Generator) -> Integers:
    """One byte a row, from probabilities that need not sum to 1: (rows,)."""
    sums = p.cumsum(axis=1)
    sampled: Integers = (sums <= rng.random((len(sums), 1)) * sums[:, -1:]).sum(axis=1)
    return sampled


def _sharpen(p: Floats, temperature: float, top_p: float) -> Floats:
    """Probabilities, not summing to 1, after temperature and nucleus (Holtzman et al. 2020)."""
    if temperature != 1:
        highest = p.max(axis=1, keepdims=True)
        p = (p / highest) ** (1 / temperature)  # the highest becomes 1, so that not all underflow
    if top_p < 1:
        order = np.argsort(-p, axis=1)
        sorted_p = np.take_along_axis(p, order, axis=1)
        likelier = sorted_p.cumsum(axis=1) - sorted_p
        outside = likelier >= top_p * sorted_p.sum(axis=1, keepdims=True)
        np.put_along_axis(p, order, np.where(outside, 0.0, sorted_p), axis=1)
    return p
