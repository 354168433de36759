"""Trials in other processes, on this machine or on a Ray cluster; all share one study in its database."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import optuna

from ...errors import InternalError
from ...progress import Silence, Watcher
from ...types import Dataset
from .._executors import open_executor
from .._executors.interface import Died
from .config import SweepConfig
from .objective import Objective
from .space import Range, recipe_settings
from .study import ended_trials, make_pruner, open_study, run_trial, trials_taken

WAIT = 1.0  # seconds between two looks at what ended
MOST_DEATHS = 5  # workers that may die one after the other


@dataclass
class TrialWorker:
    """Runs one trial of a study each time that it is called."""

    config: SweepConfig
    study: str
    storage: str
    settings: Mapping[str, object]
    ranges: Sequence[Range]
    datasets: Sequence[Dataset]

    @cached_property
    def _objective(self) -> Objective:
        return Objective(self.config.recipe, self.ranges, self.datasets, Silence())

    def __call__(self, _: int) -> None:
        """Run a trial; its settings are those that the study samples next."""
        recipe = self.config.recipe
        study = open_study(
            self.study,
            self.storage,
            self.settings,
            recipe_settings(recipe, self.ranges),
            seed=self.config.seed,
            pruner=make_pruner(recipe.evaluations, prune=self.config.prune),
        )
        run_trial(study, self._objective, self.config.trials)


def run_trials(worker: TrialWorker, executor: str, study: optuna.Study, watcher: Watcher) -> None:
    """Hand out trials until the study has as many as configured.

    Args:
        worker: runs them.
        executor: the name of what it is called in.
        study: that the workers share.
        watcher: told of each trial.

    Raises:
        InternalError: workers die again and again.
    """
    config, working, deaths = worker.config, 0, 0

    def is_short() -> bool:
        """Whether fewer trials than configured have ended or run; a worker begins one after a while."""
        ended = len(ended_trials(study))
        return max(trials_taken(study), ended + working) < config.trials

    with open_executor(
        executor, worker, workers=config.workers, recipe=config.recipe, address=config.address
    ) as workers:
        while working or len(ended_trials(study)) < config.trials:
            while workers.free and is_short():
                workers.submit(working)
                working += 1
            if not working:  # other processes run the rest
                time.sleep(WAIT)
                continue
            for event in workers.wait(WAIT):
                working -= 1
                deaths = deaths + 1 if isinstance(event, Died) else 0
                if isinstance(event, Died) and (event.error or deaths >= MOST_DEATHS):
                    raise event.error or InternalError(f"{deaths} workers died, the last: {event.reason}")
                watcher.note(f"  {len(ended_trials(study))} of {config.trials} trials")
