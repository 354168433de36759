"""What to compute on, and in which precision."""

from __future__ import annotations

import ctypes
import os
import platform
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass

import torch

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # glibc's malloc.h


@dataclass(frozen=True)
class Device:
    """A place to compute. `bf16` says whether it multiplies bfloat16 natively: elsewhere that is slower."""

    kind: str  # "cuda", "mps" or "cpu"
    name: str
    bf16: bool

    def autocast(self) -> AbstractContextManager[object]:
        """Matrix products in bfloat16 where that is native; everything else stays in float32."""
        return torch.autocast(self.kind, torch.bfloat16) if self.bf16 else nullcontext()


def choose_device() -> Device:
    """The fastest device of this machine; $HUGGINGTWEETS_DEVICE overrides ("cpu", "cuda", "mps")."""
    kind = os.environ.get("HUGGINGTWEETS_DEVICE") or _fastest()
    if kind == "cuda":
        return Device(
            "cuda", torch.cuda.get_device_name(), torch.cuda.is_bf16_supported(including_emulation=False)
        )
    if kind == "mps":
        return Device("mps", "Apple GPU", bf16=False)
    return Device("cpu", _processor(), _cpu_has_bf16())


def keep_freed_memory() -> None:
    """Let the C library reuse freed memory instead of giving it back: a fifth faster on GPT-2's shape.

    A step frees and takes the same large blocks again and again, and the kernel clears every page it hands
    out.
    """
    with suppress(AttributeError, OSError, TypeError):  # only glibc has it
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_M_MMAP_THRESHOLD, 128 << 20)
        mallopt(_M_TRIM_THRESHOLD, 1 << 30)


def return_freed_memory() -> None:
    """Give the kernel back what the C library keeps for later, where most of it will not be used again.

    Weights that were loaded in float32 and are bfloat16 now have left 4 bytes each behind.
    """
    with suppress(AttributeError, OSError, TypeError):  # only glibc has it
        ctypes.CDLL(None).malloc_trim(0)


def _fastest() -> str:
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _cpu_has_bf16() -> bool:
    """Whether the processor has avx512_bf16 or AMX; oneDNN would emulate bfloat16 elsewhere, slowly."""
    flags = torch.cpu.get_capabilities()
    return bool(flags.get("avx512_bf16") or flags.get("amx_bf16") or flags.get("bf16"))


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as info:  # noqa: PTH123 -- read by line, stop at the first
            return next(line.split(":", 1)[1].strip() for line in info if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
