"""The weights that move, in one buffer: what a step does to all of them is a few operations, not hundreds.

Where the device multiplies bfloat16 natively, the model computes in bfloat16 and the float32 masters that the
optimizer moves lie beside it (Micikevicius et al. 2018, "Mixed precision training"). Elsewhere the two are
the same memory.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import nn

_MATRIX = 2  # dimensions
SLICE, CUDA_SLICE = 1 << 20, 1 << 24  # weights moved at once: what a processor's cache holds, or fewer calls


@dataclass(frozen=True)
class Slice:
    """A stretch of the buffers."""

    master_weights: torch.Tensor  # float32
    compute_weights: torch.Tensor  # what the model computes with
    gradient: torch.Tensor  # of `compute_weights`
    decays: bool  # whether weight decay is meant for it: matrices, not biases and norms


class Weights:
    """The trainable parameters of a model, moved into one buffer each for weights, masters and gradients.

    They lie in three parts: matrices inside the layers, those of one shape side by side; matrices that look
    tokens and positions up; vectors.
    """

    def __init__(self, model: nn.Module, dtype: torch.dtype) -> None:
        """Take the parameters that require gradients over; the model computes in `dtype` from now on."""
        trainable = [p for p in model.parameters() if p.requires_grad]
        self._frozen = [p for p in model.parameters() if not p.requires_grad]
        tables = {id(m.weight) for m in model.modules() if isinstance(m, nn.Embedding)}
        self._inner = sorted(
            (p for p in trainable if p.dim() == _MATRIX and id(p) not in tables), key=lambda p: tuple(p.shape)
        )
        rest = [p for p in trainable if p.dim() != _MATRIX or id(p) in tables]
        matrices = [*self._inner, *(p for p in rest if p.dim() > 1)]
        self.parameters = [*matrices, *(p for p in rest if p.dim() <= 1)]
        self.total = sum(p.numel() for p in model.parameters())  # those that do not move, too
        self.inner = sum(p.numel() for p in self._inner)
        self.matrices = sum(p.numel() for p in matrices)
        self.master_weights = torch.cat([p.detach().flatten().float() for p in self.parameters])
        for parameter in self._frozen:  # buffers stay: angles of positions are wrong in bfloat16
            parameter.data = parameter.data.to(dtype)
        self.compute_weights = (
            self.master_weights if dtype == torch.float32 else self.master_weights.to(dtype)
        )
        self.gradient = torch.zeros_like(self.compute_weights)
        self._point()

    def slices(self, start: int = 0) -> list[Slice]:
        """The buffers from `start` on, cut so that each slice decays or does not."""
        size = CUDA_SLICE if self.master_weights.is_cuda else SLICE
        cuts = [*range(start, self.matrices, size), *range(self.matrices, len(self.master_weights), size)]
        ends = [*cuts[1:], len(self.master_weights)]
        return [self._slice(a, b) for a, b in zip(cuts, ends, strict=True)]

    def stacks(self) -> list[Slice]:
        """The matrices inside the layers: those of one shape together, as (matrices, rows, columns)."""
        found, start = [], 0
        for shape, group in itertools.groupby(self._inner, key=lambda p: tuple(p.shape)):
            end = start + sum(p.numel() for p in group)
            found.append(self._slice(start, end, (-1, *shape)))
            start = end
        return found

    def _slice(self, start: int, end: int, shape: tuple[int, ...] = (-1,)) -> Slice:
        master_weights, compute_weights, gradient = (
            buffer[start:end].view(shape)
            for buffer in (self.master_weights, self.compute_weights, self.gradient)
        )
        return Slice(master_weights, compute_weights, gradient, decays=start < self.matrices)

    def clip(self, highest: float) -> torch.Tensor:
        """The factor that brings the gradient's norm down to `highest`, at most 1."""
        norm = torch.linalg.vector_norm(self.gradient).float()
        factor: torch.Tensor = highest / (norm + 1e-6)
        return factor.clamp(max=1.0)

    def settle(self, compute_weights: torch.Tensor) -> None:
        """End of training: give every parameter memory of its own in float32, with the values of `compute_weights`.

        Masters and gradients are given up first, so that this is not when a run needs the most memory.
        """
        self.master_weights = self.gradient = self.compute_weights = compute_weights
        for parameter, values in self._stretches(compute_weights):
            parameter.data, parameter.grad = values.to(torch.float32, copy=True), None
        for parameter in self._frozen:
            parameter.data = parameter.data.float()

    def _point(self) -> None:
        """Let the model compute with the buffers."""
        for parameter, values in self._stretches(self.compute_weights):
            parameter.data = values
        for parameter, values in self._stretches(self.gradient):
            parameter.grad = values

    def _stretches(self, buffer: torch.Tensor) -> Iterator[tuple[nn.Parameter, torch.Tensor]]:
        """Each parameter with its part of a buffer, in its shape."""
        start = 0
        for parameter in self.parameters:
            end = start + parameter.numel()
            yield parameter, buffer[start:end].view(parameter.shape)
            start = end
