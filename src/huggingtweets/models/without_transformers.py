"""Loads a GPT-2 or a Llama to generate on a CPU, without transformers: in less than half of the time."""

from __future__ import annotations

from pathlib import Path

import torch

from ..device import Device, choose_device
from ..generation.folder_generator import FolderGenerator
from ..generation.text_generator import TextGenerator


def precision(device: Device) -> torch.dtype:
    """What a model multiplies its matrices in when it writes, as when it predicts."""
    return torch.bfloat16 if device.bf16 else torch.float32


def load(folder: Path) -> TextGenerator | None:
    """Load a model folder without transformers; None where it is needed, for an error message, too."""
    device = choose_device()
    return FolderGenerator.open(folder, precision(device)) if device.kind == "cpu" else None
