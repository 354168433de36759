"""What an evaluation says: figures with intervals, each between its floors and its ceiling.

Everything here is plain data that becomes JSON and back. Texts of the person never are part of it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from msgspec import Struct
from msgspec.structs import fields

EVALUATED_POSTS = 400  # written to be evaluated, by the model and by its base
ROUNDS = 20  # pairs of a game
ENOUGH = 16  # posts from which on a group is measured; fewer have no interval worth giving

# Groups of posts, as floors, ceilings and distributions name them.
MODEL = "model"  # written by the model that is evaluated
OWN = "own"  # the person's held-out posts, which no model has learnt from
BASE = "base"  # written by the model that training started from
NGRAM = "n-gram"  # written by an n-gram model of the training posts
OTHERS = "others"  # real posts of other people

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
    """A number with its 95 % interval, and of how many posts, pairs or games it tells."""

    value: float
    low: float
    high: float
    count: int


class Metric(Struct, frozen=True, kw_only=True):
    """A figure without an interval, as training gives it, with what it is to be compared to.

    `count` says how many things were counted.
    """

    name: str
    value: float
    floor: float | None = None
    ceiling: float | None = None
    count: int = 0


class Row(Struct, frozen=True, kw_only=True):
    """One measure of a model, between what it has to beat and what it can reach.

    `model` is None where nothing can be concluded; `unknown` then says why, in one sentence.
    """

    model: Figure | None
    floors: dict[str, Figure] = {}
    ceiling: Figure | None = None
    best: Best = "high"  # which way is better; "ceiling": as near to the ceiling as can be
    unknown: str = ""


class Prediction(Struct, frozen=True, kw_only=True):
    """How well the person's next posts are predicted."""

    bits_per_byte: Row
    bits: tuple[float, ...]  # the model's, for each held-out post; for paired comparisons
    lengths: tuple[int, ...]  # UTF-8 bytes of each, one more for its end
    order: int  # of the n-gram model, in bytes
    smoothing: str


class Voice(Struct, frozen=True, kw_only=True):
    """How much posts sound like the person, to one reader."""

    auc: Row  # of episodes against other people's episodes: 1 is told apart always, 0.5 never
    auc_own: Row  # of episodes against the person's own: 0.5 equals, below fainter, above overdone
    closeness: Row  # mean log-odds on a scale where other people are 0 and the person is 1
    earlier: Figure | None = None  # the closeness of training posts: people change, so it need not be 1


class Authorship(Struct, frozen=True, kw_only=True):
    """Does it sound like the person? Read twice: with all words, and with only frequent ones left."""

    whole: Voice
    style: Voice
    others: dict[str, int] = {}  # whose posts the reader knows, and how many
    kept_words: tuple[str, ...] = ()  # that the style reader can see


class Copying(Struct, frozen=True, kw_only=True):
    """Does it only repeat the person?"""

    run: int  # words from which on a run counts as copied
    copied: Row  # share of posts with such a run from one training post
    near: Row  # share of posts that nearly are a training post
    longest: dict[str, int]  # words of the longest run, by group
    shares: dict[str, dict[int, float]]  # group -> words -> share of posts with a run so long
    own_run: int  # words that the person's own posts almost never share with earlier ones


class CopySign(Struct, frozen=True, kw_only=True):
    """Whether copying has begun, asked while a model learns."""

    rate: Figure  # share of generated posts with a run of words from one training post
    own: Figure | None  # the same of the person's held-out posts; None where there are none
    begun: bool  # the model copies more than the person does, by more than chance


class Distribution(Struct, frozen=True, kw_only=True):
    """How often each value of something occurs, beside the person's training posts."""

    labels: tuple[str, ...]
    shares: dict[str, tuple[float, ...]]  # group -> share of each label; "train" is the person's
    distance: Row  # Jensen-Shannon distance to the training posts, 0 to 1


class Variety(Struct, frozen=True, kw_only=True):
    """Is it varied, and varied in the way the person is?"""

    distinct: dict[int, Row]  # n -> different n-grams / n-grams, among `sizes` of them
    sizes: dict[int, int]  # n -> how many n-grams of each group are looked at
    self_bleu: Row  # 0 to 1; 1 says that every post repeats another
    distributions: dict[str, Distribution]


class Giveaway(Struct, frozen=True, kw_only=True):
    """A word that gives the person away, and the share of each group's posts that hold it."""

    word: str
    z: float  # of the log-odds ratio against other people; from 1.96 on it is no accident
    shares: dict[str, float]


class Giveaways(Struct, frozen=True, kw_only=True):
    """The words that give the person away, and whether the model uses them."""

    used: Row  # share of posts with at least one of them
    words: tuple[Giveaway, ...]


class Counts(Struct, frozen=True, kw_only=True):
    """How many posts everything rests on."""

    train: int
    groups: dict[str, int]
    others: dict[str, int]
    leaked: tuple[int, ...]  # places of held-out posts left out: they are training posts too, or nearly


class Game(Struct, frozen=True, kw_only=True):
    """How often a person found the real post in a pair: 0.5 is chance, 1 is always."""

    found: Figure
    told_apart: bool  # more often than by chance


class Evaluation(Struct, frozen=True, kw_only=True):
    """All that was measured of one model. The same texts and seed give the same figures."""

    seed: int
    counts: Counts
    prediction: Prediction
    authorship: Authorship
    copying: Copying
    variety: Variety
    giveaways: Giveaways
    detection: Row  # AUC of a reader that looks for what is machine-made; 0.5 cannot tell
    hours: tuple[int, ...] = ()  # training posts in each hour of the day (UTC), where dates are known
    game: Game | None = None  # where somebody has played

    def rows(self) -> dict[str, Row]:
        """Every row by its path, for example "copying.near"."""
        return dict(_rows(self, ""))


def row(figures: Mapping[str, Figure], best: Best, *, missing: str = "") -> Row:
    """Set the groups' figures in their places: the model, its floors, its ceiling."""
    floors = {name: figure for name, figure in figures.items() if name not in {MODEL, OWN}}
    model = figures.get(MODEL)
    unknown = "" if model else missing or f"fewer than {ENOUGH} generated posts"
    return Row(model=model, floors=floors, ceiling=figures.get(OWN), best=best, unknown=unknown)


def nothing(reason: str, best: Best = "high") -> Row:
    """A row that says why nothing can be concluded."""
    return Row(model=None, best=best, unknown=reason)


def common(sizes: Mapping[str, int]) -> int:
    """How much of every group can be looked at: the smallest group decides.

    Groups with less than half of what the model and the person have are left out of this, and of what is
    looked at, so that a small floor does not blur the figures that matter.
    """
    main = min([size for name, size in sizes.items() if name in {MODEL, OWN}] or sizes.values(), default=0)
    return min((size for size in sizes.values() if 2 * size >= main), default=0)


def _rows(found: object, path: str) -> Iterator[tuple[str, Row]]:
    if isinstance(found, Row):
        yield path, found
    elif isinstance(found, dict):
        for key, value in found.items():
            yield from _rows(value, f"{path}.{key}")
    elif isinstance(found, Struct):
        for field in fields(found):
            yield from _rows(getattr(found, field.name), f"{path}.{field.name}".lstrip("."))
