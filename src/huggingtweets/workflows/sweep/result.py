"""What comes of a search: the best settings as a recipe file, and pictures of all trials."""

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
from .space import Range, own, tidy
from .study import done, shown

FOR_IMPORTANCE = 4  # finished trials, under which nothing can be said of what matters


def written(
    search: SweepConfig,
    study: optuna.Study,
    ranges: Sequence[Range],
    people: Sequence[Dataset],
    floors: Sequence[float],
    file: Path,
) -> SweepResult:
    """Write the recipe and both pictures beside it.

    Raises:
        InternalError: no trial came to its end.
    """
    found = best(study)
    if found is None:
        raise InternalError(
            f"none of the {len(done(study))} trials came to its end; search lower learning rates, like "
            f"--space learning_rate={search.recipe.learning_rate / 100:g}:{search.recipe.learning_rate:g}:log"
        )
    handles = tuple(author.account.handle for data in people for author in data.authors)
    winner = tried(found)
    trials = tuple(tried(trial) for trial in done(study))
    matters = importance(study)
    recipe = replace(
        search.recipe,
        name=file.stem,
        summary=f"Recipe {search.recipe.name} with the best settings of {len(trials)} trials.",
        **winner.settings,
    )
    drawn = _pictures(trials, ranges, matters, handles, file)
    head = _head(search, study.study_name, winner, fmean(floors), handles)
    for path, content in {file: (head + recipes.written(recipe)).encode(), **drawn}.items():
        whole_file(path, content)
    return SweepResult(
        study=study.study_name,
        storage=shown(search.storage),
        people=handles,
        base=fmean(floors),
        own=_own(trials, search.recipe, ranges),
        best=winner,
        recipe=recipe,
        importance=matters,
        trials=trials,
        file=str(file),
        pictures=tuple(map(str, drawn)),
    )


def best(study: optuna.Study) -> FrozenTrial | None:
    """The finished trial with the fewest bits per byte."""
    finished = [trial for trial in done(study) if trial.state is TrialState.COMPLETE]
    return min(finished, key=lambda trial: trial.value or 0.0, default=None)


def tried(trial: FrozenTrial) -> TrialResult:
    """A trial in our words."""
    value = trial.value if trial.value is not None else _last(trial)
    return TrialResult(
        number=trial.number,
        settings={name: tidy(value) for name, value in trial.params.items()},
        bits_per_byte=value if value is not None and isfinite(value) else None,
        finished=trial.state is TrialState.COMPLETE,
        seconds=round(trial.duration.total_seconds(), 1) if trial.duration else 0.0,
    )


def importance(study: optuna.Study) -> dict[str, float]:
    """How much of the differences between finished trials each setting explains, the most first.

    By functional analysis of variance over a random forest (Hutter et al. 2014, "An Efficient Approach for
    Assessing Hyperparameter Importance").
    """
    finished = [trial for trial in done(study) if trial.state is TrialState.COMPLETE]
    if len(finished) < FOR_IMPORTANCE or len({trial.value for trial in finished}) == 1:
        return {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = get_param_importances(study, evaluator=FanovaImportanceEvaluator(seed=0))
    return {name: float(share) for name, share in found.items()}


def _last(trial: FrozenTrial) -> float | None:
    return trial.intermediate_values[trial.last_step] if trial.last_step is not None else None


def _own(trials: Sequence[TrialResult], recipe: Recipe, ranges: Sequence[Range]) -> float | None:
    """What the recipe's own settings reached."""
    return next((t.bits_per_byte for t in trials if t.finished and t.settings == own(recipe, ranges)), None)


def _head(search: SweepConfig, name: str, found: TrialResult, floor: float, handles: Sequence[str]) -> str:
    """The comment that a recipe file begins with."""
    people = " and ".join(f"@{plain(handle)}" for handle in handles)
    return (
        f"# Found by huggingtweets sweep from recipe {search.recipe.name}, trial {found.number} of {name}:\n"
        f"# {found.bits_per_byte:.4f} held-out bits per byte on {people} (the base: {floor:.4f}).\n"
    )


def _pictures(
    trials: Sequence[TrialResult],
    ranges: Sequence[Range],
    matters: Mapping[str, float],
    handles: Sequence[str],
    file: Path,
) -> dict[Path, bytes]:
    axes = [Axis(one.name, one.low, one.high, one.log) for one in ranges]
    lines = [
        Line([t.settings[axis.name] for axis in axes], t.bits_per_byte if t.finished else None)
        for t in trials
        if t.settings.keys() == {axis.name for axis in axes}
    ]
    drawn = {file.with_name(f"{file.stem}-trials.png"): trials_picture(axes, lines, handles)}
    if matters:
        finished = sum(trial.finished for trial in trials)
        picture = importance_picture(matters, finished, handles)
        drawn[file.with_name(f"{file.stem}-importance.png")] = picture
    return drawn
