"""A search for better hyperparameters: trials with other settings of a recipe, on each person's posts alone.

posts -> trials, the bad ones stopped early -> the best settings as a recipe file, and pictures of all trials
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from ... import recipes
from ...bases import own_weights
from ...bases.hub import cached_hub_answers
from ...bases.languages import language_warning, languages_of
from ...dataset.sufficiency import require_enough
from ...errors import MissingExtra, OutputExists, RecipeError, UserError
from ...model_folder import folder_name
from ...progress import Silence, Watcher, duration
from ...text.counting import counted
from ...types import Dataset, Sampling
from .._executors import require_executor
from .._same_person import remember
from .._trainable import require_trainable
from ..data import build_dataset, read
from .config import HANDLES, SweepConfig, SweepResult, TrialResult

if TYPE_CHECKING:
    import optuna

    from .objective import Objective
    from .space import Range

WAIT = 1.0  # seconds between two looks at the trials of other processes

__all__ = ["SweepConfig", "SweepResult", "TrialResult", "require_search", "sweep"]


@cached_hub_answers()
def sweep(config: SweepConfig, watcher: Watcher | None = None) -> SweepResult:
    """Run trials until the study has as many as configured, and write the best settings as a recipe file.

    A study that exists is continued. Several workers share one if they use the same database.

    Args:
        config: all settings.
        watcher: receives the events of the sweep and of its trainings.

    Raises:
        UserError: something in `config` cannot be used; nothing was written.
        InternalError: no trial could be finished.
    """
    require_search(config.executor, workers=config.workers, address=config.address, storage=config.storage)
    from . import result, space, study, workers
    from .objective import Objective

    watcher = watcher or Silence()
    ranges = space.parse_ranges(config.recipe, config.space)
    require_trainable(config.recipe, watcher)
    datasets = _datasets(config, watcher)
    handles = tuple(author.account.handle for data in datasets for author in data.authors)
    settings = _study_settings(config, ranges, datasets)
    name = config.study or _study_name(config.recipe.name, handles, settings)
    file = _recipe_file(config, name)
    optuna_study = study.open_study(
        name,
        config.storage,
        settings,
        space.recipe_settings(config.recipe, ranges),
        seed=config.seed,
        pruner=study.make_pruner(config.recipe.evaluations, prune=config.prune),
    )
    if HANDLES not in optuna_study.user_attrs:  # nor do those have it that an earlier version began
        optuna_study.set_user_attr(HANDLES, list(handles))
    watcher.note(f"study {name} in {study.display_url(config.storage)}; the same command goes on with it")
    objective = Objective(config.recipe, ranges, datasets, watcher)
    if config.executor:
        worker = workers.TrialWorker(
            config, name, study.database_url(config.storage), settings, ranges, datasets
        )
        workers.run_trials(worker, config.executor, optuna_study, watcher)
    else:
        _run_trials(optuna_study, objective, config.trials, watcher)
    return result.write_result(config, optuna_study, ranges, datasets, objective.base_bits_per_byte, file)


def require_search(
    executor: str | None,
    *,
    workers: int | None = None,
    address: str | None = None,
    storage: str | None = None,
) -> None:
    """Refuse a search for which a package or a database is missing, before a recipe is chosen for it.

    Args:
        executor: as in `SweepConfig`, like the others.
        workers: trials at a time.
        address: of a Ray cluster.
        storage: URL of a database.

    Raises:
        UserError: there is no such executor, it has no use for the others, or its workers share no database.
        MissingExtra: Optuna is not installed, or what the executor needs.
    """
    if not find_spec("optuna"):
        raise MissingExtra("optuna, which searches,", "sweep")
    if executor == "ray" and address and not storage:  # each machine would open a file of its own
        raise UserError(
            f"--on ray --address {address} without --storage: expected a database that every machine of the "
            "cluster reaches; give one, like --storage postgresql://user@host/name, or leave --address out "
            "to search on this machine"
        )
    require_executor(executor, workers=workers, address=address)


def _datasets(config: SweepConfig, watcher: Watcher) -> list[Dataset]:
    """A dataset for each person; what can be expected of the posts is noted, as `train` does."""
    authors, base = read(config.data, watcher), config.recipe.base
    warning = language_warning(base, languages_of(base), [author.cleaned.language for author in authors])
    for author in authors:
        watcher.note(require_enough(author.texts, "" if warning else base).text)
    if warning:
        watcher.note(warning)
    remember(authors)
    return [build_dataset([author], config.data.held_out) for author in authors]


def _study_settings(
    config: SweepConfig, ranges: Sequence[Range], datasets: Sequence[Dataset]
) -> dict[str, object]:
    """What identifies a search: it is continued only with the same posts, recipe, ranges and base."""
    weights = own_weights(config.recipe.base)
    return {
        "posts": [data.digest for data in datasets],
        "recipe": recipes.to_toml(replace(config.recipe, summary="", tuned_on=UNSET, sampling=Sampling())),
        "space": msgspec.to_builtins(ranges),
        **({"base": weights} if weights else {}),
    }


def _study_name(recipe: str, handles: Sequence[str], settings: Mapping[str, object]) -> str:
    named = {
        key: value for key, value in settings.items() if key != "base"
    }  # earlier versions did not say it
    digest = hashlib.sha256(msgspec.json.encode(named, order="sorted")).hexdigest()[:8]
    return folder_name(f"{recipe}-{'+'.join(handles)}-{digest}")


def _recipe_file(config: SweepConfig, study_name: str) -> Path:
    """The recipe file to write.

    Raises:
        RecipeError: it is not a .toml file.
        OutputExists: it exists and may not be overwritten, or nothing can be written there.
    """
    file = config.out or Path(f"{study_name}.toml")
    if file.suffix != ".toml":
        raise RecipeError(f"--out {file}: expected the name of a recipe file, like {file.stem}.toml")
    if file.exists() and not config.overwrite:
        raise OutputExists(
            f"{file} exists already; choose another with --out, or replace it with --overwrite"
        )
    place = next(path for path in file.absolute().parents if path.exists())
    if file.is_dir() or not place.is_dir() or not os.access(place, os.W_OK):
        raise OutputExists(f"{file} cannot be written; choose another with --out")
    return file


def _run_trials(study: optuna.Study, objective: Objective, count: int, watcher: Watcher) -> None:
    """Run trials until the study has `count` of them; wait for those that other processes run."""
    from .study import ended_trials, run_trial, trials_taken

    start, count_at_start, is_waiting = time.monotonic(), len(ended_trials(study)), False

    def show_progress(study: optuna.Study, trial: optuna.trial.FrozenTrial) -> None:
        ended = len(ended_trials(study))
        seconds_each = (time.monotonic() - start) / max(1, ended - count_at_start)
        remaining = duration(seconds_each * max(0, count - ended))
        watcher.note(f"{_trial_line(trial)}; about {remaining} left")

    while (ended := len(ended_trials(study))) < count:
        if trials_taken(study) < count:
            watcher.stage("trial", f"{ended + 1} of {count}{_best_so_far(study)}")
            run_trial(study, objective, count, [show_progress])
            is_waiting = False
            continue
        if not is_waiting:
            watcher.note(f"waiting for {counted(count - ended, 'trial')} of other processes")
        is_waiting = True
        time.sleep(WAIT)


def _best_so_far(study: optuna.Study) -> str:
    from .result import best_trial

    best = best_trial(study)
    return f", the best so far {best.value:.4f} bits per byte (trial {best.number})" if best else ""


def _trial_line(trial: optuna.trial.FrozenTrial) -> str:
    """The result of one trial for people."""
    from .result import trial_result

    result = trial_result(trial)
    value = "no figure" if result.bits_per_byte is None else f"{result.bits_per_byte:.4f} bits per byte"
    settings = " ".join(f"{name}={value:g}" for name, value in result.settings.items())
    return f"  trial {result.number}: {value}{'' if result.finished else ', given up early'} ({settings})"
