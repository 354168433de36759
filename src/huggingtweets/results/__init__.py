"""What an evaluation says: figures with intervals, each between its floors and its ceiling.

Everything here is plain data that becomes JSON and back. It never holds text of the person.

`results.drawings` has what an answer puts on the report, `results.wording` the words for figures.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, ClassVar, Literal, Self

from msgspec import Struct
from msgspec.structs import fields

from .drawings import Headline, Label, Method, ReportContext, Section

EVALUATED_POSTS = 400  # that the model and its base each write to be evaluated
ROUNDS = 20  # pairs of a game
FEWEST_PAIRS = 10  # of all games with a model, from which on they say something
GUESSING = 0.5  # share of pairs in which who guesses finds the real post
ENOUGH = 16  # posts that a group must have to be measured; with fewer, intervals are too wide to be useful
COPIED_RUN = 8  # words in a row from which on a run counts as copied

# Groups of posts, as floors, ceilings and distributions name them.
MODEL = "model"  # written by the model that is evaluated
OWN = "own"  # the person's held-out posts, which no model has learnt from
BASE = "base"  # written by the model that training started from
NGRAM = "n-gram"  # written by an n-gram model of the training posts
OTHERS = "others"  # real posts of other people
SHUFFLED = "shuffled"  # the person's held-out posts with the words of each in another order
TRAIN = "train"  # the person's training posts

Best = Literal["high", "low", "ceiling"]
Groups = Mapping[str, list[str]]


def byte_lengths(texts: Iterable[str]) -> list[int]:
    """UTF-8 bytes of each text, and one for its end."""
    return [len(text.encode("utf-8", "surrogatepass")) + 1 for text in texts]


def bits_per_byte(bits: Iterable[float], texts: Iterable[str]) -> float:
    """Bits per UTF-8 byte of the texts: comparable whatever a model's tokens are.

    From Gao et al. 2020, "The Pile", section 3.1.
    """
    return math.fsum(bits) / sum(byte_lengths(texts))


class Figure(Struct, frozen=True, kw_only=True):
    """A number with its 95 % interval, and how many posts, pairs or games it rests on."""

    value: float
    low: float
    high: float
    count: int

    def above(self, other: Figure) -> bool:
        """Whether this figure is larger beyond doubt: the intervals do not meet."""
        return self.low > other.high


class Metric(Struct, frozen=True, kw_only=True):
    """A figure of training, without an interval; `count` is the number of held-out posts behind it."""

    name: str
    value: float
    floor: float | None = None  # that of the base before training
    count: int = 0


class Answer(Struct, frozen=True, kw_only=True):
    """The results of one question: rows, and whatever else the report draws.

    A subclass has the rows as fields, names them in `labels`, and overrides the methods for what it shows
    beside the tables, in which every row is.
    """

    title: ClassVar[str] = ""  # the question in words
    labels: ClassVar[Mapping[str, Label]] = {}  # of the rows, by path inside the answer; * matches any part

    def label(self, path: str) -> Label | None:
        """The label of a row, by its path inside the answer; None if `labels` has none that fits."""
        for pattern, label in self.labels.items():
            if fnmatchcase(path, pattern):
                before, _, after = pattern.partition("*")
                part = path.removeprefix(before).removesuffix(after)
                return label._replace(text=label.text.format(part), heading=label.heading or self.title)
        return None

    def headline(self, context: ReportContext) -> Headline | None:
        """The short answer at the top of the report and on the card; None where it has none there."""

    def sections(self, context: ReportContext) -> Sequence[Section]:  # noqa: ARG002 -- for subclasses
        """What the report draws. Sections of the same name become one."""
        return ()

    def methods(self, context: ReportContext) -> Sequence[Method]:  # noqa: ARG002 -- for subclasses
        """How the figures were measured, with references."""
        return ()

    def about_ngram(self, train_posts: int) -> str:  # noqa: ARG002 -- for subclasses
        """A sentence on the n-gram model of the floor, for the card of a model that is one; "" for none."""
        return ""


class Row(Answer, frozen=True, kw_only=True):
    """One measure of a model, between what it has to beat and what it can reach.

    `model` is None if nothing can be concluded; `unknown` then says why, in one sentence. A question that
    has a single row can answer with a subclass of this.
    """

    model: Figure | None
    floors: dict[str, Figure] = {}
    ceiling: Figure | None = None
    best: Best = "high"  # which way is better; "ceiling": as near to the ceiling as can be
    unknown: str = ""

    @classmethod
    def of(cls, figures: Mapping[str, Figure], best: Best, *, missing: str = "") -> Self:
        """Set the figures of the groups in their places: the model, its floors, its ceiling.

        Args:
            figures: by group.
            best: which way is better.
            missing: why the model has no figure, where it has none.
        """
        floors = {name: figure for name, figure in figures.items() if name not in {MODEL, OWN}}
        model = figures.get(MODEL)
        unknown = "" if model else missing or f"fewer than {ENOUGH} generated posts"
        return cls(model=model, floors=floors, ceiling=figures.get(OWN), best=best, unknown=unknown)

    @classmethod
    def inconclusive(cls, reason: str, best: Best = "high") -> Self:
        """A row that says why nothing can be concluded."""
        return cls(model=None, best=best, unknown=reason)


class Counts(Struct, frozen=True, kw_only=True):
    """How many posts everything rests on."""

    train: int
    groups: dict[str, int]
    others: dict[str, int]
    leaked: tuple[int, ...]  # positions of held-out posts left out: they are training posts too, or nearly


class Game(Struct, frozen=True, kw_only=True):
    """How often a person found the real post in a pair: 0.5 is chance, 1 is always."""

    found: Figure
    told_apart: bool  # more often than by chance, in `FEWEST_PAIRS` or more
    seen: tuple[int, ...] = ()  # positions of the held-out posts that were shown: each counts once

    @property
    def fooled(self) -> bool:
        """Whether the model's post was taken for the real one more often than by chance."""
        return not self.missing and self.found.high < GUESSING

    @property
    def missing(self) -> int:
        """How many pairs have to follow before the game says something; 0 where it does."""
        return max(FEWEST_PAIRS - self.found.count, 0)


class Evaluation(Struct, frozen=True, kw_only=True):
    """All that was measured of one model. The same texts and seed give the same figures.

    The answer to a question is an attribute, too: `evaluation.copying` is `evaluation.answers["copying"]`.
    """

    seed: int
    counts: Counts
    answers: dict[str, Answer]  # by the name of the question, in the order of the questions
    hours: tuple[int, ...] = ()  # training posts in each hour of the day (UTC), where dates are known
    game: Game | None = None  # where somebody has played
    unread: dict[str, object] = {}  # answers to questions that are not installed here, as JSON has them

    def __getattr__(self, name: str) -> Any:
        """The answer to the question called `name`."""
        try:
            return self.answers[name]
        except KeyError:
            raise AttributeError(f"this evaluation has no answer to a question {name!r}") from None

    def rows(self) -> dict[str, Row]:
        """Every row by its path, for example "copying.near"."""
        return dict(_rows(self.answers, ""))

    def labels(self) -> dict[str, Label]:
        """What each row is called, by its path. A row without a label is called by its path."""
        labels = {}
        for name, answer in self.answers.items():
            for path, _ in _rows(answer, ""):
                whole = f"{name}.{path}".rstrip(".")
                labels[whole] = answer.label(path) or Label(whole, "number", answer.title)
        return labels


def common(sizes: Mapping[str, int]) -> int:
    """The size of subsets that are equal in all groups: that of the smallest group.

    Groups with less than half of what the model and the person have do not count, and are not looked at:
    a small floor must not blur the figures that matter.
    """
    main = min([size for name, size in sizes.items() if name in {MODEL, OWN}] or sizes.values(), default=0)
    return min((size for size in sizes.values() if 2 * size >= main), default=0)


def _rows(part: object, path: str) -> Iterator[tuple[str, Row]]:
    """The rows inside of an answer or a part of it, each with its path."""
    if isinstance(part, Row):
        yield path, part
    elif isinstance(part, dict):
        for key, value in part.items():
            yield from _rows(value, f"{path}.{key}".lstrip("."))
    elif isinstance(part, Struct):
        for field in fields(part):
            yield from _rows(getattr(part, field.name), f"{path}.{field.name}".lstrip("."))
