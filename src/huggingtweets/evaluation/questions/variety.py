"""Is it varied, and in the way the person is?

Distinct-n (Li et al. 2016) falls with the number of words looked at (Liu et al. 2022), so all groups are
looked at in subsets of one size. Self-BLEU (Zhu et al. 2018) says how much each post repeats the others; it
looks at nothing but the samples (Alihosseini et al. 2019), so nonsense counts as varied. Pairs of words that
a post had before show whether it repeats itself, as models do below a temperature of 1 (Holtzman et al.
2020). Distributions of length and marks are compared with those of the person's training posts (habits.py).

Blind to: copying, and the order of words; shuffled words even look more varied.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import chain, islice
from typing import ClassVar

import numpy as np
from msgspec import field
from numpy.typing import NDArray

from ...results import ENOUGH, MODEL, TRAIN, Answer, Figure, Row, common
from ...results.drawings import (
    Columns,
    Grade,
    Headline,
    Label,
    Method,
    Pairs,
    Panel,
    ReportContext,
    Section,
)
from ...results.wording import capitalized, end_with_own, in_100, inconclusive
from ...text import signs
from .. import habits, intervals
from ..habits import Distribution
from ..material import Material
from ..profiles import PROFILES
from ..self_bleu import ngrams, self_bleu

ORDER = 40
SIZES = (1, 2, 3)  # of n-grams
PAIRS = 2  # words; single words are too few to differ, and almost all longer runs do
RUNS = {1: "words", PAIRS: "pairs of words"}  # that the report draws
MOST = 300  # posts of a group, for self-BLEU
LATEST = 5000  # training posts that show the person's habits
VARIED, HABITS = "Is it varied?", "Does it have the person's habits?"


class Variety(Answer, frozen=True, kw_only=True):
    """How varied posts are, and whether length and marks are as the person has them."""

    title: ClassVar[str] = "Is it varied, as the person is?"
    labels: ClassVar[Mapping[str, Label]] = {
        "distinct.1": Label("different words", heading=VARIED),
        "distinct.2": Label("different pairs of words", heading=VARIED),
        "distinct.*": Label("different runs of {} words", heading=VARIED),
        "self_bleu": Label("self-BLEU", "number", VARIED, short="repeats itself (less is better)"),
        "repeated": Label("pairs of words that the post had before", heading=VARIED),
        "distributions.*.distance": Label("distance in {}", "number", HABITS),
    }

    distinct: dict[int, Row]  # n -> different n-grams / n-grams, among `sizes` of them
    sizes: dict[int, int]  # n -> how many n-grams of each group are looked at
    self_bleu: Row  # 0 to 1; 1 says that every post repeats another
    distributions: dict[str, Distribution]
    # of all pairs of words within posts, those that their post had before
    repeated: Row = field(
        default_factory=lambda: Row.inconclusive("an earlier version did not look", "ceiling")
    )

    def headline(self, context: ReportContext) -> Headline:
        """Whether it is as varied as the person, by pairs of words and by repetition."""
        return Headline(f"Is it as varied as {context.who}?", *self._variedness(context.who))

    def sections(self, context: ReportContext) -> list[Section]:
        """Different words and repetition; then the habits."""
        who = context.who
        words = [
            Panel(capitalized(runs), self._words(n, who), f"distinct.{n}")
            for n, runs in RUNS.items()
            if n in self.distinct
        ]
        return [
            Section(
                name="variety",
                order=30,
                link="Variety",
                title="Is it varied?",
                intro="A model that found one safe sentence could pass many tests with it. This looks at how "
                "much of what is said is new.",
                blocks=[
                    *words,
                    Panel("Repeating other posts", self._repetition(who), "self_bleu", (0,)),
                    Panel("Repeating itself", self._repeated_pairs(who), "repeated", (0,)),
                ],
            ),
            Section(
                name="habits",
                order=40,
                link="Habits",
                title=f"Does it have the habits of {who}?",
                intro="Beside words: how long posts are, and which marks are in them. Shares are of posts; "
                "for punctuation, of all marks.",
                blocks=[
                    *(_habit(name, habit, who) for name, habit in self.distributions.items()),
                    *_hours(context),
                ],
            ),
        ]

    def methods(self, context: ReportContext) -> list[Method]:  # noqa: ARG002 -- nobody is named
        """Distinct-n, self-BLEU, repetition within posts, and the distance between distributions."""
        return [
            Method(
                50,
                "Variety",
                "Different runs of words among equally many of each group, since the figure falls with their "
                "number (Li et al. 2016; Liu et al. 2022). Self-BLEU says how much a post repeats the others "
                "of its group (Zhu et al. 2018); it looks at nothing else, so nonsense counts as varied "
                "(Alihosseini et al. 2019). Pairs of words that a post had before show whether it repeats "
                "itself (Holtzman et al. 2020).",
            ),
            Method(
                60,
                "Habits",
                "Jensen-Shannon distance to the training posts, in equally many posts of each group (Lin "
                "1991; Endres and Schindelin 2003): 0 is the same, 1 has nothing in common.",
            ),
        ]

    def _variedness(self, who: str) -> tuple[str, Grade, str]:
        """The answer, its grade, and the sentence on the figure that decides it."""
        if _above_ceiling(self.self_bleu):
            return "No", "bad", self._repetition(who)
        if _above_ceiling(self.repeated):
            return "No", "bad", self._repeated_pairs(who)
        row, sentence = self.distinct[PAIRS], self._words(PAIRS, who)
        if row.model is None or row.ceiling is None:
            return "Unknown", "unknown", sentence
        return ("No", "bad", sentence) if row.ceiling.above(row.model) else ("Yes", "good", sentence)

    def _words(self, n: int, who: str) -> str:
        """How many runs of `n` words are different ones."""
        row = self.distinct[n]
        if row.model is None:
            return inconclusive(row)
        share = capitalized(f"{in_100(row.model.value)} of its {RUNS[n]} are different ones")
        own = end_with_own(
            row,
            who,
            lambda share: f", of {who}'s own {in_100(share)}: it is ",
            higher="more varied",
            lower="less varied",
            same="as varied, as far as can be told",
        )
        return f"{share}{own}."

    def _repetition(self, who: str) -> str:
        """How much posts repeat one another."""
        scale = "On a scale from 0 to 1, its posts repeat one another"
        return _repeating(self.self_bleu, who, lambda bleu: f"by {bleu:.2f}", lambda by: f"{scale} {by}")

    def _repeated_pairs(self, who: str) -> str:
        """How much posts repeat themselves."""
        before = "pairs of words in its posts stood in the same post before"
        return _repeating(self.repeated, who, in_100, lambda share: f"{share} {before}")


ANSWER = Variety


def measure(material: Material, *, seed: int) -> Variety:
    """Variety of each group's posts, beside the person's."""
    words = {name: [signs(text) for text in posts] for name, posts in material.groups.items()}
    distinct = {n: _distinct(words, n, seed) for n in SIZES}
    train = material.typical[-LATEST:]
    return Variety(
        distinct={n: row for n, (row, _) in distinct.items()},
        sizes={n: size for n, (_, size) in distinct.items()},
        self_bleu=_self_bleu(words, seed),
        distributions={
            profile.name: habits.distribution(profile, train, material.groups, seed=seed)
            for profile in PROFILES
        },
        repeated=_repeated(words, seed),
    )


def _distinct(words: Mapping[str, Sequence[Sequence[str]]], n: int, seed: int) -> tuple[Row, int]:
    """Distinct n-grams among equally many n-grams of each group, half of what all can give."""
    grams = {name: [ngrams(post, n) for post in posts] for name, posts in words.items()}
    totals = {name: sum(map(len, posts)) for name, posts in grams.items()}
    totals = {name: total for name, total in totals.items() if total >= 2 * ENOUGH}
    least = common(totals)
    size = least // 2

    def share(posts: list[list[tuple[str, ...]]]) -> Figure:
        def distinct(order: NDArray[np.int64]) -> float:
            return len(set(islice(chain.from_iterable(posts[i] for i in order), size))) / size

        return intervals.at_size(distinct, len(posts), len(posts), seed=seed)

    missing = f"too few runs of {n} words in the generated posts"
    figures = {name: share(grams[name]) for name, total in totals.items() if total >= least}
    return Row.of(figures, "ceiling", missing=missing), size


def _self_bleu(words: Mapping[str, Sequence[Sequence[str]]], seed: int) -> Row:
    """The mean self-BLEU of equally many posts of each group."""
    spoken = {name: [post for post in posts if post] for name, posts in words.items()}
    spoken = {name: posts for name, posts in spoken.items() if len(posts) >= ENOUGH}
    size = min(MOST, common({name: len(posts) for name, posts in spoken.items()}))
    rng = np.random.default_rng(seed)
    subsets = {
        name: [posts[i] for i in rng.permutation(len(posts))[:size]]
        for name, posts in spoken.items()
        if len(posts) >= size
    }
    figures = {name: intervals.mean(self_bleu(posts), seed=seed) for name, posts in subsets.items()}
    return Row.of(figures, "ceiling", missing="too few generated posts with words")


def _repeated(words: Mapping[str, Sequence[Sequence[str]]], seed: int) -> Row:
    """The share of pairs of words that their post had before; posts that have no pair do not count."""
    pairs = {
        name: [ngrams(post, PAIRS) for post in posts if len(post) >= PAIRS] for name, posts in words.items()
    }
    figures = {
        name: intervals.pooled_share(
            [len(post) - len(set(post)) for post in posts], [len(post) for post in posts], seed=seed
        )
        for name, posts in pairs.items()
        if len(posts) >= ENOUGH
    }
    return Row.of(figures, "ceiling", missing="too few generated posts with words")


def _repeating(row: Row, who: str, words: Callable[[float], str], sentence: Callable[[str], str]) -> str:
    """How much the model repeats, in a sentence on the words for a figure, beside the person."""
    if row.model is None:
        return inconclusive(row)
    own = end_with_own(
        row,
        who,
        lambda value: f", {who}'s own {words(value)}: ",
        higher="it repeats itself more",
        lower="it repeats itself less",
        same="no clear difference",
    )
    return f"{capitalized(sentence(words(row.model.value)))}{own}."


def _above_ceiling(row: Row) -> bool:
    return row.model is not None and row.ceiling is not None and row.model.above(row.ceiling)


def _habit(name: str, habit: Distribution, who: str) -> Pairs:
    """A distribution of the model beside the person's."""
    title = next((profile.title for profile in PROFILES if profile.name == name), name.capitalize())
    shares = {group: habit.shares[group] for group in (TRAIN, MODEL) if group in habit.shares}
    return Pairs(
        title=title,
        sentence=habits.sentence(habit, who),
        caption=f"How {who} and the model differ in {title.lower()}",
        unit=title,
        rows=[
            (label, {group: each[place] for group, each in shares.items()})
            for place, label in enumerate(habit.labels)
        ],
    )


def _hours(context: ReportContext) -> list[Columns]:
    """When the person posts, where dates are known; a model has no time of day."""
    who, counts, total = context.who, context.hours, sum(context.hours)
    if not total:
        return []
    top = max(range(len(counts)), key=counts.__getitem__)
    sentence = (
        f"{who} posts most between {top}:00 and {(top + 1) % 24}:00 UTC, {in_100(counts[top] / total)} "
        "posts. The model chooses no hour; this is only what it learnt from."
    )
    return [
        Columns(
            name="hours",
            title="Hour of the day",
            sentence=sentence,
            caption="Share of the training posts in each hour of the day",
            description=sentence,
            labels=[str(hour) for hour in range(len(counts))],
            shares={TRAIN: [count / total for count in counts]},
            axis="hour, UTC",
            ticks=slice(None, None, 3),
        )
    ]
