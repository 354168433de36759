"""The result of a sweep: the best settings as a recipe file, and pictures of all trials."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from math import isfinite
from pathlib import Path
from statistics import fmean

import optuna
from msgspec.structs import replace
from optuna.importance import FanovaImportanceEvaluator, get_param_importances
from optuna.trial import FrozenTrial, TrialState

from ... import recipes
from ...errors import InternalError
from ...files import whole_file
from ...reporting.picture import plain
from ...reporting.sweep_pictures import Axis, Line, importance_picture, trials_picture
from ...types import Dataset, Recipe
from .config import SweepConfig, SweepResult, TrialResult
from .space import Range, recipe_settings, rounded
from .study import display_url, ended_trials

MIN_TRIALS = 4  # finished trials from which the importance of settings is estimated


def write_result(
    config: SweepConfig,
    study: optuna.Study,
    ranges: Sequence[Range],
    datasets: Sequence[Dataset],
    base_bits_per_byte: Sequence[float],
    file: Path,
) -> SweepResult:
    """Write the recipe file, and both pictures beside it.

    Args:
        config: of the sweep.
        study: with all trials.
        ranges: what was searched.
        datasets: one for each person.
        base_bits_per_byte: held out, before training, for each person.
        file: the recipe file.

    Raises:
        InternalError: no trial is finished.
    """
    trial, ended = best_trial(study), ended_trials(study)
    if trial is None:
        raise InternalError(
            f"none of the {len(ended)} trials came to its end; search lower learning rates, like "
            f"--space learning_rate={config.recipe.learning_rate / 100:g}:{config.recipe.learning_rate:g}:log"
        )
    best = trial_result(trial)
    handles = tuple(author.account.handle for data in datasets for author in data.authors)
    trials = tuple(map(trial_result, ended))
    importance = parameter_importance(study)
    recipe = replace(
        config.recipe,
        name=file.stem,
        tuned_on=tuple(dict.fromkeys((*(config.recipe.tuned_on or ()), *(data.digest for data in datasets)))),
        summary=f"Recipe {config.recipe.name} with the best settings of {len(trials)} trials.",
        **best.settings,
    )
    base = fmean(base_bits_per_byte)
    header = _header(config.recipe.name, study.study_name, best, base, handles)
    pictures = _pictures(trials, ranges, importance, handles, file)
    for path, content in {file: (header + recipes.to_toml(recipe)).encode(), **pictures}.items():
        whole_file(path, content)
    return SweepResult(
        study=study.study_name,
        storage=display_url(config.storage),
        handles=handles,
        base_bits_per_byte=base,
        recipe_bits_per_byte=_recipe_bits_per_byte(trials, config.recipe, ranges),
        best=best,
        recipe=recipe,
        importance=importance,
        trials=trials,
        file=str(file),
        pictures=tuple(map(str, pictures)),
    )


def best_trial(study: optuna.Study) -> FrozenTrial | None:
    """The finished trial with the fewest bits per byte; None if no trial is finished."""
    return min(_finished(study), key=lambda trial: trial.value or 0.0, default=None)


def trial_result(trial: FrozenTrial) -> TrialResult:
    """Optuna's record of a trial as a `TrialResult`."""
    value = trial.value if trial.value is not None else _last_reported(trial)
    return TrialResult(
        number=trial.number,
        settings={name: rounded(value) for name, value in trial.params.items()},
        bits_per_byte=value if value is not None and isfinite(value) else None,
        finished=trial.state is TrialState.COMPLETE,
        seconds=round(trial.duration.total_seconds(), 1) if trial.duration else 0.0,
    )


def parameter_importance(study: optuna.Study) -> dict[str, float]:
    """The share of the differences between finished trials that each setting explains, the largest first.

    By functional analysis of variance over a random forest (Hutter et al. 2014, "An Efficient Approach for
    Assessing Hyperparameter Importance"). Empty if there are too few trials, or all have the same value.
    """
    finished = _finished(study)
    if len(finished) < MIN_TRIALS or len({trial.value for trial in finished}) == 1:
        return {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        shares = get_param_importances(study, evaluator=FanovaImportanceEvaluator(seed=0))
    return {name: float(share) for name, share in shares.items()}


def _finished(study: optuna.Study) -> list[FrozenTrial]:
    return [trial for trial in ended_trials(study) if trial.state is TrialState.COMPLETE]


def _last_reported(trial: FrozenTrial) -> float | None:
    return trial.intermediate_values[trial.last_step] if trial.last_step is not None else None


def _recipe_bits_per_byte(
    trials: Sequence[TrialResult], recipe: Recipe, ranges: Sequence[Range]
) -> float | None:
    """The result of the trial with the recipe's own settings."""
    own = recipe_settings(recipe, ranges) or {}
    settings = {name: rounded(value) for name, value in own.items()}  # as trials have them
    values = (trial.bits_per_byte for trial in trials if trial.finished and trial.settings == settings)
    return next(values, None)


def _header(recipe: str, study: str, best: TrialResult, base: float, handles: Sequence[str]) -> str:
    """The comment at the top of the recipe file."""
    people = " and ".join(f"@{plain(handle)}" for handle in handles)
    return (
        f"# Found by huggingtweets sweep from recipe {recipe}, trial {best.number} of {study}:\n"
        f"# {best.bits_per_byte:.4f} held-out bits per byte on {people} (the base: {base:.4f}).\n"
        "# These posts chose the settings: the figure, and what is compared on them, is slightly flattered.\n"
    )


def _pictures(
    trials: Sequence[TrialResult],
    ranges: Sequence[Range],
    importance: Mapping[str, float],
    handles: Sequence[str],
    file: Path,
) -> dict[Path, bytes]:
    """The pictures by their files: all trials, and the importance of the settings if it is known."""
    axes = [Axis(one.name, one.low, one.high, one.log) for one in ranges]
    lines = [
        Line([trial.settings[axis.name] for axis in axes], trial.bits_per_byte if trial.finished else None)
        for trial in trials
        if trial.settings.keys() == {axis.name for axis in axes}
    ]
    pictures = {file.with_name(f"{file.stem}-trials.png"): trials_picture(axes, lines, handles)}
    if importance:
        finished_count = sum(trial.finished for trial in trials)
        picture = importance_picture(importance, finished_count, handles)
        pictures[file.with_name(f"{file.stem}-importance.png")] = picture
    return pictures
