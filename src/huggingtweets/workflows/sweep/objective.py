"""The objective that a sweep minimizes: train with sampled settings, and return held-out bits per byte.

A trial trains exactly as `train` does, so that training with the best settings reaches the same figure. That
includes the samples that are generated during training to look for copies, which take 3.5 % of a run with the
starter recipe. Everything around training is left out: model folder, card, evaluation, tracker, checkpoints.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean

import optuna

from ... import models
from ...errors import TrainingDiverged
from ...files import temporary_folder
from ...progress import Silence, Watcher
from ...results import bits_per_byte
from ...types import CurvePoint, Dataset, Recipe
from .space import Range, sample_recipe


class Objective:
    """The function that optuna minimizes: bits per byte of held-out posts, the mean over all people."""

    def __init__(
        self, recipe: Recipe, ranges: Sequence[Range], datasets: Sequence[Dataset], watcher: Watcher
    ) -> None:
        """Measure the base without training, which is a person's figure until they are trained on.

        Args:
            recipe: the recipe whose settings are searched.
            ranges: what is searched.
            datasets: one for each person.
            watcher: receives the events of training.
        """
        self._recipe, self._ranges, self._datasets, self._watcher = recipe, ranges, datasets, watcher
        self.base_bits_per_byte = base_bits_per_byte(recipe, datasets)

    def __call__(self, trial: optuna.Trial) -> float:
        """Train one model for each person.

        Raises:
            TrialPruned: the loss diverged, or the pruner stopped the trial.
        """
        recipe = sample_recipe(self._recipe, self._ranges, trial)
        best = list(self.base_bits_per_byte)
        for index, data in enumerate(self._datasets):
            watcher = PruningWatcher(trial, self._watcher, best, index, recipe.evaluations)
            with temporary_folder() as folder:
                try:
                    model, _ = models.train(data, recipe, folder, watcher)
                except TrainingDiverged as error:
                    raise optuna.TrialPruned(str(error)) from error
            saved_point = next(point for point in model.curve if point.step == model.step)
            best[index] = saved_point.bits_per_byte
        return fmean(best)


class PruningWatcher(Silence):
    """Reports each evaluation during training to the study, and stops the trial if the pruner says so."""

    def __init__(
        self, trial: optuna.Trial, watcher: Watcher, best: list[float], person: int, evaluations: int
    ) -> None:
        """Watch the training on one person's posts.

        Args:
            trial: the trial that is reported to.
            watcher: receives the events, too.
            best: the lowest bits per byte so far of each person; the person's is updated here.
            person: index of the person in `best`.
            evaluations: how many evaluations each training has, after the one of the base.
        """
        self._trial, self._watcher, self._best = trial, watcher, best
        self._person, self._evaluations, self._steps = person, evaluations, 1

    def stepped(self, step: int, steps: int, loss: float, tokens_per_second: float) -> None:
        """Pass a training step on."""
        self._steps = steps
        self._watcher.stepped(step, steps, loss, tokens_per_second)

    def evaluated(self, point: CurvePoint) -> None:
        """Report the mean over all people as it would be if training ended now.

        It is reported at the part of the training that is done, as trials of several runs are evaluated only
        after some of these.
        """
        self._watcher.evaluated(point)
        if point.step == 0:  # the base, which is the same in each trial, and never what a training keeps
            self._best[self._person] = math.inf
            return
        self._best[self._person] = min(self._best[self._person], point.bits_per_byte)
        done = self._evaluations * point.step // self._steps
        self._trial.report(fmean(self._best), self._person * self._evaluations + done)
        if self._trial.should_prune():
            raise optuna.TrialPruned


def base_bits_per_byte(recipe: Recipe, datasets: Sequence[Dataset]) -> list[float]:
    """Bits per byte of each person's held-out posts before training; infinity for a recipe without a base."""
    base = models.load_base(recipe)
    if base is None:
        return [float("inf")] * len(datasets)
    values = []
    for data in datasets:
        texts, authors = [post.text for post in data.held_out], [post.author for post in data.held_out]
        values.append(bits_per_byte(base.bits(texts, authors), texts))
    return values
