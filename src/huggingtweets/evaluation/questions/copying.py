"""Does it only repeat the person?

Two kinds of copying are counted: a run of words that is also in one training post (Merrill, Smith and Elazar
2024, "Evaluating n-gram novelty of language models", count the same of web text), and a whole post that is
nearly a training post. People repeat themselves, so the same figures of the person's held-out posts say how
much of it is natural. Whole repeats are counted before cleaning drops them: held-out posts have none.

Blind to: everything but copying. Shuffled words, or one new sentence repeated for ever, copy nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from ...results import COPIED_RUN, MODEL, OWN, Answer, Figure, Row
from ...results.drawings import Columns, Curve, Grade, Headline, Label, Method, Panel, ReportContext, Section
from ...results.wording import capitalized, end_with_own, in_100, inconclusive
from ...text import NEAR, REPEATED, SHINGLE
from ...text.words import words
from .. import intervals
from ..copies import SAMPLE_WORDS, SUSPECTED, as_long_as_samples, more_by_chance, near, rare_run
from ..material import Material

ORDER = 30
RUNS = range(3, 21)  # lengths of run, in words, that the report draws


class Copying(Answer, frozen=True, kw_only=True):
    """How much is copied from the training posts."""

    title: ClassVar[str] = "Does it only repeat the person?"
    labels: ClassVar[Mapping[str, Label]] = {
        "copied": Label("posts with a copied run", short="posts that copy one of the person's"),
        "near": Label("posts that nearly are a training post"),
    }

    run: int  # words from which on a run counts as copied
    copied: Row  # share of posts with such a run from one training post
    near: Row  # share of posts that nearly are a training post
    longest: dict[str, int]  # words of the longest run, by group
    shares: dict[str, dict[int, float]]  # group -> words -> share of posts with a run so long
    own_run: int  # words that the person's own posts almost never share with earlier ones
    before_cleaning: bool = False  # whether the ceiling of `near` counts the repeats that cleaning dropped
    threshold: float = NEAR  # similarity from which on `near` counts; older reports do not say it

    def headline(self, context: ReportContext) -> Headline:
        """Whether it copies more than the person does."""
        return Headline(
            f"Does it copy more than {context.who} does?",
            *_more_than_own(self.copied),
            self._copied_sentence(context.who),
        )

    def sections(self, context: ReportContext) -> list[Section]:
        """What is copied; and when copying began, beside what else changed during training."""
        who, longest = context.who, self._longest_sentence(context.who)
        intro = "Posts are searched for words in a row that stand so in a post that the model learnt from. "
        copying = Section(
            name="copying",
            order=20,
            link="Copying",
            title=f"Does it only repeat {who}?",
            intro=intro + longest,
            blocks=[
                *self._columns(longest),
                Panel("Runs of words", self._copied_sentence(who), "copied", (0,)),
                Panel("Whole posts", self._near_sentence(who), "near", (0,)),
            ],
        )
        learning = Section(
            name="learning",
            order=70,
            link="Learning",
            title="When does it begin to copy?",
            blocks=self._curve(context),
        )
        return [copying, learning] if learning.blocks else [copying]

    def methods(self, context: ReportContext) -> list[Method]:
        """What counts as a copy."""
        text = (
            "A run of words counts where it stands so in one training post; case and punctuation make no "
            "difference (Merrill, Smith and Elazar 2024, arXiv 2406.13069, count the same of web text). A "
            f"post nearly is a training post where their runs of {SHINGLE} characters have a Jaccard "
            f"similarity of {self.threshold} or more{self._of_cleaning()}. People repeat themselves, so the "
            f"unseen posts by {context.who} say how much of it is natural. Of each, as many words are "
            f"searched for runs as the longest sample has, and at least {SAMPLE_WORDS}. They hardly ever "
            f"share {self.own_run} words with an earlier post. Whether the model copies more is a question "
            "for Fisher's exact test: clearly, where chance alone would do so in at most 5 of 100 cases."
        )
        return [Method(40, "Copying", text)]

    def _of_cleaning(self) -> str:
        """That the person's own repeats are counted by the same threshold, where they are."""
        return ", from which on cleaning drops one of two posts" if self.threshold == REPEATED else ""

    def _columns(self, description: str) -> list[Columns]:
        """Share of posts with a run of so many words or more, by the length of the run."""
        shares = {name: self.shares[name] for name in (OWN, MODEL) if name in self.shares}
        runs = sorted({n for each in shares.values() for n in each if each[n] or n <= self.run})
        if not runs:
            return []
        return [
            Columns(
                name="runs",
                title="Posts with a run of so many words, or longer",
                sentence="",
                caption="Share of posts that have a run of words from one training post, by the length of "
                "the run",
                description=description,
                labels=[str(n) for n in runs],
                shares={name: [each[n] for n in runs] for name, each in shares.items()},
                axis=f"words in a row; right of the line, from {self.run} on, they count as copied",
                ticks=slice(1, None, 2),
                cut=runs.index(self.run) if self.run in runs else 0,
                unit="Words",
                wide=True,
            )
        ]

    def _curve(self, context: ReportContext) -> list[Curve]:
        """Share of samples with a copied run by epoch, where it was measured during training."""
        own, points = self.copied.ceiling, context.copied
        if not points or not context.bits_per_byte:
            return []
        counts = [*context.counted, *[0] * len(points)]
        least = [(epoch, _least(share, n)) for (epoch, share), n in zip(points, counts, strict=False)]
        begins = next((epoch for epoch, share in least if own and share > own.high), None)
        return [
            Curve(
                name="copying-curve",
                title="When copying begins",
                sentence=_when(begins, own, self.run, context.who),
                caption="Share of posts with a copied run, by passes over the training posts",
                points=points,
                scale="share",
                level=(own.value, f"the person's own: {100 * own.value:.1f} %") if own else None,
                mark=None if begins is None else (begins, "copying begins"),
            )
        ]

    def _copied_sentence(self, who: str) -> str:
        """How many posts copy a run of words."""
        row = self.copied
        if row.model is None:
            return inconclusive(row)
        share, own = capitalized(in_100(row.model.value)), _own_sentence(row, who)
        return (
            f"{share} of its posts repeat {self.run} or more words in a row from a post it learnt from{own}."
        )

    def _near_sentence(self, who: str) -> str:
        """How many posts are nearly a training post."""
        row = self.near
        if row.model is None:
            return inconclusive(row)
        share = capitalized(in_100(row.model.value))
        all_posts = f"all that {who} wrote, before repeats were dropped,"
        own = _own_sentence(row, who, all_posts if self.before_cleaning else "")
        return f"{share} of its posts are, as a whole, nearly a post it learnt from{own}."

    def _longest_sentence(self, who: str) -> str:
        """How long the longest run is."""
        if MODEL not in self.longest:
            return ""
        own = (
            f"; the longest in {who}'s own unseen posts has {self.longest[OWN]}"
            if OWN in self.longest
            else ""
        )
        return f"The longest run that the model took over has {self.longest[MODEL]} words{own}."


ANSWER = Copying


def measure(material: Material, *, seed: int) -> Copying:  # noqa: ARG001 -- nothing is drawn
    """How much each group copies from the training posts."""
    originals, groups = material.originals, material.groups
    longest = max([SAMPLE_WORDS, *(len(words(post)) for post in groups.get(MODEL, ()))])
    compared = {**groups, OWN: as_long_as_samples(groups[OWN], longest)} if OWN in groups else groups
    runs = {name: originals.longest_runs(posts) for name, posts in compared.items()}
    copied = {
        name: intervals.share(int((each >= COPIED_RUN).sum()), len(each)) for name, each in runs.items()
    }
    repeats = material.repeats  # the held-out posts have none: cleaning dropped them
    whole = {  # by the threshold of cleaning, so that the repeats that it dropped can stand beside
        name: near(originals, posts, REPEATED) for name, posts in groups.items() if name != OWN or not repeats
    }
    if repeats:
        whole[OWN] = intervals.share(*repeats)
    return Copying(
        run=COPIED_RUN,
        copied=Row.of(copied, "low"),
        near=Row.of(whole, "low"),
        longest={name: int(each.max()) for name, each in runs.items()},
        shares={name: {n: float((each >= n).mean()) for n in RUNS} for name, each in runs.items()},
        own_run=rare_run(runs.get(OWN, np.empty(0, np.int64))),
        before_cleaning=material.repeats is not None,
        threshold=REPEATED,
    )


def _more_than_own(row: Row) -> tuple[str, Grade]:
    """Whether the model's share is higher; few posts of the person leave that open."""
    if row.model is None or row.ceiling is None:
        return "Unknown", "unknown"
    chance = more_by_chance(row.model, row.ceiling)
    if chance <= 1 - intervals.LEVEL:
        return "Yes", "bad"
    return ("Not for sure", "fair") if chance < SUSPECTED else ("No", "good")


def _own_sentence(row: Row, who: str, posts: str = "") -> str:
    """How many of the person's own posts, or of others, do the same, and whether that is a difference."""
    answer, _ = _more_than_own(row)
    fewer = {"Yes": "clearly less", "Not for sure": "less, but may be chance"}
    same = fewer.get(answer, "no clear difference")
    own = posts or f"{who}'s own unseen posts"
    return end_with_own(
        row,
        who,
        lambda share: f"; of {own} {in_100(share)} do, which is ",
        higher=same,
        lower="clearly more",
        same=same,
    )


def _least(share: float, count: int) -> float:
    """The lowest share that so many samples leave open; the share itself where their number is not known."""
    return intervals.share(round(share * count), count).low if count else share


def _when(epoch: float | None, own: Figure | None, run: int, who: str) -> str:
    """From when on the model copied more than the person does; None for never."""
    if own is None:
        return "The person has too few unseen posts to say how much copying is natural."
    usual = f"{who} does ({in_100(own.value)} posts)"
    if epoch is None:
        return f"At no time did it repeat {run} words in a row clearly more often than {usual}."
    return (
        f"After {epoch:.1f} passes copying begins: it repeats {run} words in a row more often than {usual}."
    )
