"""The configuration of a sweep, and its result."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct, field

from ...types import Recipe
from ..data import DataConfig

DATABASE = "sweeps.db"  # the file of all studies on this machine, below home()
HANDLES = "handles"  # the attribute of a study that says whose posts it is on, for `forget`


class SweepConfig(Struct, frozen=True, kw_only=True):
    """All settings of `sweep`."""

    data: DataConfig  # each author is trained on alone
    recipe: Recipe
    space: tuple[str, ...] = ()  # "name=low:high" or "name=low:high:log"; empty: the default ranges
    trials: int = 30  # of the study, those of other workers and earlier runs included
    study: str | None = None  # name in the database; None: made of recipe, handles and a digest
    storage: str | None = None  # URL of a database; None: a file on this machine, not with an address
    seed: int = 0  # of the sampler
    prune: bool = True  # whether bad trials are stopped early
    out: Path | None = None  # the recipe file to write; None: the study's name, in the current folder
    overwrite: bool = False  # whether an existing recipe file is replaced
    executor: str | None = None  # "local" or "ray": trials run in other processes; None: in this one
    workers: int | None = None  # trials at a time in other processes; None: one for each core
    address: str | None = None  # of a Ray cluster; None: one is made on this machine


class TrialResult(Struct, frozen=True, kw_only=True):
    """One trial of a sweep."""

    number: int
    settings: dict[str, int | float]
    bits_per_byte: float | None  # held out, mean over all people; of a pruned trial, the last one reported
    finished: bool  # False if it was pruned
    seconds: float


class SweepResult(Struct, frozen=True, kw_only=True):
    """The result of a sweep. Bits per byte are those of held-out posts, the mean over all people."""

    study: str
    storage: str  # URL of the database without its password, or the path of the file
    handles: tuple[str, ...] = field(name="people")
    base_bits_per_byte: float = field(name="base")  # before training
    recipe_bits_per_byte: float | None = field(name="own")  # with the recipe's settings; None: not tried
    best: TrialResult
    recipe: Recipe  # with the settings of the best trial
    importance: dict[str, float]  # setting -> its share of the differences between trials; the sum is 1
    trials: tuple[TrialResult, ...]
    file: str  # the recipe file
    pictures: tuple[str, ...]
