"""The optimizer, AdamW or Muon with AdamW, over the flat buffers of `Weights`; and its learning rate."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

from ..types import Recipe
from .muon import Muon
from .weights import Weights


class Optimizer:
    """AdamW (Loshchilov and Hutter 2019) with clipped gradients; Muon for inner matrices on request.

    Each slice has a torch optimizer of its own, so that only one slice's gradient is in float32 at a time.
    All moments are allocated before the first batch: allocated one by one after it, they would lie between
    what later batches need, and take a quarter of a gigabyte more on GPT-2's shape.
    """

    def __init__(self, weights: Weights, recipe: Recipe) -> None:
        """Move `weights` as the recipe says."""
        self._weights, self._recipe = weights, recipe
        with_muon = recipe.optimizer == "muon"
        self._muon = Muon(weights, recipe.matrix_rate, recipe.weight_decay) if with_muon else None
        slices = weights.slices(weights.inner if with_muon else 0)
        self._slices = [
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
            for part in slices
        ]
        self._allocate_moments()

    def _allocate_moments(self) -> None:
        sizes = [len(part.master_weights) for part, _ in self._slices]
        zeros = self._weights.master_weights.new_zeros
        variances = zeros(sum(sizes)).split(sizes)
        means = zeros(sum(sizes)).split(sizes) if self._recipe.beta1 else self._shared_means(sizes)
        for (part, adam), mean, variance in zip(self._slices, means, variances, strict=True):
            step = torch.zeros((), device=mean.device)
            adam.state[part.master_weights] = {"step": step, "exp_avg": mean, "exp_avg_sq": variance}

    def _shared_means(self, sizes: Sequence[int]) -> list[torch.Tensor]:
        """The means of all slices in one slice's memory: without momentum they are the gradient of a step."""
        mean = self._weights.master_weights.new_zeros(max(sizes))
        return [mean[:size] for size in sizes]

    def reset(self) -> None:
        """Forget all steps: the next one is as the first."""
        for value in self.state().values():
            value.zero_()

    @torch.no_grad()
    def step(self, scale: float) -> None:
        """Move the weights at `scale` times the learning rate, and clear the gradient."""
        # before Muon's step, which overwrites gradients in float32
        clip_factor = self._weights.clip_factor(self._recipe.gradient_clip)
        if self._muon:
            self._muon.step(scale)
        for part, adam in self._slices:
            adam.param_groups[0]["lr"] = self._recipe.learning_rate * scale
            part.master_weights.grad = part.gradient.float().mul_(clip_factor)
            adam.step()
            part.master_weights.grad = None
            if part.compute_weights is not part.master_weights:
                part.compute_weights.copy_(part.master_weights)
        self._weights.gradient.zero_()

    def state(self) -> dict[str, torch.Tensor]:
        """All that the next step depends on besides the weights, by name."""
        return {**self._moments(), **(self._muon.state() if self._muon else {})}

    def restore(self, state: dict[str, torch.Tensor]) -> None:
        """Set the optimizer to `state`."""
        if self._muon:
            self._muon.restore(state)
        for name, value in self._moments().items():
            value.copy_(state[name])

    def _moments(self) -> dict[str, torch.Tensor]:
        """The moments that outlive a step, by the number of their slice."""
        return {
            f"{number}.{name}": value
            for number, (part, adam) in enumerate(self._slices)
            for name, value in adam.state[part.master_weights].items()
            if self._recipe.beta1 or name != "exp_avg"
        }


def lr_scale(step: int, steps: int, recipe: Recipe) -> float:
    """The factor of the recipe's learning rate at a step, 0 to 1.

    It rises linearly during the warm-up to the peak. Then it falls to 0, by half a cosine over the whole run,
    or linearly in the cooldown where the recipe has one. With a cooldown a run can go on with more batches
    from the step at which the rate began to fall (Hu et al. 2024, "MiniCPM", section 4).
    """
    peak = lr_peak(steps, recipe)
    warmup, cooldown = round(recipe.warmup * steps), cooldown_start(steps, recipe)
    if step < warmup:
        return peak * (step + 1) / warmup
    if recipe.cooldown:
        return peak * min(1.0, (steps - step) / max(1, steps - cooldown))
    return peak * 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, steps - warmup)))


def lr_peak(steps: int, recipe: Recipe) -> float:
    """The highest factor of the recipe's learning rate: below 1 in runs longer than it is for."""
    return min(1.0, (recipe.learning_rate_steps / steps) ** 0.5) if recipe.learning_rate_steps else 1.0


def cooldown_start(steps: int, recipe: Recipe) -> int:
    """The step from which on the learning rate falls, in a recipe that has a cooldown."""
    return steps - round(recipe.cooldown * steps)
