"""Finds what texts copy from the training posts: runs of words, and whole posts that are nearly the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from ..results import COPIED_RUN, Figure
from ..text import NEAR, SHINGLE, normalized, words
from ..text.ngrams import Codes, Positions, codes
from . import intervals
from .shingles import beyond_rarest, incidence, shingles

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

RARELY = 0.01  # share of the person's own posts that may share a run before it counts as copied
SHORTEST, LONGEST = 6, 15  # limits of that run in words; 15 is where markovify rejects a sentence
SAMPLE_WORDS = 120  # that a sample of 160 tokens has, about; of longer posts of the person so many count
FALSE_ALARM = 0.05  # share of runs of training in which copying is found by chance, at most
SUSPECTED = 0.25  # p-value below which more posts are looked at
PIECE = 200  # texts compared with all training posts at once

Flags = NDArray[np.bool_]


class Nearest(NamedTuple):
    """The training post that a text is most like."""

    position: int  # of the training post, -1 if there is none
    similarity: float  # Jaccard similarity of both, 0 to 1


class _Shingles(NamedTuple):
    """The shingles of the training posts."""

    different: Codes  # sorted
    sizes: Positions  # how many each post has
    holding: csr_matrix  # (training posts, shingles)


class Originals:
    """The training posts, indexed once to be compared with many texts."""

    def __init__(self, texts: Sequence[str]) -> None:
        """Index the words of the training posts; their shingles are indexed when they are needed."""
        self.count = len(texts)
        self._texts = texts
        self._vocabulary: dict[str, int] = {}
        self._words = self._numbered(texts, learn=True)

    def longest_runs(self, texts: Sequence[str]) -> Positions:
        """For each text, the length in words of its longest run that is also in one training post.

        All shared n-grams are made longer by one word at a time until none is left. So the cost depends on
        how much is shared.
        """
        ours, theirs = self._words, self._numbered(texts, learn=False)
        owner = np.repeat(np.arange(len(texts)), np.diff(np.flatnonzero(np.append(0, theirs) == 0)))
        runs = np.zeros(len(texts), np.int64)
        at, where = np.flatnonzero(ours > 0), np.flatnonzero(theirs > 0)
        a, b = ours[at], theirs[where]
        length = 1
        while True:
            (a_kept, a), (b_kept, b) = _shared(a, b)
            if not len(a):
                return runs
            at, where = at[a_kept], where[b_kept]
            runs[owner[where]] = length
            at, a = _lengthened(ours, at, a, length, len(self._vocabulary))
            where, b = _lengthened(theirs, where, b, length, len(self._vocabulary))
            length += 1

    def nearest(self, texts: Sequence[str]) -> list[Nearest]:
        """For each text, the training post with the highest Jaccard similarity of character 5-grams.

        Case, punctuation and white space make no difference.
        """
        nearest: list[Nearest] = []
        for start in range(0, len(texts) if self.count else 0, PIECE):
            nearest += self._nearest(texts[start : start + PIECE])
        return nearest or [Nearest(-1, 0.0) for _ in texts]

    def near(self, texts: Sequence[str], threshold: float = NEAR) -> Flags:
        """Whether each text has a training post of at least so high a similarity, as `nearest` measures it.

        Not all posts are compared: the rarest shingles of two similar texts have one in common (Chaudhuri,
        Ganti and Kaushik 2006, "A primitive operator for similarity joins in data cleaning"), and the more
        in common, the more alike both are in length (Xiao et al. 2008, "Efficient similarity joins for near
        duplicate detection").

        Args:
            texts: any number of them.
            threshold: `NEAR` or higher.
        """
        flags = np.zeros(len(texts), bool)
        if not self.count:
            return flags
        all_holding, all_sizes = self._held(texts)
        for start in range(0, len(texts), PIECE):
            holding, sizes = all_holding[start : start + PIECE], all_sizes[start : start + PIECE]
            text, post = self._candidates(holding, sizes, threshold)
            both = np.asarray(holding[text].multiply(self._indexed.holding[post]).sum(axis=1)).ravel()
            similar = both >= threshold * (sizes[text] + self._indexed.sizes[post] - both)
            flags[start + text[similar]] = True
        return flags

    def _candidates(
        self, holding: csr_matrix, sizes: Positions, threshold: float
    ) -> tuple[Positions, Positions]:
        """The texts and the training posts, in pairs, that may be similar.

        What both have in common is in the rarest shingles of both, or beyond those of one of them.
        """
        rarest = (self._rarest(holding, sizes, threshold) @ self._held_rarely).tocoo()
        size, post_size = sizes[rarest.row], self._indexed.sizes[rarest.col]
        beyond = np.maximum(beyond_rarest(size, threshold), beyond_rarest(post_size, NEAR))
        most = np.minimum(np.minimum(size, post_size), rarest.data + beyond)
        possible = most >= threshold * (size + post_size - most)
        return rarest.row[possible], rarest.col[possible]

    @cached_property
    def _indexed(self) -> _Shingles:
        owner, code = codes([normalized(text) for text in self._texts], SHINGLE)
        different, column = np.unique(code, return_inverse=True)
        holding = incidence(owner, column, self.count, different)
        return _Shingles(different, np.diff(holding.indptr), holding)

    @cached_property
    def _frequency(self) -> Positions:
        """How many training posts hold each shingle."""
        return np.bincount(self._indexed.holding.indices, minlength=len(self._indexed.different))

    @cached_property
    def _by_frequency(self) -> Positions:
        """The shingles, the rarest first."""
        return np.argsort(self._frequency, kind="stable")

    @cached_property
    def _rank(self) -> Positions:
        """The place of each shingle among them."""
        rank = np.empty_like(self._by_frequency)
        rank[self._by_frequency] = np.arange(len(rank))
        return rank

    @cached_property
    def _held_rarely(self) -> csr_matrix:
        """(shingles, training posts): only the rarest shingles of each post."""
        return self._rarest(self._indexed.holding, self._indexed.sizes, NEAR).T.tocsr()

    def _rarest(self, holding: csr_matrix, sizes: Positions, threshold: float) -> csr_matrix:
        """Keep so many of the rarest shingles of each text that a similar one has to have one of them.

        Shingles that no training post has are the rarest, and count.
        """
        known = np.diff(holding.indptr)
        owner = np.repeat(np.arange(len(sizes)), known)
        keys = owner * len(self._by_frequency) + self._rank[holding.indices]
        keys.sort()
        column = self._by_frequency[keys - owner * len(self._by_frequency)]
        place = np.arange(len(owner)) - np.repeat(np.cumsum(known) - known, known)
        kept = place < (known - beyond_rarest(sizes, threshold))[owner]
        return incidence(owner[kept], column[kept], len(sizes), self._indexed.different)

    def _held(self, texts: Sequence[str]) -> tuple[csr_matrix, Positions]:
        """(texts, shingles of the training posts), and how many shingles each text has in all."""
        owner, code = shingles(texts)
        order = np.argsort(code)  # neighbours are near each other in memory
        column = np.empty_like(order)
        column[order] = np.searchsorted(self._indexed.different, code[order])
        known = self._indexed.different[np.minimum(column, len(self._indexed.different) - 1)] == code
        holding = incidence(owner[known], column[known], len(texts), self._indexed.different)
        return holding, np.bincount(owner, minlength=len(texts))

    def _nearest(self, texts: Sequence[str]) -> Iterable[Nearest]:
        incidence, sizes = self._held(texts)
        both = (self._indexed.holding @ incidence.T).T.toarray()
        similarity = both / (sizes[:, None] + self._indexed.sizes[None, :] - both)
        best = similarity.argmax(axis=1)
        return map(Nearest, best.tolist(), similarity.max(axis=1).tolist())

    def _numbered(self, texts: Sequence[str], *, learn: bool) -> Positions:
        """All words one after another as numbers: 0 at the end of each text, -1 for unknown words."""
        numbers: list[int] = []
        for text in texts:
            for word in words(text):
                if learn:
                    numbers.append(self._vocabulary.setdefault(word, len(self._vocabulary) + 1))
                else:
                    numbers.append(self._vocabulary.get(word, -1))
            numbers.append(0)
        return np.array(numbers, np.int64)


class CopySign(Struct, frozen=True, kw_only=True):
    """How much is copied at one point of training, and whether that is memorization."""

    rate: Figure  # share of generated posts with a run of words from one training post
    own: Figure | None  # the same of the person's held-out posts; None if there are none
    suspected: bool  # it may be that the model copies more than the person: more posts would tell
    begun: bool  # the model copies more than the person repeats themselves, by more than chance


def copied(originals: Originals, texts: Sequence[str], run: int = COPIED_RUN) -> Figure:
    """Share of texts with a run of `run` or more words from one training post; cheap enough to call often."""
    return intervals.share(int((originals.longest_runs(texts) >= run).sum()), len(texts))


def near(originals: Originals, texts: Sequence[str], threshold: float = NEAR) -> Figure:
    """Share of texts that are nearly a training post, from this similarity on."""
    return intervals.share(int(originals.near(texts, threshold).sum()), len(texts))


def as_long_as_samples(posts: Sequence[str], longest: int = SAMPLE_WORDS) -> list[str]:
    """Posts of the person, of each at most so many words: the longer a post, the more runs it can share."""
    counted = ((post, words(post)) for post in posts)
    return [" ".join(each[:longest]) if len(each) > longest else post for post, each in counted]


def watch(
    train: Sequence[str], held_out: Sequence[str], looks: int = 1, longest: int = SAMPLE_WORDS
) -> Callable[[Sequence[str]], CopySign]:
    """Make a function that says of generated posts whether copying has begun.

    It says so by chance in at most `FALSE_ALARM` of the runs, however often it is called: the level of each
    call is divided by their number (Bonferroni). Whoever asks again with more posts because copying is
    suspected does not raise that share, as long as only the second answer counts.

    A call takes a hundredth of a second for 64 posts and 3,000 training posts, which are indexed once.

    Args:
        train: the posts that the model learns from.
        held_out: later posts of the person; they say how much copying is natural.
        looks: how many times a run of training asks.
        longest: words that a generated post has at most.
    """
    originals = Originals(train)
    own = copied(originals, as_long_as_samples(held_out, longest)) if held_out else None

    def sign(texts: Sequence[str]) -> CopySign:
        rate = copied(originals, texts)
        chance = more_by_chance(rate, own) if own else 1.0
        return CopySign(rate=rate, own=own, suspected=chance < SUSPECTED, begun=chance <= FALSE_ALARM / looks)

    return sign


def more_by_chance(rate: Figure, own: Figure) -> float:
    """The one-sided p-value of Fisher's exact test that `rate` is no higher than `own`; both are shares."""
    from scipy.stats import fisher_exact  # noqa: PLC0415 -- heavy, and only needed when measuring

    hits, own_hits = (round(share.value * share.count) for share in (rate, own))
    table = [[hits, rate.count - hits], [own_hits, own.count - own_hits]]
    return float(fisher_exact(table, alternative="greater").pvalue)


def own_run(originals: Originals, held_out: Sequence[str], longest: int = SAMPLE_WORDS) -> int:
    """The shortest run that at most 1 in 100 of the person's own later posts shares with an earlier one.

    Runs of this length count as copied when a model is used. It is between 6 and 15 words, and at most 8
    where fewer than 100 posts are held out: 1 in 100 is none of them, and a single one must not loosen it.
    `longest` is how many words a generated post has at most.
    """
    return rare_run(originals.longest_runs(as_long_as_samples(held_out, longest)))


def rare_run(runs: Positions) -> int:
    """The same, where the longest shared run of each held-out post is known."""
    if not len(runs):
        return COPIED_RUN
    longest = LONGEST if len(runs) * RARELY >= 1 else COPIED_RUN
    return next((n for n in range(SHORTEST, longest) if (runs >= n).mean() <= RARELY), longest)


def _shared(a: Positions, b: Positions) -> tuple[tuple[Flags, Positions], tuple[Flags, Positions]]:
    """Which codes of each side are on the other side, too, and a small number for each of these codes."""
    different, number = np.unique(b, return_inverse=True)
    if not len(different):
        return (np.zeros(len(a), bool), b), (np.zeros(0, bool), b)
    place = np.minimum(np.searchsorted(different, a), len(different) - 1)
    a_kept = different[place] == a
    found = np.zeros(len(different), bool)
    found[place[a_kept]] = True
    b_kept = found[number]
    return (a_kept, place[a_kept]), (b_kept, number[b_kept])


def _lengthened(
    numbers: Positions, at: Positions, code: Positions, length: int, vocabulary: int
) -> tuple[Positions, Positions]:
    """Add the next word to each n-gram of `length` words. Drop those before an end or an unknown word."""
    following = numbers[at + length]
    goes_on = following > 0
    return at[goes_on], code[goes_on] * (vocabulary + 1) + following[goes_on]
