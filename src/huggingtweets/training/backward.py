"""The gradient of a batch, over all processes, and within the memory there is."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

from ..errors import DoesNotFit
from ..progress import Watcher
from .batches import Batch
from .process_group import ProcessGroup
from .weights import Weights

LARGE = 1 << 26  # weights from which on a processor is as fast with few positions at once
FEW = 512  # of them: GPT-2's shape needs 0.3 GB less than with 1,024


class Backward:
    """Adds the gradient of a batch; in smaller pieces where the memory does not hold it at once."""

    def __init__(
        self,
        weights: Weights,
        loss: Callable[[Batch], torch.Tensor],
        process_group: ProcessGroup,
        watcher: Watcher,
    ) -> None:
        self._weights, self._loss, self._process_group, self._watcher = weights, loss, process_group, watcher
        large = weights.total >= LARGE and weights.compute_weights.device.type == "cpu"
        self._at_once = FEW if large else math.inf
        self._pieces = 1  # at least

    def __call__(self, batch: Batch) -> float:
        """The mean loss of the batch, in nats a token."""
        shares = batch.split(self._process_group.count)
        mine = shares[self._process_group.index : self._process_group.index + 1]
        mean = sum(self._within_memory(share, batch.tokens) for share in mine)
        self._process_group.sum(self._weights.gradient)
        return self._process_group.sum(torch.tensor(mean, dtype=torch.float64)).item()

    def _within_memory(self, share: Batch, tokens: int) -> float:
        while True:
            pieces = max(self._pieces, math.ceil(share.inputs.numel() / self._at_once))
            try:
                return sum(self._add(piece, tokens) for piece in share.split(pieces))
            except RuntimeError as error:
                if not _no_memory(error):
                    raise
                self._smaller(pieces, len(share.inputs), error)

    def _smaller(self, pieces: int, rows: int, error: RuntimeError) -> None:
        """Use smaller pieces from now on, and forget what the failed ones added."""
        if pieces >= rows:
            raise DoesNotFit(
                "the memory does not hold the model while it learns from a single post; choose a smaller "
                "base, or a recipe with LoRA, which needs far less memory"
            ) from error
        self._weights.gradient.zero_()
        self._pieces = 2 * pieces
        self._watcher.note(
            f"the memory does not hold a batch at once: going on in {self._pieces} pieces, "
            "with the same result"
        )

    def _add(self, piece: Batch, tokens: int) -> float:
        loss = self._loss(piece) / tokens
        loss.backward()
        return loss.item()


def _no_memory(error: RuntimeError) -> bool:
    """CUDA has an error of its own for it; the CPU's allocator only words."""
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)
