"""The device to compute on, its precision and memory, and what a run was made with."""

from __future__ import annotations

import ctypes
import os
import platform
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from importlib.metadata import version

import torch

from . import cores

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # glibc's malloc.h
PROCESSES = "processes"  # as records and checkpoints call their number
_ARCHITECTURE = re.compile(r"(sm|compute)_(\d+)(\d)(a?)f?")  # of NVIDIA; with an a for no later GPU
_PACKAGES = ("huggingtweets", "torch", "transformers", "tokenizers", "numpy", "pyarrow", "safetensors")


@dataclass(frozen=True)
class Device:
    """A device to compute on."""

    kind: str  # "cuda", "mps" or "cpu"
    name: str  # of the processor or GPU
    bf16: bool  # whether it multiplies bfloat16 natively; where it does not, bfloat16 is slower

    def autocast(self) -> AbstractContextManager[object]:
        """A context in which matrix products are in bfloat16 where that is native, all else in float32."""
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


def gpu_memory(device: Device) -> int:
    """Bytes of memory of a CUDA GPU; 0 for any other device, which shares the machine's memory."""
    return int(torch.cuda.get_device_properties(0).total_memory) if device.kind == "cuda" else 0


def keep_freed_memory() -> None:
    """Make the C library reuse freed memory instead of giving it back: a fifth faster on GPT-2's shape.

    Every step frees and allocates the same large blocks, and the kernel clears every page it hands out.
    """
    with suppress(AttributeError, OSError, TypeError):  # only glibc has it
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_M_MMAP_THRESHOLD, 128 << 20)
        mallopt(_M_TRIM_THRESHOLD, 1 << 30)


def return_freed_memory() -> None:
    """Give the kernel back the freed memory that the C library keeps.

    Weights that were loaded in float32 and are bfloat16 now leave 4 bytes each behind.
    """
    with suppress(AttributeError, OSError, TypeError):  # only glibc has it
        ctypes.CDLL(None).malloc_trim(0)


def environment(device: Device, processes: int = 1, packages: Sequence[str] = ()) -> dict[str, str]:
    """The versions and the hardware of a run, to reproduce it.

    Nothing in it names the user, or the machine on a network.

    Args:
        device: that computed.
        processes: that shared the run.
        packages: whose versions matter, too.
    """
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "device": device.name,
        "precision": "bfloat16 autocast" if device.bf16 else "float32",
        "cores": str(cores()),
        "threads": str(torch.get_num_threads()),
        **_several(processes),
        **{package: version(package) for package in (*_PACKAGES, *packages)},
    }


@contextmanager
def recorded_threads(count: int, note: Callable[[str], None]) -> Iterator[None]:
    """Inside, compute with as many threads as a model was made with; afterwards with as many as before."""
    before = torch.get_num_threads()
    if count != before:
        note(f"computing with {count} threads, as the model was")
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def fingerprint(device: Device, processes: int = 1) -> dict[str, str]:
    """What has to be the same for an unfinished run to resume bit for bit, besides the run itself."""
    return {
        "device": device.name,
        "threads": str(torch.get_num_threads()),
        **_several(processes),
        **{package: version(package) for package in ("huggingtweets", "torch", "transformers")},
    }


def _several(processes: int) -> dict[str, str]:
    """How many processes share a run, where it is not one: the records of such runs never said it."""
    return {PROCESSES: str(processes)} if processes > 1 else {}


def _fastest() -> str:
    if torch.cuda.is_available() and _is_supported():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _is_supported() -> bool:
    """Whether PyTorch has code for the GPU: its own of the same major version, or such that is translated."""
    capability = torch.cuda.get_device_capability()
    architectures = [match for name in torch.cuda.get_arch_list() if (match := _ARCHITECTURE.fullmatch(name))]
    return not architectures or any(_runs_on(capability, *match.groups()) for match in architectures)


def _runs_on(capability: tuple[int, int], kind: str, major: str, minor: str, only: str) -> bool:
    built_for = int(major), int(minor)
    if only:
        return built_for == capability
    return built_for <= capability and (kind == "compute" or built_for[0] == capability[0])


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
