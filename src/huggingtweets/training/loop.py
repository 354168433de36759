"""The training loop: resume, step, evaluate, remember the best weights, stop early, keep checkpoints."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

from msgspec import UNSET

from ..errors import InternalError, TrainingDiverged
from ..files import CheckpointConfig
from ..machine.device import PROCESSES, fingerprint
from ..types import CurvePoint
from .backward import Backward
from .checkpoint import Checkpoint, PassedOver, RunCheckpoint, TrainState
from .context import TrainContext
from .held_out import HeldOutEvaluator
from .optimizer import Optimizer
from .plan import Phase, TrainPlan
from .runs import Runs

DIVERGED = 2.0  # times the base's held-out bits per byte: no such run recovered


class TrainingLoop:
    """Trains a model on the batches of a plan."""

    def __init__(self, context: TrainContext, plan: TrainPlan) -> None:
        """Make the optimizer, which is most of a run's memory, and the evaluator."""
        self._context, self._plan = context, plan
        self._optimizer = Optimizer(context.weights, plan.recipe)
        self._backward = Backward(context.weights, context.loss, context.process_group, context.watcher)
        self._held_out = HeldOutEvaluator(context, plan)
        self._steps = len(plan.batches)
        self._runs = Runs(plan.runs, context.weights, self._optimizer)
        self._evaluation_steps = self._runs.evaluation_steps(plan.recipe.evaluations)

    def run(self) -> TrainState:
        """Train to the end of the plan, from the beginning or from a checkpoint of an unfinished run.

        Returns:
            The best weights, and the curve.

        Raises:
            TrainingDiverged: the loss is no longer a number, or the model unlearns what its base knew.
            KeyboardInterrupt: the user stopped the run; where it has a checkpoint, that is written.
        """
        weights = self._context.weights
        state = TrainState(best=weights.compute_weights.clone(), mean=self._runs.no_mean())
        checkpoints = [self._checkpoint(phase) for phase in self._plan.phases]
        self._resume(state, checkpoints)
        for phase, checkpoint in zip(self._plan.phases, checkpoints, strict=True):
            is_left_to_next = checkpoint.is_of_longer_run and phase is not self._plan.phases[-1]
            if state.step < phase.end and not is_left_to_next:
                with checkpoint.interruptible():
                    self._train_until(phase.end, state, checkpoint)
                checkpoint.save(state)
        return state

    def _checkpoint(self, phase: Phase) -> Checkpoint:
        context, config = self._context, self._context.checkpoints
        if config is None:
            return Checkpoint()
        return RunCheckpoint(
            CheckpointConfig(config.folder / phase.subfolder, config.seconds),
            context.weights,
            self._optimizer,
            {**fingerprint(context.device, context.process_group.world_size), **phase.origin},
            end=phase.end,
            rank=context.process_group.rank,
        )

    def _resume(self, state: TrainState, checkpoints: Sequence[Checkpoint]) -> None:
        """Restore the checkpoint of the latest phase that has one; tell of one that another machine made."""
        restored = [checkpoint.restore(state) for checkpoint in checkpoints]  # each reads its file
        if any(restored):
            may_have_ended = len(checkpoints) > 1
            unfinished = "" if may_have_ended else " of an unfinished run"
            self._context.watcher.note(f"going on from step {state.step:,} of {self._steps:,}{unfinished}")
        else:
            for passed_over in filter(None, (checkpoint.passed_over for checkpoint in checkpoints)):
                self._tell_of(passed_over)
        process_group = self._context.process_group
        if not process_group.is_shared(repr([sorted(phase.origin.items()) for phase in self._plan.phases])):
            raise InternalError(
                "the processes of this run have not read the same posts; give a file that all can read"
            )
        if process_group.broadcast(state.step) != state.step:
            raise InternalError("the processes of this run do not share the folder of its checkpoints")

    def _tell_of(self, checkpoint: PassedOver) -> None:
        """Say why the run begins anew, where nothing but the machine and the versions are other."""
        if checkpoint.recorded.keys() <= {*fingerprint(self._context.device), PROCESSES}:
            made_with, now = (
                ", ".join(f"{name} {value or 1}" for name, value in values.items())  # of one, none is said
                for values in (checkpoint.recorded, checkpoint.now)
            )
            self._context.watcher.note(
                f"the unfinished run, of {checkpoint.step:,} steps, was made with {made_with}, this one is "
                f"with {now}; it begins anew, since it could not be the same bit for bit"
            )

    def _train_until(self, end: int, state: TrainState, checkpoint: Checkpoint) -> None:
        if not state.curve:
            self._evaluate(state)
        self._context.model.train()
        while state.step < end and not state.stopped:
            self._step(state)
            self._runs.end(state)
            if state.step in self._evaluation_steps:
                stop_reason = self._evaluate(state) or self._stop_reason(state.curve)
                state.stopped = stop_reason if state.step < self._steps else ""
            self._runs.begin(state)
            checkpoint.save_if_due(state)

    def _step(self, state: TrainState) -> None:
        started = time.perf_counter()
        batch = self._plan.batches[state.step]
        scale = self._runs.lr_scale(state.step, self._plan.recipe)
        loss = self._backward(batch)
        state.step += 1
        if not math.isfinite(loss):
            raise self._diverged(f"the loss became {loss} at step {state.step} of {self._steps}")
        self._optimizer.step(scale)
        state.losses.append(loss)
        seconds = time.perf_counter() - started
        state.seconds += seconds
        self._context.watcher.stepped(state.step, self._steps, loss, batch.tokens / seconds)

    def _evaluate(self, state: TrainState) -> str:
        """Add a point to the curve, and remember the weights where the point is the lowest so far.

        The base itself is never the best, even where it predicts best: it does not write like the person. A
        point that stops the run can be the best: the first one may do that, and then there is no other.

        Returns:
            Why training should stop, "" where it should go on.
        """
        epoch = self._plan.epochs_after(state.step)
        result = self._held_out.evaluate(epoch)
        point = CurvePoint(
            step=state.step,
            epoch=epoch,
            bits_per_byte=result.bits_per_byte,
            train_loss=sum(state.losses) / len(state.losses) if state.losses else None,
            copied=result.copied,
            counted=result.counted or UNSET,
        )
        lowest = min((earlier.bits_per_byte for earlier in state.curve[1:]), default=math.inf)
        if point.step and point.bits_per_byte < lowest:
            state.best.copy_(self._context.weights.compute_weights)
            state.best_step = point.step
        state.curve.append(point)
        state.losses = []
        self._context.watcher.evaluated(point)
        self._require_convergence(state.curve)
        return result.memorizes

    def _require_convergence(self, curve: Sequence[CurvePoint]) -> None:
        base, point = curve[0], curve[-1]
        if not point.bits_per_byte < DIVERGED * base.bits_per_byte:
            raise self._diverged(
                f"after {point.step} steps the model predicts held-out posts with {point.bits_per_byte:.3f} "
                f"bits per byte, and its base did with {base.bits_per_byte:.3f}"
            )

    def _stop_reason(self, curve: Sequence[CurvePoint]) -> str:
        """Why training should stop for lack of progress, "" where it should go on."""
        trained = curve[1:]  # the base is often better than a model at its highest learning rate
        best = min(range(len(trained)), key=lambda i: trained[i].bits_per_byte)
        patience = self._plan.recipe.patience
        if len(trained) - 1 - best < patience:
            return ""
        return f"held-out bits per byte have not fallen for {patience} evaluations"

    def _diverged(self, what: str) -> TrainingDiverged:
        lower = self._plan.recipe.learning_rate / 10
        return TrainingDiverged(
            f"{what}; nothing was saved. Try a lower learning rate, for example --set learning_rate={lower:g}"
        )
