"""What a run was made with: versions and hardware, for whoever wants the same again."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version

import torch

from .device import Device

_PACKAGES = ("huggingtweets", "torch", "transformers", "tokenizers", "numpy", "pyarrow", "safetensors")


def environment(device: Device) -> dict[str, str]:
    """Names and versions; nothing that names the user or the machine on a network."""
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "device": device.name,
        "precision": "bfloat16 autocast" if device.bf16 else "float32",
        "cores": str(os.cpu_count() or 0),
        "threads": str(torch.get_num_threads()),
        **{package: version(package) for package in _PACKAGES},
    }
