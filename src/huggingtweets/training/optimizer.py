"""AdamW over the buffers of `Weights`, slice by slice."""

from __future__ import annotations

import math
from typing import Any

import torch

from ..types import Recipe
from .weights import Weights


class Optimizer:
    """AdamW (Loshchilov and Hutter 2019) with a cosine schedule and clipped gradients.

    Each slice has a torch optimizer of its own, so that only one slice's gradient is in float32 at a time.
    """

    def __init__(self, weights: Weights, recipe: Recipe) -> None:
        """Move `weights` as the recipe says."""
        self._weights, self._recipe = weights, recipe
        self._parts = [
            (
                part,
                torch.optim.AdamW(
                    [part.master],
                    lr=recipe.learning_rate,
                    betas=(recipe.beta1, recipe.beta2),
                    weight_decay=recipe.weight_decay if part.decays else 0.0,
                    fused=True,
                ),
            )
            for part in weights.slices()
        ]

    @torch.no_grad()
    def step(self, share: float) -> None:
        """Move the weights at `share` of the learning rate, and clear the gradient."""
        factor = self._weights.clip(self._recipe.gradient_clip)
        for part, adam in self._parts:
            adam.param_groups[0]["lr"] = self._recipe.learning_rate * share
            part.master.grad = part.gradient.float().mul_(factor)
            adam.step()
            part.master.grad = None
            if part.low is not part.master:
                part.low.copy_(part.master)
        self._weights.gradient.zero_()

    def state(self) -> dict[str, torch.Tensor]:
        """All that the next step depends on besides the masters, by name."""
        return {
            f"{number}.{name}": value
            for number, (part, adam) in enumerate(self._parts)
            for name, value in adam.state[part.master].items()
        }

    def restore(self, state: dict[str, torch.Tensor]) -> None:
        """Go on from `state`."""
        for number, (part, adam) in enumerate(self._parts):
            prefix = f"{number}."
            mine: dict[str, Any] = {
                name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)
            }
            adam.state[part.master] = mine


def schedule(step: int, steps: int, warmup: float) -> float:
    """Share of the highest learning rate: a linear rise, then half a cosine down to 0."""
    rising = round(warmup * steps)
    if step < rising:
        return (step + 1) / rising
    return 0.5 * (1 + math.cos(math.pi * (step - rising) / max(1, steps - rising)))
