"""Does it sound like the person?

A reader learns to tell real posts of the person from real posts of others. Then it reads episodes of 16
posts (Rivera-Soto et al. 2021, "Learning universal authorship representations"), whose score is the mean
log-odds of their posts. The person's held-out posts set the ceiling, other people's the floor.

A second reader sees style without topic, as far as that is cheap: every word but the most frequent ones that
both sides use is masked letter by letter, its case kept (text distortion, Stamatatos 2017). Wegmann et al.
(2022) show why that matters. It is never perfect: what a person writes about is part of how they write, and
people from another network are told apart by that network's habits.

Episodes are easy: `auc` is near 1 for almost everything that is not other people's. `closeness` and `auc_own`
are what tell models apart. Above 1, and above 0.5, a model is more typical of the person than their later
posts are. That need not be overdone: people change, and training posts that the reader has not learnt from
(`earlier`) are above 1, too.

Blind to: copying, and good posts repeated for ever. The order of words is hardly seen.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache

import numpy as np
from msgspec.structs import replace

from ...results import OTHERS, OWN, Authorship, Figure, Groups, Voice, nothing, row
from ...text import WORD, folded, words
from .. import intervals
from ..reader import Reader, Scores, auc_figure, counts

EPISODE = 16  # posts
LEAST, MOST = 100, 2500  # posts of each side that a reader learns from
KEPT_WORDS = 100  # that the style reader sees
PART = 4  # one training post of so many tells how close training posts are
PARTITIONS = 50  # ways of cutting posts into episodes that an AUC is the mean of


def measure(
    train: Sequence[str], others: Mapping[str, Sequence[str]], groups: Groups, *, seed: int
) -> Authorship:
    """How much each group sounds like the person.

    Args:
        train: the person's training posts.
        others: real posts of other people by name, apart from those in `groups`.
        groups: posts to read; the person's own and other people's must be among them.
        seed: of episodes and intervals.
    """
    learnt = balanced(others, MOST)
    mine = list(train[-MOST:])
    reason = _too_little(mine, learnt, groups)
    if reason:
        silent = Voice(auc=nothing(reason), auc_own=nothing(reason), closeness=nothing(reason))
        return Authorship(whole=silent, style=silent)
    kept = shared_words(mine, learnt, KEPT_WORDS)
    mask = masker(kept)
    masked = {name: [mask(text) for text in texts] for name, texts in groups.items()}
    return Authorship(
        whole=_voice(mine, learnt, groups, seed),
        style=_voice([mask(text) for text in mine], [mask(text) for text in learnt], masked, seed),
        others={name: len(posts) for name, posts in others.items()},
        kept_words=tuple(sorted(kept)),
    )


def masker(kept: set[str]) -> Callable[[str], str]:
    """A function that masks every word but those: upper case as X, lower case as x, digits as 0."""

    @cache  # a few thousand words make up most of what is said
    def masked(word: str) -> str:
        return word if folded(word) in kept else re.sub(r"\w", _shape, word)

    return lambda text: WORD.sub(lambda found: masked(found.group()), text)


def shared_words(mine: Sequence[str], theirs: Sequence[str], count: int) -> set[str]:
    """The words that both sides use in most posts: hardly a matter of topic."""
    here, there = _document_frequency(mine), _document_frequency(theirs)
    both = {word: min(share, there.get(word, 0.0)) for word, share in here.items()}
    return set(sorted(both, key=lambda word: (-both[word], word))[:count])


def balanced(others: Mapping[str, Sequence[str]], most: int) -> list[str]:
    """At most `most` posts, the latest of each person, no person more than their part."""
    part = most // max(1, len(others))
    return [text for name in sorted(others) for text in others[name][-part:]]


def _too_little(mine: Sequence[str], others: Sequence[str], groups: Groups) -> str:
    for posts, whose in ((mine, "training posts"), (others, "posts of other people")):
        if len(posts) < LEAST:
            return f"{len(posts)} {whose}; {LEAST} are needed to learn the difference"
    absent = [name for name in (OWN, OTHERS) if name not in groups]
    return f"too few posts of {' and '.join(absent)} to compare with" if absent else ""


def _voice(mine: Sequence[str], others: Sequence[str], groups: Groups, seed: int) -> Voice:
    reader = Reader.fit(counts(mine), counts(others))
    scores = {name: reader.scores(counts(texts)) for name, texts in groups.items()}
    own, floor = scores[OWN], scores[OTHERS]
    if auc_figure(own, floor, seed=seed).low <= 0.5:  # noqa: PLR2004 -- a coin's
        reason = "the person's own later posts cannot be told from other people's"
        return Voice(auc=nothing(reason), auc_own=nothing(reason), closeness=nothing(reason))
    against_others = {name: _episode_auc(s, floor, seed) for name, s in scores.items() if name != OTHERS}
    against_own = {name: _episode_auc(s, own, seed) for name, s in scores.items() if name != OWN}
    against_own[OWN] = Figure(value=0.5, low=0.5, high=0.5, count=len(own))  # equal to itself, by definition
    return Voice(
        auc=row(against_others, "high"),
        auc_own=row(against_own, "ceiling"),
        closeness=row(
            {n: intervals.bootstrap(_closeness, s, own, floor, seed=seed) for n, s in scores.items()},
            "ceiling",
        ),
        earlier=_earlier(mine, others, groups, seed),
    )


def _earlier(mine: Sequence[str], others: Sequence[str], groups: Groups, seed: int) -> Figure:
    """Closeness of every fourth training post, to a reader that has learnt from the rest."""
    asked, learnt = mine[::PART], [text for place, text in enumerate(mine) if place % PART]
    reader = Reader.fit(counts(learnt), counts(others))
    scores = (reader.scores(counts(texts)) for texts in (asked, groups[OWN], groups[OTHERS]))
    return intervals.bootstrap(_closeness, *scores, seed=seed)


def _closeness(asked: Scores, own: Scores, others: Scores) -> Scores:
    """Where the mean score lies between other people's, 0, and the person's own, 1."""
    floor = others.mean(axis=1)
    place: Scores = (asked.mean(axis=1) - floor) / (own.mean(axis=1) - floor)
    return place


def _episode_auc(asked: Scores, reference: Scores, seed: int) -> Figure:
    """AUC of episodes; posts are drawn for the interval, and cut into episodes anew each time."""
    rng = np.random.default_rng(seed)
    whole = [rng.permuted(np.tile(scores, (PARTITIONS, 1)), axis=1) for scores in (asked, reference)]
    drawn = intervals.bootstrap(_aucs, asked, reference, seed=seed)
    value = float(_aucs(*whole).mean())
    return replace(drawn, value=value, low=min(value, drawn.low), high=max(value, drawn.high))


def _aucs(asked: Scores, reference: Scores) -> Scores:
    """One AUC for each row, of its episodes."""
    one, other = _episodes(asked)[:, :, None], _episodes(reference)[:, None, :]
    above: Scores = (one > other).mean(axis=(1, 2)) + (one == other).mean(axis=(1, 2)) / 2
    return above


def _episodes(scores: Scores) -> Scores:
    """Mean scores of episodes: (rows, posts) to (rows, episodes)."""
    whole = scores.shape[1] // EPISODE
    means: Scores = scores[:, : whole * EPISODE].reshape(-1, whole, EPISODE).mean(axis=2)
    return means


def _document_frequency(texts: Sequence[str]) -> dict[str, float]:
    found = Counter(word for text in texts for word in set(words(text)))
    return {word: n / len(texts) for word, n in found.items()}


def _shape(letter: re.Match[str]) -> str:
    if letter.group().isdigit():
        return "0"
    return "X" if letter.group().isupper() else "x"
