"""Muon (Jordan et al. 2024): the matrices inside the layers move by their momentum, made orthogonal.

All directions of a matrix are then learnt at one pace, and a loss is reached in fewer steps than with AdamW;
what it cost and gave here stands in docs/log.md.
"""

from __future__ import annotations

import torch

from .weights import Slice, Weights

MOMENTUM = 0.95
ROUNDS = 5  # of the iteration that makes a matrix orthogonal
_QUINTIC = (3.4445, -4.7750, 2.0315)  # its coefficients: all singular values end between 0.7 and 1.2


class Muon:
    """Moves the inner matrices of `Weights`, stack by stack of one shape."""

    def __init__(self, weights: Weights, rate: float, weight_decay: float) -> None:
        """Take the highest learning rate; decay is by its share, as AdamW's is by its own."""
        self._stacks = weights.stacks()
        self._momenta = [torch.zeros_like(stack.master_weights) for stack in self._stacks]
        self._rate, self._weight_decay = rate, weight_decay

    @torch.no_grad()
    def step(self, share: float) -> None:
        """Move the matrices at `share` of the learning rate."""
        for stack, momentum in zip(self._stacks, self._momenta, strict=True):
            self._move(stack, momentum, self._rate * share)

    def _move(self, stack: Slice, momentum: torch.Tensor, rate: float) -> None:
        gradient = stack.gradient.float()
        momentum.lerp_(gradient, 1 - MOMENTUM)
        direction = orthogonal(gradient.lerp_(momentum, MOMENTUM).to(stack.compute_weights.dtype))
        stack.master_weights.mul_(1 - rate * self._weight_decay)
        stack.master_weights.add_(direction, alpha=-rate * _gain(stack.master_weights.shape))
        if stack.compute_weights is not stack.master_weights:
            stack.compute_weights.copy_(stack.master_weights)

    def state(self) -> dict[str, torch.Tensor]:
        """The momenta, by name."""
        return {f"muon.{number}": momentum for number, momentum in enumerate(self._momenta)}

    def restore(self, state: dict[str, torch.Tensor]) -> None:
        """Go on from `state`."""
        for number, momentum in enumerate(self._momenta):
            momentum.copy_(state[f"muon.{number}"])


def orthogonal(matrices: torch.Tensor) -> torch.Tensor:
    """The nearest orthogonal matrices, about: (matrices, rows, columns), by Newton and Schulz's iteration."""
    rows, columns = matrices.shape[1:]
    wide = matrices if rows <= columns else matrices.mT
    x: torch.Tensor = wide / (wide.norm(dim=(1, 2), keepdim=True) + 1e-7)
    a, b, c = _QUINTIC
    for _ in range(ROUNDS):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x if rows <= columns else x.mT


def _gain(shape: torch.Size) -> float:
    """What makes a step change the outputs of any shape alike; GPT-2's matrices are (inputs, outputs)."""
    _, inputs, outputs = shape
    gain: float = max(1.0, outputs / inputs) ** 0.5
    return gain
