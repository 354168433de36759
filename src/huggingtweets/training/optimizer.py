"""What moves the weights: AdamW over the buffers of `Weights`, slice by slice, or Muon and AdamW."""

from __future__ import annotations

import math

import torch

from ..types import Recipe
from .muon import Muon
from .weights import Weights


class Optimizer:
    """AdamW (Loshchilov and Hutter 2019) with clipped gradients; Muon for inner matrices on request.

    Each slice has a torch optimizer of its own, so that only one slice's gradient is in float32 at a time.
    All moments are laid out before the first batch: taken one by one behind it they would lie between what
    later batches need, and cost a quarter of a gigabyte more on GPT-2's shape.
    """

    def __init__(self, weights: Weights, recipe: Recipe) -> None:
        """Move `weights` as the recipe says."""
        self._weights, self._recipe = weights, recipe
        with_muon = recipe.optimizer == "muon"
        self._muon = Muon(weights, recipe.matrix_rate, recipe.weight_decay) if with_muon else None
        parts = weights.slices(weights.inner if with_muon else 0)
        self._parts = [
            (
                part,
                torch.optim.AdamW(
                    [part.master_weights],
                    lr=recipe.learning_rate,
                    betas=(recipe.beta1, recipe.beta2),
                    weight_decay=recipe.weight_decay if part.decays else 0.0,
                    fused=True,
                ),
            )
            for part in parts
        ]
        sizes = [len(part.master_weights) for part in parts]
        first, second = weights.master_weights.new_zeros(2, sum(sizes))
        for (part, adam), a, b in zip(self._parts, first.split(sizes), second.split(sizes), strict=True):
            count = torch.zeros((), device=a.device)
            adam.state[part.master_weights] = {"step": count, "exp_avg": a, "exp_avg_sq": b}

    @torch.no_grad()
    def step(self, share: float) -> None:
        """Move the weights at `share` of the learning rate, and clear the gradient."""
        if self._muon:
            self._muon.step(share)
        factor = self._weights.clip(self._recipe.gradient_clip)
        for part, adam in self._parts:
            adam.param_groups[0]["lr"] = self._recipe.learning_rate * share
            part.master_weights.grad = part.gradient.float().mul_(factor)
            adam.step()
            part.master_weights.grad = None
            if part.compute_weights is not part.master_weights:
                part.compute_weights.copy_(part.master_weights)
        self._weights.gradient.zero_()

    def state(self) -> dict[str, torch.Tensor]:
        """All that the next step depends on besides the masters, by name."""
        moments = {
            f"{number}.{name}": value
            for number, (part, adam) in enumerate(self._parts)
            for name, value in adam.state[part.master_weights].items()
        }
        return {**moments, **(self._muon.state() if self._muon else {})}

    def restore(self, state: dict[str, torch.Tensor]) -> None:
        """Go on from `state`."""
        if self._muon:
            self._muon.restore(state)
        for number, (part, adam) in enumerate(self._parts):
            for name, value in adam.state[part.master_weights].items():
                value.copy_(state[f"{number}.{name}"])


def schedule(step: int, steps: int, recipe: Recipe) -> float:
    """Share of the highest learning rate: a linear rise, then down to 0 by half a cosine or at the end only.

    With a cooldown the rate stays up until then, and a run can go on from there with more to learn from
    (Hu et al. 2024, "MiniCPM", section 4).
    """
    rising, falling = round(recipe.warmup * steps), cooldown(steps, recipe)
    if step < rising:
        return (step + 1) / rising
    if recipe.cooldown:
        return min(1.0, (steps - step) / max(1, steps - falling))
    return 0.5 * (1 + math.cos(math.pi * (step - rising) / max(1, steps - rising)))


def cooldown(steps: int, recipe: Recipe) -> int:
    """The step from which on the learning rate falls where the recipe has a cooldown."""
    return steps - round(recipe.cooldown * steps)
