"""The training loop: batches of whole posts, the best weights kept, and where to stop."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from transformers import PreTrainedModel

from ..errors import TrainingDiverged
from ..progress import Watcher
from ..types import CurvePoint, Recipe
from .batches import Batch
from .optimizer import Optimizer, schedule
from .weights import Weights

HOPELESS = 2.0  # times the base's held-out bits per byte: no such run came back


@dataclass
class TrainState:
    """Where a run stands: all that changes, besides weights, optimizer and random numbers."""

    best: torch.Tensor  # weights of the best evaluation so far
    best_step: int = 0
    step: int = 0
    curve: list[CurvePoint] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)  # nats a token, of the steps since the last point
    seconds: float = 0.0  # that all steps took
    stopped: str = ""  # why it ended before its time


@dataclass(frozen=True)
class HeldOutResult:
    """What an evaluation finds."""

    bits_per_byte: float  # held out
    copied: float | None = None  # share of samples that copy a training post, where it was counted
    memorizes: str = ""  # why that is more than the person does


@dataclass(frozen=True)
class Loop:
    """A training run over a plan of batches."""

    model: PreTrainedModel
    weights: Weights
    optimizer: Optimizer
    recipe: Recipe
    epochs: float  # passes over the posts that the plan makes
    plan: Sequence[Batch]
    backward: Callable[[Batch], float]  # adds a batch's gradient; mean loss in nats a token
    measure: Callable[[float], HeldOutResult]  # of the model as it is, after so many epochs
    watcher: Watcher

    def run(self, state: TrainState, keep: Callable[[TrainState], None], until: int | None = None) -> None:
        """Go on from `state` to the end, or to a step; `keep` is told of every step to go on from.

        Raises:
            TrainingDiverged: the loss is no longer a number, or the model unlearns what its base knew.
        """
        until = len(self.plan) if until is None else until
        pauses = evaluation_steps(len(self.plan), self.recipe.evaluations)
        if not state.curve:
            self._evaluate(state)
        self.model.train()
        while state.step < until and not state.stopped:
            self._step(state)
            if state.step in pauses:
                enough = self._evaluate(state) or self._enough(state.curve)
                state.stopped = enough if state.step < len(self.plan) else ""
            keep(state)

    def _step(self, state: TrainState) -> None:
        started = time.perf_counter()
        batch, share = self.plan[state.step], schedule(state.step, len(self.plan), self.recipe)
        loss = self.backward(batch)
        state.step += 1
        if not math.isfinite(loss):
            raise self._diverged(f"the loss became {loss} at step {state.step} of {len(self.plan)}")
        self.optimizer.step(share)
        state.losses.append(loss)
        seconds = time.perf_counter() - started
        state.seconds += seconds
        speed = batch.tokens / seconds
        self.watcher.stepped(state.step, len(self.plan), loss, speed)

    def _evaluate(self, state: TrainState) -> str:
        """Add a point to the curve; remember the weights where it is the best one since the beginning.

        The base itself is none of them, even where it predicts best: whoever trains wants a voice.

        Returns:
            Why training should stop, "" where it should go on.
        """
        epoch = state.step * self.epochs / len(self.plan)
        found = self.measure(epoch)
        losses = state.losses
        point = CurvePoint(
            step=state.step,
            epoch=epoch,
            bits_per_byte=found.bits_per_byte,
            train_loss=sum(losses) / len(losses) if losses else None,
            copied=found.copied,
        )
        lowest = min((earlier.bits_per_byte for earlier in state.curve[1:]), default=math.inf)
        if point.step and point.bits_per_byte < lowest and not found.memorizes:
            state.best.copy_(self.weights.compute_weights)
            state.best_step = point.step
        state.curve.append(point)
        state.losses = []
        self.watcher.evaluated(point)
        if not point.bits_per_byte < HOPELESS * state.curve[0].bits_per_byte:
            raise self._diverged(
                f"after {point.step} steps the model predicts held-out posts with {point.bits_per_byte:.3f} "
                f"bits per byte, and its base did with {state.curve[0].bits_per_byte:.3f}"
            )
        return found.memorizes

    def _enough(self, curve: Sequence[CurvePoint]) -> str:
        """Why training should stop for want of progress, "" where it should go on."""
        best = min(range(len(curve)), key=lambda i: curve[i].bits_per_byte)
        if len(curve) - 1 - best < self.recipe.patience:
            return ""
        return f"held-out bits per byte have not fallen for {self.recipe.patience} evaluations"

    def _diverged(self, what: str) -> TrainingDiverged:
        lower = self.recipe.learning_rate / 10
        return TrainingDiverged(
            f"{what}; nothing was saved. Try a lower learning rate, for example --set learning_rate={lower:g}"
        )


def evaluation_steps(steps: int, evaluations: int) -> set[int]:
    """Evenly spread, the last step always among them."""
    return {math.ceil(steps * (i + 1) / evaluations) for i in range(evaluations)}
