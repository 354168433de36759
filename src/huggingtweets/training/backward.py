"""The gradient of a batch: over all processes, and in micro-batches where memory is short."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

from ..errors import DoesNotFit
from ..progress import Watcher
from .batches import Batch
from .process_group import ProcessGroup
from .weights import Weights

LARGE_MODEL = 1 << 26  # weights; from so many on a processor is as fast with small micro-batches
MAX_POSITIONS = 512  # in a micro-batch of a large model: GPT-2's shape needs 0.3 GB less than with 1,024


class Backward:
    """Adds the gradient of a batch to that of `Weights`, in micro-batches where memory is short."""

    def __init__(
        self,
        weights: Weights,
        loss: Callable[[Batch, float], torch.Tensor],
        process_group: ProcessGroup,
        watcher: Watcher,
    ) -> None:
        """Compute gradients.

        Args:
            weights: of the model.
            loss: its loss in nats, summed over a batch's targets and multiplied by a factor.
            process_group: the processes among which a batch is divided.
            watcher: gets a note when memory is short.
        """
        self._weights, self._loss, self._process_group, self._watcher = weights, loss, process_group, watcher
        large = weights.total >= LARGE_MODEL and weights.compute_weights.device.type == "cpu"
        self._max_positions = MAX_POSITIONS if large else math.inf
        self._min_micro_batches = 1

    def __call__(self, batch: Batch) -> float:
        """Add the gradient of the batch's mean loss; return that loss, in nats a token."""
        group = self._process_group
        parts = batch.split(group.world_size)[group.rank : group.rank + 1]  # none where rows are too few
        mean = sum(self._accumulate(part, batch.tokens) for part in parts)
        group.all_reduce(self._weights.gradient)
        return group.all_reduce(torch.tensor(mean, dtype=torch.float64)).item()

    def _accumulate(self, part: Batch, tokens: int) -> float:
        """Add the gradient of this process's part, in as many micro-batches as memory asks for."""
        while True:
            count = max(self._min_micro_batches, math.ceil(part.inputs.numel() / self._max_positions))
            try:
                return sum(self._add_gradient(micro_batch, tokens) for micro_batch in part.split(count))
            except RuntimeError as error:
                if not _is_out_of_memory(error):
                    raise
                self._use_smaller(count, len(part.inputs), error)

    def _use_smaller(self, count: int, rows: int, error: RuntimeError) -> None:
        """Use twice as many micro-batches from now on, and drop the gradient of those that failed."""
        if count >= rows:
            on_processor = ", or compute on the processor: set HUGGINGTWEETS_DEVICE=cpu"
            raise DoesNotFit(
                "the memory does not hold the model while it learns from a single post; choose a smaller "
                "base, or a recipe with LoRA, which needs far less memory"
                + (on_processor if isinstance(error, torch.OutOfMemoryError) else "")
            ) from error
        self._weights.gradient.zero_()
        self._min_micro_batches = 2 * count
        self._watcher.note(
            f"the memory does not hold a batch at once: going on in {self._min_micro_batches} pieces, "
            "with the same result"
        )

    def _add_gradient(self, micro_batch: Batch, tokens: int) -> float:
        loss = self._loss(micro_batch, 1 / tokens)
        loss.backward()
        return loss.item()


def _is_out_of_memory(error: RuntimeError) -> bool:
    """CUDA raises an error of its own; the CPU's allocator a plain one, known by its message only."""
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)
