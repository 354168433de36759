"""Neural networks that only write: a GPT-2 or a Llama on a CPU is loaded in less than half of the time."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import torch

from ..device import Device, choose_device
from ..generation.folder_writer import FolderWriter
from ..generation.writer import Writer

BF16_FROM = 50_000_000  # parameters from which a model writes in bfloat16; smaller ones gain little


def precision(device: Device, parameters: int) -> torch.dtype:
    """What a model of so many parameters multiplies its matrices in when it writes."""
    return torch.bfloat16 if device.bf16 and parameters >= BF16_FROM else torch.float32


def load(folder: Path) -> Writer | None:
    """Load a model folder without transformers; None where it is needed, for an error message, too."""
    device = choose_device()
    return FolderWriter.open(folder, partial(precision, device)) if device.kind == "cpu" else None
