"""What a search is asked, and what it finds."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from ...types import Recipe
from ..data import DataConfig

DATABASE = "sweeps.db"  # the file of all studies on this machine, below home()


class SweepConfig(Struct, frozen=True, kw_only=True):
    """All that decides what `sweep` does."""

    data: DataConfig  # each author's posts are learnt from alone
    recipe: Recipe
    space: tuple[str, ...] = ()  # "name=low:high" or "name=low:high:log"; empty: around the recipe's own
    trials: int = 30  # in the study, all workers and earlier runs together
    study: str | None = None  # None: a name that follows from recipe, space and posts
    storage: str | None = None  # address of a database; None: a file of this machine
    seed: int = 0  # of the draws
    prune: bool = True  # whether bad trials are given up early
    out: Path | None = None  # the recipe file; None: the study's name, in the current folder
    overwrite: bool = False


class TrialResult(Struct, frozen=True, kw_only=True):
    """One trial."""

    number: int
    settings: dict[str, int | float]
    bits_per_byte: float | None  # held out, the mean over all people; of one given up, where it stood
    finished: bool  # and not given up
    seconds: float


class SweepResult(Struct, frozen=True, kw_only=True):
    """What a search found."""

    study: str
    storage: str  # without a password
    people: tuple[str, ...]  # handles
    base: float  # bits per byte before training, the mean over all people
    own: float | None  # with the recipe's own settings, where they were tried
    best: TrialResult
    recipe: Recipe
    importance: dict[str, float]  # share of what the settings explain of the figures, all together 1
    trials: tuple[TrialResult, ...]
    file: str
    pictures: tuple[str, ...]
