"""Several runs from one base, one after the other; the model is the mean of the weights with which they end.

What a run learns from few posts hangs on their order; the mean of several orders predicts better than each of
them (Wortsman et al. 2022, "Model soups"). A run whose first steps diverge ends far worse than the others; it
is left out (docs/log.md).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

from ..types import Recipe
from .checkpoint import TrainState
from .optimizer import Optimizer, lr_scale
from .weights import Weights

OUTLIER = 1.15  # times the training loss of another run; the order of posts explains 1.05


class Runs:
    """Begins and ends the runs of a plan. One run alone is trained as it is, and costs no memory."""

    def __init__(self, runs: Sequence[range], weights: Weights, optimizer: Optimizer) -> None:
        """Remember the weights of the base, from which each run starts.

        Args:
            runs: their steps, in order and without gaps.
            weights: the base's; not trained yet.
            optimizer: what trains them.
        """
        self._runs, self._weights, self._optimizer = runs, weights, optimizer
        self._several = len(runs) > 1
        self._base = _copy(weights) if self._several else None

    def no_mean(self) -> torch.Tensor:
        """Where the mean of the runs goes; empty where there is one run."""
        master = self._weights.master_weights
        return torch.zeros_like(master) if self._several else master.new_empty(0)

    def evaluation_steps(self, evaluations: int) -> set[int]:
        """The steps after which the model is evaluated: of several runs, ends of some of them."""
        if not self._several:
            return evaluation_steps(len(self._runs[0]), evaluations)
        return {self._runs[number - 1].stop for number in evaluation_steps(len(self._runs), evaluations)}

    def lr_scale(self, step: int, recipe: Recipe) -> float:
        """The factor of the learning rate at a step of all: each run has the whole schedule."""
        run = next(run for run in self._runs if step in run)
        return lr_scale(step - run.start, len(run), recipe)

    def end(self, state: TrainState) -> None:
        """After the last step of a run: the model becomes the mean of the runs so far, outliers left out."""
        ended = self._ended(state)
        if ended:
            closing = state.losses[-max(1, len(self._runs[ended - 1]) // 3) :]
            state.run_losses.append(sum(closing) / len(closing))
            averaged = averaged_runs(state.run_losses)
            if averaged[-1] == ended - 1:
                state.mean.lerp_(self._weights.master_weights, 1 / len(averaged))
            self._weights.compute_weights.copy_(state.mean)

    def begin(self, state: TrainState) -> None:
        """Before the first step of another run: weights and optimizer are as before the first one."""
        if self._base is not None and self._ended(state) and state.step < self._runs[-1].stop:
            self._weights.master_weights.copy_(self._base)
            self._weights.compute_weights.copy_(self._base)
            self._optimizer.reset()

    def _ended(self, state: TrainState) -> int:
        """How many runs have ended, where one of several ends with this step; otherwise 0."""
        ends = [run.stop for run in self._runs] if self._several else []
        return ends.index(state.step) + 1 if state.step in ends else 0


def averaged_runs(losses: Sequence[float]) -> list[int]:
    """The numbers of the runs that make the mean, of those that ended with these losses, in their order.

    A run with a far higher loss than an earlier one is left out. One with a far lower loss than all earlier
    ones begins the mean anew. So the weights of single runs need not be kept.
    """
    averaged: list[int] = []
    for number, loss in enumerate(losses):
        best = min((losses[other] for other in averaged), default=loss)
        if loss * OUTLIER < best:
            averaged = []
        if loss <= best * OUTLIER:
            averaged.append(number)
    return averaged


def _copy(weights: Weights) -> torch.Tensor:
    """The weights, in the precision of computing where that loses nothing: half of the memory."""
    narrow = weights.compute_weights.clone()
    exact = torch.equal(narrow.float(), weights.master_weights)
    return narrow if exact else weights.master_weights.clone()


def evaluation_steps(steps: int, evaluations: int) -> set[int]:
    """The steps after which the model is evaluated: evenly spread, the last step always among them."""
    return {math.ceil(steps * (i + 1) / evaluations) for i in range(evaluations)}
