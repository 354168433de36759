"""Pre-training: a new model, or a base of this program, learns from a corpus of many people's posts."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace
from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast

from ..machine.device import Device
from ..types import Recipe
from .backward import Backward
from .checkpoint import TrainState
from .context import TrainContext, TrainOptions
from .gpt2 import Size, new_model
from .loop import TrainingLoop
from .optimizer import Optimizer, cooldown_start
from .packed import PackedRows
from .plan import Phase, TrainPlan
from .process_group import ProcessGroup

MAX_EVALUATIONS, STEPS_BETWEEN = 20, 100  # evaluations of a run, and the fewest steps from one to the next
TRIAL_STEPS = 12  # that measure how fast a machine is


def recipe_for(size: Size, seed: int, *, from_base: bool = False) -> Recipe:
    """How a size is trained. The learning rates at width 256 are those of the starter base.

    A base is trained at half of them, so that it forgets less at the beginning. Nothing was searched here.
    Muon's rate does not depend on the width, since its steps change outputs alike (Bernstein and Newhouse
    2024, "Old optimizer, new norm"); that of AdamW, for the embedding tables, falls with the square root of
    the width (as in karpathy/nanochat, base_train.py).
    """
    factor = 0.5 if from_base else 1.0
    return Recipe(
        name="pretraining",
        base="none",
        optimizer="muon",
        matrix_rate=factor * 0.02,
        learning_rate=factor * 2e-3 * (256 / size.width) ** 0.5,
        beta2=0.95,
        warmup=0.01,
        cooldown=0.4,
        batch_tokens=size.batch_tokens,
        patience=1_000_000,  # it ends with its batches
        seed=seed,
    )


def pretraining_plan(rows: PackedRows, held_out: Sequence[str], recipe: Recipe, origin: str) -> TrainPlan:
    """All batches of `rows`, first at the high learning rate, then at one that falls to 0.

    The checkpoint of the first phase is valid for any number of steps, as far as it is not beyond the phase:
    a run that has ended goes on from it when it gets more batches.

    Args:
        rows: the batches.
        held_out: posts that are not among them.
        recipe: from `recipe_for`.
        origin: names corpus, shape and first weights; a checkpoint of another origin is not resumed.
    """
    steps = len(rows)
    return TrainPlan(
        recipe=replace(recipe, evaluations=max(2, min(MAX_EVALUATIONS, steps // STEPS_BETWEEN))),
        batches=rows,
        epochs=steps / rows.batches_per_epoch,
        runs=[range(steps)],
        phases=[
            Phase(cooldown_start(steps, recipe), {"base": origin}, subfolder="level"),
            Phase(steps, {"base": origin, "steps": str(steps)}),
        ],
        held_out=held_out,
    )


def pretrain(
    model: Any, tokenizer: PreTrainedTokenizerFast, plan: TrainPlan, options: TrainOptions
) -> TrainState:
    """Train the model in place; it is left in float32, with the best weights.

    Args:
        model: from `new_model`.
        tokenizer: its own.
        plan: from `pretraining_plan`.
        options: where it computes, where it is kept, who watches.
    """
    context = TrainContext.prepare(model, tokenizer, options)
    state = TrainingLoop(context, plan).run()  # the loop, with its optimizer, is freed before `finish`
    context.finish(state.best)
    return state


def positions_per_second(
    size: Size, tokenizer: Tokenizer, rows: PackedRows, seed: int, device: Device
) -> float:
    """How fast this machine trains a size: the median of some steps with a model that is then dropped."""
    options = TrainOptions(device=device, process_group=ProcessGroup())
    context = TrainContext.prepare(*new_model(size, tokenizer, seed), options)
    optimizer = Optimizer(context.weights, recipe_for(size, seed))
    backward = Backward(context.weights, context.loss, context.process_group, context.watcher)
    seconds = []
    for step in range(min(TRIAL_STEPS, len(rows))):
        started = time.perf_counter()
        backward(rows[step])
        optimizer.step(1.0)
        seconds.append(time.perf_counter() - started)
    return size.batch_tokens / statistics.median(seconds)
