"""Does it only repeat the person?

Two kinds of copying are counted: a run of words that stands in one training post (Merrill, Smith and Elazar
2024, "Evaluating n-gram novelty of language models", count the same of web text), and a whole post that is
nearly a training post. People repeat themselves, so the same figures of the person's held-out posts say how
much of it is natural.

Blind to: everything but copying. Shuffled words, or one new sentence repeated for ever, copy nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..results import OWN, Copying, CopySign, Figure, Groups, row
from ..text import NEAR, SHINGLE, normalized, words
from . import intervals
from .character_ngrams import Codes, Positions, codes

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

RUN = 8  # words
RARELY = 0.01  # share of the person's own posts that may share a run before it counts as copied
SHORTEST, LONGEST = 6, 15  # limits of that run; 15 is where markovify rejects a sentence
CURVE = range(3, 21)  # lengths of run that a picture shows
PIECE = 200  # texts compared with all training posts at once


class Nearest(NamedTuple):
    """The training post that a text is most like, and how much (0 to 1). -1 where there is none."""

    position: int
    similarity: float


class Originals:
    """The training posts, made ready once to be compared with many times."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.count = len(texts)
        self._vocabulary: dict[str, int] = {}
        self._words = self._numbered(texts, learn=True)
        owner, shingles = _shingles(texts)
        self._shingles = np.unique(shingles)
        self._sizes = np.bincount(owner, minlength=len(texts))
        column = np.searchsorted(self._shingles, shingles)
        self._held_by = _incidence(owner, column, self.count, self._shingles).T.tocsr()

    def longest_runs(self, texts: Sequence[str]) -> Positions:
        """For each text, the words of its longest run that stands so in one training post.

        All shared n-grams are lengthened by a word at a time until none is left, so the cost is that of
        what is shared.
        """
        learnt, asked = self._words, self._numbered(texts, learn=False)
        owner = np.repeat(np.arange(len(texts)), np.diff(np.flatnonzero(np.append(0, asked) == 0)))
        runs = np.zeros(len(texts), np.int64)
        at, where = np.flatnonzero(learnt > 0), np.flatnonzero(asked > 0)
        a, b = learnt[at], asked[where]
        length = 1
        while True:
            shared = np.intersect1d(a, b)
            if not len(shared):
                return runs
            at, a, where, b = *_only(shared, at, a), *_only(shared, where, b)
            runs[owner[where]] = length
            at, a = _lengthened(learnt, at, np.searchsorted(shared, a), length, len(self._vocabulary))
            where, b = _lengthened(asked, where, np.searchsorted(shared, b), length, len(self._vocabulary))
            length += 1

    def nearest(self, texts: Sequence[str]) -> list[Nearest]:
        """For each text, the training post with the highest Jaccard similarity of character 5-grams.

        Case, punctuation and white space make no difference.
        """
        found: list[Nearest] = []
        for start in range(0, len(texts) if self.count else 0, PIECE):
            found += self._nearest(texts[start : start + PIECE])
        return found or [Nearest(-1, 0.0) for _ in texts]

    def _nearest(self, texts: Sequence[str]) -> Iterable[Nearest]:
        owner, shingles = _shingles(texts)
        sizes = np.bincount(owner, minlength=len(texts))
        column = np.searchsorted(self._shingles, shingles)
        known = self._shingles[np.minimum(column, len(self._shingles) - 1)] == shingles
        asked = _incidence(owner[known], column[known], len(texts), self._shingles)
        both = (asked @ self._held_by).toarray()
        similarity = both / (sizes[:, None] + self._sizes[None, :] - both)
        best = similarity.argmax(axis=1)
        return map(Nearest, best.tolist(), similarity.max(axis=1).tolist())

    def _numbered(self, texts: Sequence[str], *, learn: bool) -> Positions:
        """All words one after another as numbers, 0 at each text's end, -1 for words never learnt."""
        numbers: list[int] = []
        for text in texts:
            for word in words(text):
                if learn:
                    numbers.append(self._vocabulary.setdefault(word, len(self._vocabulary) + 1))
                else:
                    numbers.append(self._vocabulary.get(word, -1))
            numbers.append(0)
        return np.array(numbers, np.int64)


def copied(originals: Originals, texts: Sequence[str], run: int = RUN) -> Figure:
    """Share of texts with a run of `run` or more words from one training post; cheap enough to call often."""
    return intervals.share(int((originals.longest_runs(texts) >= run).sum()), len(texts))


def near(originals: Originals, texts: Sequence[str]) -> Figure:
    """Share of texts that nearly are a training post."""
    return intervals.share(sum(found.similarity >= NEAR for found in originals.nearest(texts)), len(texts))


def exceeds(rate: Figure, own: Figure) -> bool:
    """Whether a model copies more than the person repeats themselves, and by more than chance."""
    return intervals.difference(rate, own).low > 0


def watch(
    train: Sequence[str], held_out: Sequence[str], run: int = RUN
) -> Callable[[Sequence[str]], CopySign]:
    """Make a function that says of generated posts whether copying has begun.

    What is indexed once makes each call cheap: a hundredth of a second for 64 posts beside 3,000.

    Args:
        train: the posts that the model learns from.
        held_out: later posts of the person; they say how much copying is natural.
        run: words from which on a run counts as copied.
    """
    originals = Originals(train)
    own = copied(originals, held_out, run) if held_out else None

    def sign(texts: Sequence[str]) -> CopySign:
        rate = copied(originals, texts, run)
        return CopySign(rate=rate, own=own, begun=own is not None and exceeds(rate, own))

    return sign


def own_run(originals: Originals, held_out: Sequence[str]) -> int:
    """The shortest run that at most 1 in 100 of the person's own later posts shares with an earlier one.

    What the person would not repeat, a model should not either. Between 6 and 15 words; 8 where there are
    no posts to tell by.
    """
    if not held_out:
        return RUN
    runs = originals.longest_runs(held_out)
    return next((n for n in range(SHORTEST, LONGEST) if (runs >= n).mean() <= RARELY), LONGEST)


def measure(originals: Originals, groups: Groups) -> Copying:
    """Copying of each group from the training posts."""
    runs = {name: originals.longest_runs(texts) for name, texts in groups.items()}
    return Copying(
        run=RUN,
        copied=row({name: intervals.share(int((r >= RUN).sum()), len(r)) for name, r in runs.items()}, "low"),
        near=row({name: near(originals, texts) for name, texts in groups.items()}, "low"),
        longest={name: int(r.max()) for name, r in runs.items()},
        shares={name: {n: float((r >= n).mean()) for n in CURVE} for name, r in runs.items()},
        own_run=own_run(originals, groups.get(OWN, ())),
    )


def _shingles(texts: Sequence[str]) -> tuple[Positions, Codes]:
    """The different character 5-grams of each text."""
    owner, code = codes([normalized(text) for text in texts], SHINGLE)
    order = np.lexsort((code, owner))
    owner, code = owner[order], code[order]
    first = np.ones(len(code), bool)
    first[1:] = (owner[1:] != owner[:-1]) | (code[1:] != code[:-1])
    return owner[first], code[first]


def _incidence(owner: Positions, column: Positions, count: int, shingles: Codes) -> csr_matrix:
    """(texts, shingles): 1 where a text holds a shingle."""
    from scipy.sparse import csr_matrix  # noqa: PLC0415 -- heavy, and only needed when measuring

    ones = np.ones(len(owner), np.int32)
    return csr_matrix((ones, (owner, column)), shape=(count, len(shingles)))


def _only(shared: Positions, at: Positions, code: Positions) -> tuple[Positions, Positions]:
    """The positions whose n-gram is on both sides."""
    kept = np.isin(code, shared)
    return at[kept], code[kept]


def _lengthened(
    numbers: Positions, at: Positions, code: Positions, length: int, vocabulary: int
) -> tuple[Positions, Positions]:
    """Add the next word to each n-gram of `length` words; those at an end, or before a new word, go."""
    following = numbers[at + length]
    kept = following > 0
    return at[kept], code[kept] * (vocabulary + 1) + following[kept]
