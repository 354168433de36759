"""One run over several processes, as `accelerate launch` and `torchrun` start them.

Every process holds the whole model and computes its part of each batch's rows; gradients are summed, so the
result is that of one process up to rounding. Gradients travel from GPU to GPU; the few numbers on which all
processes have to agree are on the processor, for which GPUs' own communication (NCCL) has no way.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from datetime import timedelta

import torch

PATIENCE = timedelta(days=7)  # the others wait while the main process packs a corpus; torch waits 30 minutes


@dataclass(frozen=True)
class ProcessGroup:
    """The processes of a run, and which of them this is."""

    world_size: int = 1
    rank: int = 0
    cpu_group: torch.distributed.ProcessGroup | None = None  # for tensors on the processor; None: torch's own

    @property
    def is_main(self) -> bool:
        """Whether this is the process that shows progress and writes files."""
        return self.rank == 0

    def all_reduce(self, tensor: torch.Tensor) -> torch.Tensor:
        """Sum a tensor over all processes, in place."""
        if self.world_size > 1:
            torch.distributed.all_reduce(tensor, group=None if tensor.is_cuda else self.cpu_group)
        return tensor

    def barrier(self) -> None:
        """Wait until all processes have come here."""
        if self.world_size > 1:
            torch.distributed.barrier(group=self.cpu_group)

    def broadcast(self, value: float) -> float:
        """The main process's value, in every process: decisions must not differ by a rounding error."""
        if self.world_size == 1:
            return value
        shared = torch.tensor(value, dtype=torch.float64)
        torch.distributed.broadcast(shared, src=0, group=self.cpu_group)
        return shared.item()

    def is_shared(self, value: str) -> bool:
        """Whether the main process has the same value."""
        number = int.from_bytes(hashlib.sha256(value.encode()).digest()[:6])  # which a float holds exactly
        return self.broadcast(number) == number


def join_process_group() -> ProcessGroup:
    """The processes that a launcher started, connected by accelerate; a group of one without a launcher."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return ProcessGroup()
    from accelerate import PartialState

    state = PartialState(cpu=not torch.cuda.is_available())
    cpu_group = torch.distributed.new_group(backend="gloo", timeout=PATIENCE)
    return ProcessGroup(state.num_processes, state.process_index, cpu_group)
