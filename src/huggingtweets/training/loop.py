"""The training loop: AdamW with a cosine schedule over batches of whole posts, the best weights kept."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from transformers import PreTrainedModel

from ..errors import TrainingDiverged
from ..progress import Watcher
from ..types import CurvePoint, Recipe
from .batches import Batch, Row, batches
from .device import Device
from .loss import summed_loss

State = dict[str, torch.Tensor]


@dataclass
class Fit:
    """A run of the loop: the curve so far, and the weights of its best point."""

    model: PreTrainedModel
    measure: Callable[[], float]
    watcher: Watcher
    curve: list[CurvePoint] = field(default_factory=list)
    best: State = field(default_factory=dict)

    def evaluate(self, step: int, epoch: float, train_loss: float | None = None) -> None:
        """Add a point to the curve; remember the weights where it is the best one."""
        bits = self.measure()
        if all(bits < point.bits_per_byte for point in self.curve):
            self.best = {name: tensor.detach().clone() for name, tensor in self.model.state_dict().items()}
        self.curve.append(CurvePoint(step=step, epoch=epoch, bits_per_byte=bits, train_loss=train_loss))
        self.watcher.evaluated(self.curve[-1])


def fit(
    model: PreTrainedModel,
    rows: Sequence[Row],
    recipe: Recipe,
    *,
    padding: int,
    device: Device,
    measure: Callable[[], float],
    watcher: Watcher,
) -> list[CurvePoint]:
    """Train `model` in place, leave it with the weights of the best evaluation, and return the curve.

    Args:
        model: a causal language model on `device`.
        rows: token rows of the training posts.
        recipe: how to train; its seed decides order and dropout.
        padding: token to fill rows with.
        device: where the model is.
        measure: held-out bits per byte of the model as it is.
        watcher: told of every step and evaluation.

    Raises:
        TrainingDiverged: the loss is no longer a number.
    """
    torch.manual_seed(recipe.seed)
    plan = _plan(rows, recipe, padding)
    optimizer = _optimizer(model, recipe)
    pauses = _evaluation_steps(len(plan), recipe.evaluations)
    run = Fit(model, measure, watcher)
    run.evaluate(0, 0.0)
    losses: list[float] = []
    model.train()
    for step, batch in enumerate(plan, start=1):
        started = time.perf_counter()
        loss = _step(model, batch, optimizer, recipe, device, _schedule(step - 1, len(plan), recipe.warmup))
        if not math.isfinite(loss):
            raise TrainingDiverged(
                f"the loss became {loss} at step {step} of {len(plan)}; nothing was saved. "
                f"Try a lower learning rate, for example --set learning_rate={recipe.learning_rate / 10:g}"
            )
        losses.append(loss)
        watcher.stepped(step, len(plan), loss, batch.tokens / (time.perf_counter() - started))
        if step in pauses:
            run.evaluate(step, step * recipe.epochs / len(plan), sum(losses) / len(losses))
            losses.clear()
    model.load_state_dict(run.best)
    model.eval()
    return run.curve


def _plan(rows: Sequence[Row], recipe: Recipe, padding: int) -> list[Batch]:
    """Every batch of the run, in order: each epoch mixes the posts anew."""
    shuffle = random.Random(recipe.seed)  # noqa: S311 -- no secret hangs on the order of posts
    return [
        batch for _ in range(recipe.epochs) for batch in batches(rows, recipe.batch_tokens, padding, shuffle)
    ]


def _optimizer(model: PreTrainedModel, recipe: Recipe) -> torch.optim.AdamW:
    """AdamW (Loshchilov and Hutter 2019); biases and norms do not decay."""
    weights = [p for p in model.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in weights if p.dim() > 1], "weight_decay": recipe.weight_decay},
        {"params": [p for p in weights if p.dim() <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=recipe.learning_rate, betas=(recipe.beta1, recipe.beta2), fused=True)


def _schedule(step: int, steps: int, warmup: float) -> float:
    """Share of the highest learning rate: a linear rise, then half a cosine down to 0."""
    rising = round(warmup * steps)
    if step < rising:
        return (step + 1) / rising
    return 0.5 * (1 + math.cos(math.pi * (step - rising) / max(1, steps - rising)))


def _step(
    model: PreTrainedModel,
    batch: Batch,
    optimizer: torch.optim.AdamW,
    recipe: Recipe,
    device: Device,
    share: float,
) -> float:
    """One optimizer step; returns the mean loss in nats a token."""
    loss = summed_loss(model, batch, device) / batch.tokens
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), recipe.gradient_clip)
    for group in optimizer.param_groups:
        group["lr"] = recipe.learning_rate * share
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return loss.item()


def _evaluation_steps(steps: int, evaluations: int) -> set[int]:
    """Evenly spread, the last step always among them."""
    return {math.ceil(steps * (i + 1) / evaluations) for i in range(evaluations)}
