"""Which words give the person away, and does the model use them?

Words are ranked by the log-odds ratio with an informative Dirichlet prior, in standard errors (Monroe,
Colaresi and Quinn 2008, "Fightin' words"). They are chosen on training posts, so that held-out posts are a
fair ceiling.

Blind to: everything but the choice of words. Shuffled and copied posts use them as the person does.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

from msgspec import Struct

from ...results import MODEL, OTHERS, OWN, Answer, Row
from ...results.drawings import Label, Method, Pairs, ReportContext, Section
from ...results.wording import capitalized, in_100, inconclusive
from ...text import signs
from .. import intervals
from ..material import Material, balanced

ORDER = 50
PRIOR = 1000  # words of both sides that every word starts with
CERTAIN = 1.96  # standard errors
MOST = 30  # words
LEAST_POSTS = 5  # of the person, that a word is in
LEAST_OTHERS, MOST_OTHERS = 100, 5000  # posts


class Giveaway(Struct, frozen=True, kw_only=True):
    """A word that gives the person away, and the share of each group's posts that hold it."""

    word: str
    z: float  # of the log-odds ratio against other people; from 1.96 on it is no accident
    shares: dict[str, float]


class Giveaways(Answer, frozen=True, kw_only=True):
    """The words that give the person away, and whether the model uses them."""

    title: ClassVar[str] = "Does it use the person's words?"
    labels: ClassVar[Mapping[str, Label]] = {"used": Label("posts with a word that gives the person away")}

    used: Row  # share of posts with at least one of them
    words: tuple[Giveaway, ...]

    def sections(self, context: ReportContext) -> list[Section]:
        """How often each word is used, the most telling first."""
        groups = [name for name in (OWN, MODEL, OTHERS) if all(name in word.shares for word in self.words)]
        table = Pairs(
            title="",
            sentence="",
            caption="Share of posts that have a word, the most telling first",
            unit="Word",
            rows=[(word.word, {name: word.shares[name] for name in groups}) for word in self.words],
            wide=True,
        )
        return [
            Section(
                name="words",
                order=50,
                link="Words",
                title=f"Does it use the words of {context.who}?",
                summary=self._sentence(context.who),
                blocks=[table],
            )
        ]

    def methods(self, context: ReportContext) -> list[Method]:  # noqa: ARG002 -- nobody is named
        """How the words are chosen."""
        text = (
            "Those that the training posts have more often than other people’s, by the log-odds ratio with "  # noqa: RUF001
            "an informative Dirichlet prior (Monroe, Colaresi and Quinn 2008)."
        )
        return [Method(70, "Words", text)]

    def _sentence(self, who: str) -> str:
        """How often the words are used, and how many of them."""
        row = self.used
        if row.model is None:
            return inconclusive(row)
        used = sum(word.shares.get(MODEL, 0) > 0 for word in self.words)
        own = f", of {who}'s own unseen posts {in_100(row.ceiling.value)}" if row.ceiling else ""
        others = f", of other people's {in_100(row.floors[OTHERS].value)}" if OTHERS in row.floors else ""
        return (
            f"{capitalized(in_100(row.model.value))} of its posts have a word that gives {who} away{own}"
            f"{others}. Of the {len(self.words)} such words it uses {used}."
        )


ANSWER = Giveaways


def measure(material: Material, *, seed: int) -> Giveaways:  # noqa: ARG001 -- nothing is drawn
    """The words that tell the person from others, and how often each group uses them."""
    theirs = balanced(material.reference, MOST_OTHERS)
    if len(theirs) < LEAST_OTHERS:
        reason = material.too_few_others(len(theirs), LEAST_OTHERS)
        return Giveaways(used=Row.inconclusive(reason, "ceiling"), words=())
    ranked = _ranked(material.typical, theirs)
    if not ranked:
        reason = "no word tells the person from other people"
        return Giveaways(used=Row.inconclusive(reason, "ceiling"), words=())
    telling = {word for word, _ in ranked}
    uses = {
        name: [telling.intersection(signs(text)) for text in posts] for name, posts in material.groups.items()
    }
    return Giveaways(
        used=Row.of(
            {n: intervals.share(sum(map(bool, each)), len(each)) for n, each in uses.items()}, "ceiling"
        ),
        words=tuple(
            Giveaway(
                word=word,
                z=z,
                shares={
                    name: sum(word in words for words in each) / len(each) for name, each in uses.items()
                },
            )
            for word, z in ranked
        ),
    )


def log_odds(mine: Counter[str], theirs: Counter[str]) -> dict[str, float]:
    """How many standard errors each word's log-odds are above 0; positive where `mine` has it more."""
    background = mine + theirs
    if len(background) < 2:  # noqa: PLR2004 -- a single word has no odds
        return {}
    n_mine, n_theirs = mine.total(), theirs.total()
    share = PRIOR / (n_mine + n_theirs)
    z = {}
    for word, count in background.items():
        a, b = mine[word] + share * count, theirs[word] + share * count
        delta = math.log(a / (n_mine + PRIOR - a)) - math.log(b / (n_theirs + PRIOR - b))
        z[word] = delta / math.sqrt(1 / a + 1 / b)
    return z


def _ranked(train: Sequence[str], others: Sequence[str]) -> list[tuple[str, float]]:
    """The words that give the person away with their z, highest first.

    Handles are none of them: reports are published, and whom somebody writes to is nobody else's business.
    """
    in_posts = Counter(word for text in train for word in set(signs(text)))
    z = log_odds(_counts(train), _counts(others))
    sure = (
        (word, value)
        for word, value in z.items()
        if value >= CERTAIN and in_posts[word] >= LEAST_POSTS and not word.startswith("@")
    )
    return sorted(sure, key=lambda ranked: (-ranked[1], ranked[0]))[:MOST]


def _counts(texts: Iterable[str]) -> Counter[str]:
    return Counter(word for text in texts for word in signs(text))
