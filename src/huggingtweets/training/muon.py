"""Muon (Jordan et al. 2024): the matrices inside the layers move by their orthogonalized momentum.

All directions of a matrix are then learnt at one pace, and a loss is reached in fewer steps than with AdamW;
docs/log.md has the time it takes and what it gained here.
"""

from __future__ import annotations

import math

import torch

from .weights import Slice, Weights

MOMENTUM = 0.95
ITERATIONS = 5  # of Newton and Schulz
_QUINTIC = (3.4445, -4.7750, 2.0315)  # their coefficients: all singular values end between 0.7 and 1.2


class Muon:
    """Moves the inner matrices of `Weights`; those of one shape are one batched operation."""

    def __init__(self, weights: Weights, learning_rate: float, weight_decay: float) -> None:
        """Take the highest learning rate; weight decay is multiplied by the rate, as in AdamW."""
        self._stacks = weights.stacks()
        self._momenta = [torch.zeros_like(stack.master_weights) for stack in self._stacks]
        self._learning_rate, self._weight_decay = learning_rate, weight_decay

    @torch.no_grad()
    def step(self, scale: float) -> None:
        """Move the matrices at `scale` times the learning rate; their gradient in float32 is overwritten."""
        for stack, momentum in zip(self._stacks, self._momenta, strict=True):
            self._move(stack, momentum, self._learning_rate * scale)

    def _move(self, stack: Slice, momentum: torch.Tensor, rate: float) -> None:
        gradient = stack.gradient.float()
        momentum.lerp_(gradient, 1 - MOMENTUM)
        direction = orthogonalize(gradient.lerp_(momentum, MOMENTUM).to(stack.compute_weights.dtype))
        stack.master_weights.mul_(1 - rate * self._weight_decay)
        stack.master_weights.add_(direction, alpha=-rate * _shape_scale(stack))
        if stack.compute_weights is not stack.master_weights:
            stack.compute_weights.copy_(stack.master_weights)

    def state(self) -> dict[str, torch.Tensor]:
        """The momenta, by name."""
        return {f"muon.{number}": momentum for number, momentum in enumerate(self._momenta)}

    def restore(self, state: dict[str, torch.Tensor]) -> None:
        """Set the momenta to those of `state`."""
        for number, momentum in enumerate(self._momenta):
            momentum.copy_(state[f"muon.{number}"])


def orthogonalize(matrices: torch.Tensor) -> torch.Tensor:
    """About the nearest orthogonal matrices, by Newton and Schulz's iteration: (matrices, rows, columns)."""
    rows, columns = matrices.shape[1:]
    wide = matrices if rows <= columns else matrices.mT
    x: torch.Tensor = wide / (wide.norm(dim=(1, 2), keepdim=True) + 1e-7)
    a, b, c = _QUINTIC
    for _ in range(ITERATIONS):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x if rows <= columns else x.mT


def _shape_scale(stack: Slice) -> float:
    """The factor by which a step changes the outputs of any shape alike."""
    _, rows, columns = stack.master_weights.shape
    widening = columns / rows if stack.inputs_first else rows / columns
    return math.sqrt(max(1.0, widening))
