"""Loads a GPT-2 or a Llama to generate on a CPU, without transformers: in less than half of the time."""

from __future__ import annotations

from pathlib import Path

import torch

from ..generation.folder_generator import FolderGenerator
from ..generation.text_generator import TextGenerator
from ..machine.device import Device, choose_device


def precision(device: Device) -> torch.dtype:
    """The dtype of matrix products when a model generates, as when it predicts."""
    return torch.bfloat16 if device.bf16 else torch.float32


def load(folder: Path) -> TextGenerator | None:
    """Load a model folder; None where transformers is needed, if only to say what is wrong."""
    device = choose_device()
    return FolderGenerator.open(folder, precision(device)) if device.kind == "cpu" else None
