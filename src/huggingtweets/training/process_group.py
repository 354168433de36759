"""One run over several processes, as `accelerate launch` and `torchrun` start them.

Every process holds the whole model and takes its share of each batch's rows; gradients are summed, so the
result is that of one process up to rounding.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class ProcessGroup:
    """How many work on this run, and which one this is; the first one reads, shows and writes."""

    count: int = 1
    index: int = 0

    @property
    def first(self) -> bool:
        """Whether this is the one that shows and writes."""
        return self.index == 0

    def sum(self, tensor: torch.Tensor) -> torch.Tensor:
        """Add up what each process holds, in place."""
        if self.count > 1:
            torch.distributed.all_reduce(tensor)
        return tensor

    def wait(self) -> None:
        """Go on when all have come here."""
        if self.count > 1:
            torch.distributed.barrier()

    def same(self, value: float) -> float:
        """What the first one has, for all: decisions must not differ by a rounding error."""
        if self.count == 1:
            return value
        told = torch.tensor(value, dtype=torch.float64)
        torch.distributed.broadcast(told, src=0)
        return told.item()


def join_process_group() -> ProcessGroup:
    """Join the others, where a launcher has started any; accelerate chooses how they talk."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return ProcessGroup()
    from accelerate import PartialState

    state = PartialState(cpu=not torch.cuda.is_available())
    return ProcessGroup(state.num_processes, state.process_index)
