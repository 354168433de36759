"""Teaching a base model a voice: posts and a recipe in, a checkpoint out."""

from __future__ import annotations

from pathlib import Path

import torch

from ..files import sha256
from ..progress import Silence, Watcher
from ..types import Base, Checkpoint, Dataset, Recipe
from .base import EMBEDDED, LoadedBase, load_base
from .batches import encode
from .checkpoint import beginning, save_model
from .device import Device, choose_device
from .environment import environment
from .loop import fit
from .loss import bits_per_byte, bits_per_post

__all__ = [
    "EMBEDDED",
    "Base",
    "Device",
    "LoadedBase",
    "beginning",
    "bits_per_post",
    "choose_device",
    "environment",
    "load_base",
    "train",
]


def train(
    dataset: Dataset,
    recipe: Recipe,
    base: LoadedBase,
    folder: Path,
    *,
    device: Device,
    watcher: Watcher | None = None,
) -> Checkpoint:
    """Train `base` on the dataset and write the best checkpoint into `folder`, which exists.

    On the CPU the same dataset, recipe, base and machine give the same bytes.

    Raises:
        TrainingDiverged: the loss is no longer a number.
    """
    model, tokenizer = base.model, base.tokenizer
    model.to(torch.device(device.kind))  # type: ignore[arg-type] # its decorator hides self
    positions = getattr(model.config, "max_position_embeddings", None) or 1024
    padding = tokenizer.eos_token_id
    held_out = [post.text for post in dataset.held_out]
    held_out_rows = encode(held_out, tokenizer, positions)
    curve = fit(
        model,
        encode([post.text for post in dataset.train], tokenizer, positions),
        recipe,
        padding=padding,
        device=device,
        measure=lambda: bits_per_byte(model, held_out_rows, held_out, padding, device),
        watcher=watcher or Silence(),
    )
    save_model(model, tokenizer, recipe.sampling, folder)
    return Checkpoint(
        folder=folder,
        base=base.base,
        step=min(curve, key=lambda point: point.bits_per_byte).step,
        curve=tuple(curve),
        digest=sha256(folder / "model.safetensors"),
    )
