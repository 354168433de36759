"""One trial: the recipe with drawn settings learns from each person's posts, as far as that is worth it.

What a search does not need is left out: no card, no pictures, no evaluation, no tracker, no unfinished run
or model that is kept. Training itself is that of `train`, with the posts that a model writes on the way to
see whether it copies (3.5 % of a run of the starter recipe): so `train` reaches what a trial reached.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

import optuna

from ... import models
from ...errors import TrainingDiverged
from ...progress import Silence, Watcher
from ...results import bits_per_byte
from ...types import CurvePoint, Dataset, Recipe
from .space import Range, applied


class Trial:
    """The function that is searched: held-out bits per byte, the mean over all people."""

    def __init__(
        self, recipe: Recipe, ranges: Sequence[Range], people: Sequence[Dataset], watcher: Watcher
    ) -> None:
        """Measure what the base does without training: a person's figure until their turn comes."""
        self._recipe, self._ranges, self._people, self._watcher = recipe, ranges, people, watcher
        self.floors = floors(recipe, people)

    def __call__(self, trial: optuna.Trial) -> float:
        """Train once for each person.

        Raises:
            TrialPruned: it is not worth going on.
        """
        recipe = applied(self._recipe, self._ranges, trial)
        best = list(self.floors)
        for number, data in enumerate(self._people):
            watched = Pruning(trial, self._watcher, best, number, recipe.evaluations)
            with tempfile.TemporaryDirectory() as nowhere:
                try:
                    checkpoint, _ = models.train(data, recipe, Path(nowhere), watched)
                except TrainingDiverged as error:
                    raise optuna.TrialPruned(str(error)) from error
            kept = next(point for point in checkpoint.curve if point.step == checkpoint.step)
            best[number] = kept.bits_per_byte
        return fmean(best)


class Pruning(Silence):
    """A watcher that reports each evaluation to the study, and gives a trial up when the study says so."""

    def __init__(
        self, trial: optuna.Trial, watcher: Watcher, best: list[float], person: int, evaluations: int
    ) -> None:
        """Watch one person's training; `best` holds everybody's figure so far, and is kept up to date."""
        self._trial, self._watcher, self._best = trial, watcher, best
        self._person, self._step = person, person * evaluations

    def stepped(self, step: int, steps: int, loss: float, tokens_per_second: float) -> None:
        """Show it."""
        self._watcher.stepped(step, steps, loss, tokens_per_second)

    def evaluated(self, point: CurvePoint) -> None:
        """Report the mean over all people if training ended now."""
        self._watcher.evaluated(point)
        self._best[self._person] = min(self._best[self._person], point.bits_per_byte)
        if point.step == 0:  # the base, the same in each trial
            return
        self._step += 1
        self._trial.report(fmean(self._best), self._step)
        if self._trial.should_prune():
            raise optuna.TrialPruned


def floors(recipe: Recipe, people: Sequence[Dataset]) -> list[float]:
    """Held-out bits per byte of the base before training, for each person."""
    base = models.load_base(recipe)
    if base is None:
        return [float("inf")] * len(people)
    found = []
    for data in people:
        texts, authors = [p.text for p in data.held_out], [p.author for p in data.held_out]
        found.append(bits_per_byte(base.bits(texts, authors), texts))
    return found
