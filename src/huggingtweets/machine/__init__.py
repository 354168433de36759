"""What this machine has, and how much of it this process may use."""

from __future__ import annotations

import ctypes
import math
import os
from pathlib import Path

import psutil
from msgspec import Struct
from msgspec.structs import replace

from .control_groups import core_limit, memory_limit

GIGABYTE = 1e9  # bytes
NVIDIA_DRIVERS = ("libcuda.so.1", "nvcuda.dll")  # of Linux and Windows
AMD_DRIVER = Path("/dev/kfd")


class Machine(Struct, frozen=True, kw_only=True):
    """What decides which recipes a machine can run. Memory is in gigabytes (1e9 bytes)."""

    memory: float
    cores: int
    gpu: str = ""  # its name, "" where there is none that CUDA knows
    gpu_memory: float = 0.0

    def __str__(self) -> str:
        cores = f"{self.cores} {'core' if self.cores == 1 else 'cores'}"
        gpu = f"{self.gpu} with {self.gpu_memory:.0f} GB" if self.gpu else "no GPU"
        return f"{cores}, {self.memory:.0f} GB of memory, {gpu}"


def this_machine() -> Machine:
    """The machine that this program runs on. PyTorch is loaded only where it could know a GPU."""
    memory = min(psutil.virtual_memory().total, memory_limit())
    machine = Machine(memory=memory / GIGABYTE, cores=cores())
    if not has_gpu_driver():
        return machine
    from .device import choose_device, gpu_memory  # noqa: PLC0415 -- with torch

    device = choose_device()
    return replace(
        machine,
        gpu=device.name if device.kind == "cuda" else "",
        gpu_memory=gpu_memory(device) / GIGABYTE,
    )


def cores() -> int:
    """The cores that this process may use, which a container or a scheduler can limit."""
    has_affinity = hasattr(os, "sched_getaffinity")  # not on macOS and Windows
    given = len(os.sched_getaffinity(0)) if has_affinity else os.cpu_count() or 1
    return math.ceil(min(given, core_limit()))


def swap() -> float:
    """Gigabytes on the disk that stand in for memory."""
    return float(psutil.swap_memory().total / GIGABYTE)


def has_gpu_driver() -> bool:
    """Whether a GPU has its driver: that of NVIDIA, or that of AMD. Without one PyTorch knows no GPU."""
    return AMD_DRIVER.exists() or any(map(_can_be_loaded, NVIDIA_DRIVERS))


def _can_be_loaded(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
