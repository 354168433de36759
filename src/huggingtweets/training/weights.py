"""The trainable weights of a model in a flat buffer: a step on all of them is a few operations, not hundreds.

Where the device multiplies bfloat16 natively, the model computes in bfloat16 and the optimizer moves a copy
in float32 (Micikevicius et al. 2018, "Mixed precision training"). Elsewhere the two are the same memory.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import nn
from transformers.pytorch_utils import Conv1D

_MATRIX = 2  # dimensions
ROW = 1024  # weights whose norm is taken at once
SLICE, CUDA_SLICE = 1 << 20, 1 << 24  # weights in a slice: they fit a cache; few calls on a GPU


@dataclass(frozen=True)
class Slice:
    """A part of the buffers."""

    master_weights: torch.Tensor  # float32
    compute_weights: torch.Tensor  # what the model computes with
    gradient: torch.Tensor  # of `compute_weights`
    decays: bool  # whether weight decay applies: to matrices, not to biases and norms
    inputs_first: bool = (
        False  # of matrices: GPT-2's are (inputs, outputs), those of others (outputs, inputs)
    )


class Weights:
    """The trainable parameters of a model, moved into three flat buffers.

    The buffers are the weights that the model computes with, their float32 copy, and their gradient. Each has
    three parts: matrices inside the layers, those of one shape side by side; embedding tables; vectors.
    """

    def __init__(self, model: nn.Module, dtype: torch.dtype) -> None:
        """Move the parameters that require gradients; the model computes in `dtype` from now on."""
        trainable = [p for p in model.parameters() if p.requires_grad]
        self._frozen = [p for p in model.parameters() if not p.requires_grad]
        tables = {id(m.weight) for m in model.modules() if isinstance(m, nn.Embedding)}
        self._inputs_first = {id(m.weight) for m in model.modules() if isinstance(m, Conv1D)}
        self._inner = sorted(
            (p for p in trainable if p.dim() == _MATRIX and id(p) not in tables), key=self._orientation
        )
        others = [p for p in trainable if p.dim() != _MATRIX or id(p) in tables]
        matrices = [*self._inner, *(p for p in others if p.dim() > 1)]
        self.parameters = [*matrices, *(p for p in others if p.dim() <= 1)]
        self.total = sum(p.numel() for p in model.parameters())  # frozen ones included
        self.inner = sum(p.numel() for p in self._inner)
        self.matrices = sum(p.numel() for p in matrices)
        self.master_weights = torch.cat([p.detach().flatten().float() for p in self.parameters])
        self.compute_weights = (
            self.master_weights if dtype == torch.float32 else self.master_weights.to(dtype)
        )
        self.gradient = torch.zeros_like(self.compute_weights)
        self._bind_parameters()

    def slices(self, start: int = 0) -> list[Slice]:
        """The buffers from `start` on, in slices that hold either matrices or vectors."""
        size = CUDA_SLICE if self.master_weights.is_cuda else SLICE
        starts = [*range(start, self.matrices, size), *range(self.matrices, len(self.master_weights), size)]
        ends = [*starts[1:], len(self.master_weights)]
        return [self._slice(a, b) for a, b in zip(starts, ends, strict=True)]

    def stacks(self) -> list[Slice]:
        """The matrices inside the layers, one stack a shape: (matrices, rows, columns)."""
        stacks, start = [], 0
        for (inputs_first, shape), group in itertools.groupby(self._inner, key=self._orientation):
            end = start + sum(p.numel() for p in group)
            stacks.append(self._slice(start, end, (-1, *shape), inputs_first=inputs_first))
            start = end
        return stacks

    def _orientation(self, matrix: nn.Parameter) -> tuple[bool, tuple[int, ...]]:
        """Whether its rows are inputs, and its shape."""
        return id(matrix) in self._inputs_first, tuple(matrix.shape)

    def _slice(
        self, start: int, end: int, shape: tuple[int, ...] = (-1,), *, inputs_first: bool = False
    ) -> Slice:
        master_weights, compute_weights, gradient = (
            buffer[start:end].view(shape)
            for buffer in (self.master_weights, self.compute_weights, self.gradient)
        )
        return Slice(master_weights, compute_weights, gradient, start < self.matrices, inputs_first)

    def clip_factor(self, max_norm: float) -> torch.Tensor:
        """The factor that brings the gradient's norm down to `max_norm`, at most 1: a scalar."""
        factor: torch.Tensor = max_norm / (_norm(self.gradient) + 1e-6)
        return factor.clamp(max=1.0)

    def unflatten(self, values: torch.Tensor) -> None:
        """End training: every parameter gets memory of its own again, in float32, on the device of `values`.

        The buffers are freed first, so that this is not when a run needs the most memory.

        Args:
            values: what the parameters are set to, laid out like `compute_weights`.
        """
        self.master_weights = self.gradient = self.compute_weights = values
        for parameter, view in self._views(values):
            parameter.data, parameter.grad = view.to(torch.float32, copy=True), None
        for parameter in self._frozen:
            parameter.data = parameter.data.to(values.device, torch.float32)

    def _bind_parameters(self) -> None:
        """Make the parameters of the model views of the buffers."""
        for parameter, view in self._views(self.compute_weights):
            parameter.data = view
        for parameter, view in self._views(self.gradient):
            parameter.grad = view

    def _views(self, buffer: torch.Tensor) -> Iterator[tuple[nn.Parameter, torch.Tensor]]:
        """Each parameter with its part of a buffer, in its shape."""
        start = 0
        for parameter in self.parameters:
            end = start + parameter.numel()
            yield parameter, buffer[start:end].view(parameter.shape)
            start = end


def _norm(vector: torch.Tensor) -> torch.Tensor:
    """The norm of a long vector, a scalar in float32: in bfloat16 that of rows is faster, and 1 % nearer."""
    whole = len(vector) // ROW * ROW
    rows, rest = vector[:whole].view(-1, ROW), vector[whole:]
    norms = [torch.linalg.vector_norm(rows, dim=1), torch.linalg.vector_norm(rest)[None]]
    norm: torch.Tensor = torch.linalg.vector_norm(torch.cat(norms).float())
    return norm
