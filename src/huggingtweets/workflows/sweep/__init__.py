"""A search for better settings: trials of a recipe on one person's posts or several's, and its result.

posts -> trials, each as far as it is worth it -> the best settings as a recipe file, and pictures of all
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from ... import recipes
from ...dataset.sufficiency import require_enough
from ...errors import MissingExtra, OutputExists, RecipeError
from ...model_folder import folder_name
from ...progress import Silence, Watcher
from ...types import Dataset, Sampling
from ..data import build_dataset, read
from .config import SweepConfig, SweepResult, TrialResult

if TYPE_CHECKING:
    import optuna

    from .space import Range
    from .trial import Trial

__all__ = ["SweepConfig", "SweepResult", "TrialResult", "sweep"]


def sweep(search: SweepConfig, watcher: Watcher | None = None) -> SweepResult:
    """Try settings until the study has its number of trials, and write the best as a recipe file.

    A study goes on where it stood. Several workers share one when they are given the same database.

    Raises:
        UserError: something that was given cannot be used; nothing was written.
        InternalError: no trial came to its end.
    """
    try:
        from . import result, space, study
        from .trial import Trial
    except ModuleNotFoundError as error:
        raise MissingExtra("optuna, which searches,", "sweep") from error

    watcher = watcher or Silence()
    ranges = space.parsed(search.recipe, search.space)
    people = _people(search, watcher)
    settings = _settings(search, ranges, people)
    name = search.study or _name(search, people, settings)
    file = search.out or Path(f"{name}.toml")
    if file.suffix != ".toml":
        raise RecipeError(f"--out {file}: expected the name of a recipe file, like {file.stem}.toml")
    if file.exists() and not search.overwrite:
        raise OutputExists(
            f"{file} exists already; choose another with --out, or replace it with --overwrite"
        )
    opened = study.opened(
        name,
        search.storage,
        settings,
        space.own(search.recipe, ranges),
        seed=search.seed,
        pruner=study.pruning(search.recipe.evaluations, prune=search.prune),
    )
    watcher.note(f"study {name} in {study.shown(search.storage)}; the same command goes on with it")
    trial = Trial(search.recipe, ranges, people, watcher)
    _search(opened, trial, search.trials, watcher)
    return result.written(search, opened, ranges, people, trial.floors, file)


def _people(search: SweepConfig, watcher: Watcher) -> list[Dataset]:
    """A dataset for each person."""
    authors = read(search.data, watcher)
    for author in authors:
        watcher.note(require_enough(author.texts).text)
    return [build_dataset([author], search.data.held_out) for author in authors]


def _settings(search: SweepConfig, ranges: Sequence[Range], people: Sequence[Dataset]) -> dict[str, object]:
    """What makes a search this one and no other."""
    return {
        "posts": [data.digest for data in people],
        "recipe": recipes.written(replace(search.recipe, summary="", sampling=Sampling())),
        "space": msgspec.to_builtins(ranges),
    }


def _name(search: SweepConfig, people: Sequence[Dataset], settings: Mapping[str, object]) -> str:
    handles = "+".join(author.account.handle for data in people for author in data.authors)
    digest = hashlib.sha256(msgspec.json.encode(settings, order="sorted")).hexdigest()[:8]
    return folder_name(f"{search.recipe.name}-{handles}-{digest}")


def _search(study: optuna.Study, trial: Trial, wanted: int, watcher: Watcher) -> None:
    """Run trials until so many are in the study."""
    from .study import done

    started, before = time.monotonic(), len(done(study))

    def told(study: optuna.Study, finished: optuna.trial.FrozenTrial) -> None:
        there = len(done(study))
        each = (time.monotonic() - started) / max(1, there - before)
        watcher.note(f"{_told(finished)}; about {_duration(each * max(0, wanted - there))} left")

    while (there := len(done(study))) < wanted:
        watcher.stage("trial", f"{there + 1} of {wanted}{_so_far(study)}")
        study.optimize(trial, n_trials=1, callbacks=[told])


def _so_far(study: optuna.Study) -> str:
    from .result import best

    found = best(study)
    return f", the best so far {found.value:.4f} bits per byte (trial {found.number})" if found else ""


def _told(trial: optuna.trial.FrozenTrial) -> str:
    from .result import tried

    one = tried(trial)
    came = "no figure" if one.bits_per_byte is None else f"{one.bits_per_byte:.4f} bits per byte"
    settings = " ".join(f"{name}={value:g}" for name, value in one.settings.items())
    return f"  trial {one.number}: {came}{'' if one.finished else ', given up early'} ({settings})"


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:,.0f} min"  # noqa: PLR2004 -- two digits
