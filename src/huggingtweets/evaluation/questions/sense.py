"""Does it make sense?

Two things are measured. First, words in no word list: the share of a group's words that are neither in the
person's training posts nor in a word list of their language. Names and slips of the pen count, so the
person's own later posts are the ceiling. Second, surprise: what the posts cost a larger language model in
bits per byte. That model was trained on none of them. The person's own posts are the ceiling here, too, and
the same posts with their words shuffled are a floor.

Blind to: truth, and copies, which make as much sense as the person does. The word list is blind to real words
in a senseless order, and the larger model to what it does not know itself.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import ClassVar

import numpy as np
from msgspec import field

from ...results import MODEL, NGRAM, OTHERS, OWN, SHUFFLED, Answer, Figure, Row, byte_lengths
from ...results.drawings import Grade, Headline, Label, Method, Panel, ReportContext, Section
from ...results.wording import WHOSE, capitalized, end_with_own, in_100, inconclusive
from ...text import HASHTAG, MENTION, words
from ...text.languages import language_name
from ...text.words import UNSPACED
from .. import intervals
from ..material import Material

ORDER = 5
MOST = 100  # posts of a group that the larger model reads, evenly spread over it
OFTEN = 0.02  # share of invented words from which on a reader stumbles over every other post
WORD_LENGTH = 2  # letters; single ones are no words
_PART = re.compile(rf"\s+|[{UNSPACED}](?:(?!\w)[{UNSPACED}])*|[^\s{UNSPACED}]+")


class Sense(Answer, frozen=True, kw_only=True):
    """Whether the posts are made of words, and of sentences."""

    title: ClassVar[str] = "Does it make sense?"
    labels: ClassVar[Mapping[str, Label]] = {
        "invented": Label("words in no word list", short="words in no word list"),
        "surprise": Label("bits per byte under a larger model", "number"),
    }

    invented: Row  # share of words
    surprise: Row  # bits per byte
    examples: tuple[str, ...] = ()  # of the model's invented words
    larger_model: str = field(default="", name="reader")  # "" for none; report.json calls it reader

    def headline(self, context: ReportContext) -> Headline:
        """Whether its words are known ones, as those of the person are."""
        return Headline(self.title, *_grade(self.invented), self._invented_sentence(context.who))

    def sections(self, context: ReportContext) -> list[Section]:
        """Both measures between shuffled words and the person."""
        blocks = [
            Panel("Words in no word list", self._invented_sentence(context.who), "invented", (0,)),
            Panel("Surprise to a larger model", self._surprise_sentence(context.who), "surprise", ()),
        ]
        intro = "A model can have somebody's tone and still write words that nobody knows."
        return [Section(name="sense", order=5, link="Sense", title=self.title, blocks=blocks, intro=intro)]

    def methods(self, context: ReportContext) -> list[Method]:
        """What counts as a word, and who reads."""
        text = (
            "Words are looked for in the posts that the model learnt from, and in a list of words that at "
            "least 12 of 2.25 million short posts have. Hashtags, handles and numbers are not looked for. In "
            "no list are invented words, but also names, typing errors and rare words; "
            f"{context.who}'s unseen posts say how many are natural."
        )
        surprise = (
            f" Surprise is what the posts cost {self.larger_model}, a model that has learnt none of them."
            if self.larger_model
            else ""
        )
        return [Method(5, "Sense", text + surprise)]

    def _invented_sentence(self, who: str) -> str:
        """How many words are in no word list, beside the person's."""
        row = self.invented
        if row.model is None:
            return inconclusive(row)
        own = end_with_own(
            row,
            who,
            lambda share: f"; of {who}'s own {_in_1000(share)}, which is ",
            higher="clearly fewer",
            lower="clearly more",
            same="no clear difference",
        )
        like = f", like “{self.examples[0]}”" if self.examples else ""
        return f"{capitalized(_in_1000(row.model.value))} of its words are in no word list{like}{own}."

    def _surprise_sentence(self, who: str) -> str:
        """What its posts cost the larger model, beside the person's and shuffled words."""
        row = self.surprise
        if row.model is None:
            return inconclusive(row)
        own = f", {who}'s own {row.ceiling.value:.2f}" if row.ceiling else ""
        others = "".join(f", {_whose(name, who)} {figure.value:.2f}" for name, figure in row.floors.items())
        return (
            f"A byte of its posts costs {self.larger_model} {row.model.value:.2f} bits{own}{others}. Fewer "
            "is more expected; fewer than the person's is blander, not better."
        )


ANSWER = Sense


def measure(material: Material, *, seed: int) -> Sense:
    """How much sense each group's posts make."""
    row, examples = _invented(material, seed)
    return Sense(
        invented=row,
        surprise=_surprise(material, seed),
        examples=examples,
        larger_model=material.larger.name if material.larger else "",
    )


def shuffled(posts: Iterable[str], seed: int) -> list[str]:
    """The posts with the words of each in another order: nothing makes less sense of the same words.

    What stands between two spaces is a word; in scripts without spaces each letter is one, with its
    marks.
    """
    rng = random.Random(seed)  # noqa: S311 -- no secret
    return ["".join(_shuffled(_PART.findall(post), rng)) for post in posts]


def _shuffled(parts: Sequence[str], rng: random.Random) -> Iterator[str]:
    """Words in another order, and what is between them in its place."""
    words = [part for part in parts if not part.isspace()]
    order = iter(rng.sample(words, len(words)))
    return (part if part.isspace() else next(order) for part in parts)


def looked_up(post: str) -> list[str]:
    """The words of a post that a word list can have: no hashtags, handles, numbers or single letters."""
    plain = MENTION.sub(" ", HASHTAG.sub(" ", post))
    return [word for word in words(plain) if len(word) >= WORD_LENGTH and not any(map(str.isdigit, word))]


def _invented(material: Material, seed: int) -> tuple[Row, tuple[str, ...]]:
    """The share of words in no word list, and some of the model's.

    Other people's posts are left out: those that ship with the package were chosen for their common words.
    """
    if not material.known_words:
        language = language_name(material.language) or "not known"
        return Row.inconclusive(f"there is no word list of the posts' language ({language})", "low"), ()
    known = material.known_words | {word for post in material.train for word in looked_up(post)}
    figures: dict[str, Figure] = {}
    examples: dict[str, None] = {}  # a set in order
    for name, posts in material.groups.items():
        if name == OTHERS:
            continue
        looked = [looked_up(post) for post in posts]
        invented = [[word for word in post if not _exists(word, known)] for post in looked]
        if any(looked):
            counts, totals = (np.array([len(post) for post in each]) for each in (invented, looked))
            figures[name] = intervals.pooled_share(counts, totals, seed=seed)
        if name == MODEL:
            examples = dict.fromkeys(word for post in invented for word in post)
    return Row.of(figures, "low"), tuple(examples)[:5]


def _exists(word: str, known: frozenset[str]) -> bool:
    return word in known or word.removesuffix("'s") in known


def _surprise(material: Material, seed: int) -> Row:
    """Bits per byte of some posts of each group under the larger model."""
    larger = material.larger
    if larger is None:
        why = "no larger model that was trained on none of these posts is on this machine"
        return Row.inconclusive(why, "ceiling")
    posts = {name: _spread(texts) for name, texts in material.groups.items()}
    if OWN in posts:
        posts[SHUFFLED] = shuffled(posts[OWN], seed)
    figures = {
        name: intervals.ratio(np.array(larger.bits(texts)), np.array(byte_lengths(texts)), seed=seed)
        for name, texts in posts.items()
    }
    return Row.of(figures, "ceiling")


def _spread(posts: Sequence[str]) -> list[str]:
    """At most `MOST` posts: held-out ones stand person by person, so that the first may be of one only."""
    count = min(MOST, len(posts))
    return [posts[place * len(posts) // count] for place in range(count)]


def _grade(row: Row) -> tuple[str, Grade]:
    """Yes like the person, or not quite; no where every other post has a word in no word list."""
    model, own, ngram = row.model, row.ceiling, row.floors.get(NGRAM)
    if model is None or own is None:
        return "Unknown", "unknown"
    if not model.above(own):
        return "Its words do", "good"
    beats_ngram = ngram is None or ngram.above(model)
    return ("Not always", "fair") if model.value < OFTEN and beats_ngram else ("No", "bad")


def _in_1000(share: float) -> str:
    """Shares are small here: "8 in 1,000"."""
    count = round(1000 * share)
    if count == 0 < share:
        return "fewer than 1 in 1,000"
    return f"{count} in 1,000" if share < 0.1 else in_100(share)  # noqa: PLR2004 -- a tenth


def _whose(name: str, who: str) -> str:
    return f"{who}'s words shuffled" if name == SHUFFLED else WHOSE.get(name, name)
