"""An n-gram model of a person's posts: the baseline that a neural model has to beat.

It predicts bytes from the bytes before them, so every text has a probability, and its bits a byte compare
with those of any other model. Two smoothings are tried, modified Kneser-Ney (Chen and Goodman 1999,
interpolated) and Witten-Bell (Witten and Bell 1991, method C, interpolated), with every order up to 12. The
best on the latest tenth of the training posts is kept, and then learns from all of them.

The counts hold the posts nearly word for word: whoever has the model has most of the posts.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import NotEnoughPosts
from ..files import load_tensors, save_tensors
from .context_tree import (
    END,
    RADIX,
    Contexts,
    Flags,
    Integers,
    Places,
    continuations,
    counted,
    deeper,
    stream,
    walk,
)

FORMAT = "huggingtweets n-gram model 1"
HIGHEST = 12  # bytes, the predicted one counted; more gained under 0.002 bits a byte on real timelines
VALIDATION = 0.1  # share of the training posts that order and smoothing are chosen on
LONGEST = 1000  # bytes of a generated post, where nothing else is said
LEAST_DISCOUNT = 0.05  # so that what was never seen has a probability even where counts are odd

KNESER_NEY = "kneser-ney"
WITTEN_BELL = "witten-bell"

Floats = NDArray[np.float64]


class Level(NamedTuple):
    """Probabilities after contexts of one length: p = explicit + down x p after the shorter context."""

    contexts: Integers
    grams: Integers
    explicit: NDArray[np.float32]  # of each gram
    down: NDArray[np.float32]  # of each context: what is left for the shorter one


class NgramModel:
    """A byte n-gram model. Make one with `fit` or `load`."""

    def __init__(self, levels: Sequence[Level], smoothing: str) -> None:
        self.order = len(levels)
        self.smoothing = smoothing
        self._levels = list(levels)
        self._first = [
            np.searchsorted(level.grams, RADIX * np.arange(len(level.contexts) + 1)) for level in levels
        ]

    @classmethod
    def fit(cls, texts: Sequence[str]) -> NgramModel:
        """Learn from training posts in order of time; about a second for 2,500.

        Raises:
            NotEnoughPosts: there are fewer than two.
        """
        if len(texts) < 2:  # noqa: PLR2004 -- one to learn from, one to choose by
            raise NotEnoughPosts(f"an n-gram model needs two posts at least; {len(texts)} given")
        border = len(texts) - max(1, round(VALIDATION * len(texts)))
        order, smoothing = choose(texts[:border], texts[border:])
        return cls(smoothed(counted(texts, order), smoothing), smoothing)

    def bits(self, texts: Sequence[str]) -> Floats:
        """Bits that each text costs, its end counted; bits a byte are these / (UTF-8 bytes + 1)."""
        posts = stream(texts, self.order)
        p = np.full(len(posts.at), 1 / RADIX)
        for level, places in zip(self._levels, walk(self._levels, posts), strict=True):
            p = _applied(level, places, p)
        owner = np.repeat(np.arange(len(texts)), posts.lengths)
        return np.bincount(owner, -np.log2(p), len(texts)).astype(np.float64)

    def generate(
        self,
        prompt: str = "",
        *,
        count: int = 5,
        seed: int | np.random.Generator = 0,
        temperature: float = 1.0,
        top_p: float = 1.0,
        longest: int = LONGEST,
    ) -> list[str]:
        """Write posts that begin with `prompt`, all at once; the same seed gives the same posts.

        Args:
            prompt: how every post begins.
            count: how many to write.
            seed: of the draws, or what they are taken from.
            temperature: below 1 safer, above 1 wilder.
            top_p: draw from the likeliest bytes that sum to this; of bytes it cuts off more than of tokens.
            longest: bytes after the prompt, at most.
        """
        rng = np.random.default_rng(seed)
        begin = [END] * self.order + list(prompt.encode("utf-8", "surrogatepass"))
        latest = np.tile(np.array(begin[-self.order :], np.int64), (count, 1))
        posts = np.full((count, longest), END, np.uint8)
        running = np.arange(count)
        for place in range(longest):
            sums = _sharpened(self.following(latest), temperature, top_p).cumsum(axis=1)
            drawn = (sums <= rng.random((len(sums), 1)) * sums[:, -1:]).sum(axis=1)
            posts[running, place] = drawn
            going = drawn != END
            running, latest = running[going], np.column_stack([latest[going, 1:], drawn[going]])
            if not len(running):
                break
        ended = (post.tobytes().partition(bytes([END]))[0] for post in posts)
        return [prompt + post.decode("utf-8", "ignore") for post in ended]

    def following(self, latest: Integers) -> Floats:
        """The probability of each byte.

        Args:
            latest: (posts, `order` or more) the bytes before it, filled up with ends on the left.

        Returns:
            (posts, 256); the last column is the post's end.
        """
        p = np.zeros((len(latest), RADIX))
        left = np.ones(len(latest))
        for level, first, (contexts, known) in reversed(self._contexts(latest)):
            rows = np.flatnonzero(known)
            context = contexts[rows]
            grams, counts = _ranges(first[context], first[context + 1])
            row = np.repeat(rows, counts)
            p[row, level.grams[grams] % RADIX] += left[row] * level.explicit[grams]
            left[rows] *= level.down[context]
        return p + left[:, None] / RADIX

    def save(self, path: Path) -> None:
        """Write the model as a safetensors file; the same model gives the same bytes."""
        arrays = {
            f"{length}.{name}": _narrow(array)
            for length, level in enumerate(self._levels)
            for name, array in level._asdict().items()
        }
        save_tensors(path, FORMAT, {"order": self.order, "smoothing": self.smoothing}, arrays)

    @classmethod
    def load(cls, path: Path) -> NgramModel:
        """Read a model that `save` wrote.

        Raises:
            ModelError: the file is absent, damaged, or of another version.
        """
        settings, arrays = load_tensors(path, FORMAT, "train it again")
        levels = [
            Level(*(_wide(arrays[f"{length}.{name}"]) for name in Level._fields))
            for length in range(settings["order"])
        ]
        return cls(levels, settings["smoothing"])

    def _contexts(self, latest: Integers) -> list[tuple[Level, Integers, tuple[Integers, Flags]]]:
        """Each level with where its grams begin and the contexts that `latest` ends with, shortest first."""
        context, known = np.zeros(len(latest), np.int64), np.ones(len(latest), bool)
        found = []
        for length, (level, first) in enumerate(zip(self._levels, self._first, strict=True)):
            if length:
                context, known = deeper(level.contexts, context, known, latest[:, -length])
            found.append((level, first, (context, known)))
        return found


def choose(learn: Sequence[str], judge: Sequence[str]) -> tuple[int, str]:
    """The order and smoothing that predict `judge` best after learning from `learn`."""
    levels = counted(learn, HIGHEST)
    found = list(walk(levels, stream(judge, HIGHEST)))
    cost: dict[tuple[int, str], float] = {}
    for smoothing in (KNESER_NEY, WITTEN_BELL):
        p = np.full(len(found[0].gram), 1 / RADIX)
        for k, (level, places) in enumerate(zip(levels, found, strict=True)):
            as_highest = _applied(_level(level, level.counts, smoothing), places, p)
            cost[k + 1, smoothing] = -float(np.log2(as_highest).sum())
            if k + 1 < HIGHEST:
                p = _applied(_level(level, _lower_counts(levels, k, smoothing), smoothing), places, p)
    return min(cost, key=cost.__getitem__)


def smoothed(levels: Sequence[Contexts], smoothing: str) -> list[Level]:
    """Counts turned into probabilities; the longest contexts keep their plain counts."""
    highest = len(levels) - 1
    lower = [_level(levels[k], _lower_counts(levels, k, smoothing), smoothing) for k in range(highest)]
    return [*lower, _level(levels[highest], levels[highest].counts, smoothing)]


def _lower_counts(levels: Sequence[Contexts], k: int, smoothing: str) -> Integers:
    """Kneser and Ney count in how many contexts a byte was seen, not how often."""
    return continuations(levels[k], levels[k + 1]) if smoothing == KNESER_NEY else levels[k].counts


def _level(found: Contexts, counts: Integers, smoothing: str) -> Level:
    of = found.grams // RADIX
    size = len(found.contexts)
    total = np.bincount(of, counts, size)
    if smoothing == KNESER_NEY:
        discount = _discounts(counts)[np.minimum(counts, 3)]
        left = np.bincount(of, discount, size)
    else:
        discount = np.zeros(len(counts))
        left = np.bincount(of, minlength=size).astype(float)
        total = total + left
    explicit = (counts - discount) / total[of]
    return Level(found.contexts, found.grams, explicit.astype(np.float32), (left / total).astype(np.float32))


def _discounts(counts: Integers) -> Floats:
    """What to take off counts of 0, 1, 2, and 3 or more (Chen and Goodman 1999, equation 26)."""
    n = np.maximum(np.bincount(np.minimum(counts, 5), minlength=6), 1)  # where none is, as if one were
    y = n[1] / (n[1] + 2 * n[2])
    found = np.array([0.0, *(j - (j + 1) * y * n[j + 1] / n[j] for j in (1, 2, 3))])
    clipped: Floats = np.clip(
        found, [0, *[LEAST_DISCOUNT] * 3], [0, *(j - LEAST_DISCOUNT for j in (1, 2, 3))]
    )
    return clipped


def _applied(level: Level, places: Places, shorter: Floats) -> Floats:
    """Probabilities with contexts one byte longer, where those were seen."""
    explicit = np.where(places.seen, level.explicit[places.gram], 0.0)
    return np.where(places.known, explicit + level.down[places.context] * shorter, shorter)


def _narrow(array: NDArray[np.generic]) -> NDArray[np.generic]:
    """Sorted whole numbers in the smallest type that holds them; probabilities as they are."""
    return array.astype(np.min_scalar_type(array[-1])) if array.dtype.kind == "i" else array


def _wide(array: NDArray[np.generic]) -> NDArray[Any]:
    """What `_narrow` was given."""
    return array.astype(np.int64) if array.dtype.kind == "u" else array


def _ranges(starts: Integers, ends: Integers) -> tuple[Integers, Integers]:
    """All numbers from each start to before its end, one range after another, and how many each has."""
    counts = ends - starts
    before = np.repeat(counts.cumsum() - counts, counts)
    return np.arange(counts.sum()) - before + np.repeat(starts, counts), counts


def _sharpened(p: Floats, temperature: float, top_p: float) -> Floats:
    """Probabilities, unscaled, after temperature and nucleus (Holtzman et al. 2020)."""
    if temperature != 1:
        p = (p / p.max(axis=1, keepdims=True)) ** (
            1 / temperature
        )  # the highest stays 1, so that none is lost
    if top_p < 1:
        order = np.argsort(-p, axis=1)
        sorted_p = np.take_along_axis(p, order, axis=1)
        before = sorted_p.cumsum(axis=1) - sorted_p
        cut = before >= top_p * sorted_p.sum(axis=1, keepdims=True)
        np.put_along_axis(p, order, np.where(cut, 0.0, sorted_p), axis=1)
    return p
