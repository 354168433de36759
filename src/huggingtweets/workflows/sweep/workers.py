"""Trials in other processes, on this machine or on a Ray cluster; all share one study in its database."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ...errors import InternalError
from ...progress import Silence, Watcher
from ...types import Dataset
from .._execution import open_executor
from .._executors import Died
from .config import SweepConfig
from .objective import Objective
from .space import Range, recipe_settings
from .study import make_pruner, open_study

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
        study.optimize(self._objective, n_trials=1)


def run_trials(worker: TrialWorker, executor: str, ended: Callable[[], int], watcher: Watcher) -> None:
    """Hand out trials until the study has as many as configured.

    Args:
        worker: runs them.
        executor: the name of what it is called in.
        ended: counts the trials of the study that are finished or were pruned.
        watcher: told of each trial.

    Raises:
        InternalError: workers die again and again.
    """
    config, working, deaths = worker.config, 0, 0
    with open_executor(executor, worker, workers=config.workers, address=config.address) as workers:
        while working or ended() < config.trials:
            while workers.free and ended() + working < config.trials:
                workers.submit(working)
                working += 1
            for event in workers.wait(WAIT):
                working -= 1
                deaths = deaths + 1 if isinstance(event, Died) else 0
                if isinstance(event, Died) and (event.error or deaths >= MOST_DEATHS):
                    raise event.error or InternalError(f"{deaths} workers died, the last: {event.reason}")
                watcher.note(f"  {ended()} of {config.trials} trials")
