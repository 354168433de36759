"""Can a machine tell its posts from the posts it learnt from?

A classifier two-sample test (Lopez-Paz and Oquab 2017): a classifier learns to tell a group's posts from as
many training posts, and then scores posts that it has not seen, by cross-validation. An AUC of 0.5 means that
it cannot tell. The ceiling is other training posts, since later posts differ by their time alone.

Catches what sounds right and is not: shuffled words, one post repeated, broken sentences. Blind to copying;
well below 0.5 it says that the same posts are on both sides.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ...results import ENOUGH, OWN, Figure, Row, common
from ...results.drawings import Label, Method, Panel, ReportContext, Section
from ...results.wording import WHOSE, end_with_own, inconclusive, of_100
from ..character_ngrams import counts
from ..classifier import Classifier, auc_figure
from ..material import Material

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

ORDER = 60
FOLDS = 3
MOST = 300  # posts of a group


class Detection(Row, frozen=True, kw_only=True):
    """AUC of a classifier that looks for what is machine-made; at 0.5 it cannot tell."""

    title: ClassVar[str] = "Can a machine tell?"
    labels: ClassVar[Mapping[str, Label]] = {
        "": Label(
            "AUC against training posts",
            heading="Can a machine tell it from the person?",
            short="a machine can tell (0.5 is guessing)",
        )
    }

    def sections(self, context: ReportContext) -> list[Section]:
        """One panel beside those of the voice."""
        panel = Panel(self.title, self._sentence(context.who), holding=(0, 1))
        title = f"Can a machine tell it from {context.who}?"
        return [Section(name="voice", order=10, link="Voice", title=title, blocks=[panel])]

    def methods(self, context: ReportContext) -> list[Method]:
        """What the classifier learns, and what stands for the person."""
        text = (
            "Another classifier learns to tell each side’s posts from as many training posts, and scores "  # noqa: RUF001
            "posts it has not seen (classifier two-sample test, Lopez-Paz and Oquab 2017). Here "
            f"{context.who} stands for other training posts. A good classifier finds something in any model: "
            "what counts is the order."
        )
        return [Method(30, self.title, text)]

    def _sentence(self, who: str) -> str:
        """How often the classifier finds the model's posts, beside the floors and the person's."""
        if self.model is None:
            return inconclusive(self)
        also = "".join(f", {WHOSE.get(name, name)} in {of_100(f.value)}" for name, f in self.floors.items())
        same = ", which is no clear difference"
        own = end_with_own(
            self,
            who,
            lambda share: f"; {who}'s own posts come to {of_100(share)}",
            higher=": it can tell",
            lower=same,
            same=same,
        )
        return (
            f"A classifier trained for that tells the model from {who} in {of_100(self.model.value)} of 100 "
            f"cases{also}. 50 is guessing{own}."
        )


ANSWER = Detection


def measure(material: Material, *, seed: int) -> Detection:
    """AUC of telling each group's posts from training posts; the same number of each for all groups."""
    train = material.typical
    groups = {name: posts for name, posts in material.groups.items() if name != OWN}
    size = min(MOST, len(train) // 2, common({name: len(posts) for name, posts in groups.items()}))
    if size < ENOUGH:
        few = f"{len(train)} training posts; {2 * ENOUGH} are needed, half of them to compare with"
        return Detection.of({}, "ceiling", missing=few if len(train) < 2 * ENOUGH else "")
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(train))[: 2 * size]
    real, more = counts([train[i] for i in order[:size]]), counts([train[i] for i in order[size:]])
    subsets = {
        name: counts([posts[i] for i in rng.permutation(len(posts))[:size]])
        for name, posts in groups.items()
        if len(posts) >= size
    }
    return Detection.of(
        {name: _separation(posts, real, seed) for name, posts in {**subsets, OWN: more}.items()}, "ceiling"
    )


def _separation(group: csr_matrix, real: csr_matrix, seed: int) -> Figure:
    """AUC of classifiers, each of which scores the posts of one fold and has learnt from the others."""
    folds = np.arange(group.shape[0]) % FOLDS
    group_scores, real_scores = np.zeros(len(folds)), np.zeros(len(folds))
    for fold in range(FOLDS):
        inside, outside = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
        classifier = Classifier.fit(group[outside], real[outside])
        group_scores[inside], real_scores[inside] = (
            classifier.scores(group[inside]),
            classifier.scores(real[inside]),
        )
    return auc_figure(group_scores, real_scores, seed=seed)
