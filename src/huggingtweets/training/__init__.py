"""Teaching a base model a voice: posts and a recipe in, a checkpoint out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from transformers import PreTrainedModel, PreTrainedTokenizerBase

from ..files import Keeping, sha256
from ..progress import Heard, Silence, Watcher
from ..speakers import introduce
from ..types import Base, Checkpoint, Dataset, Recipe
from .adapters import adapt, merge
from .base import EMBEDDED, LoadedBase, load_base
from .checkpoint import beginning, save_model
from .device import Device, choose_device, return_freed_memory
from .environment import environment
from .loss import bits_per_post
from .processes import Processes, processes
from .run import fit

__all__ = [
    "EMBEDDED",
    "Base",
    "Device",
    "LoadedBase",
    "Processes",
    "beginning",
    "bits_per_post",
    "choose_device",
    "environment",
    "load_base",
    "processes",
    "return_freed_memory",
    "train",
]

Listener = Callable[[PreTrainedModel, PreTrainedTokenizerBase], Heard]


def train(
    dataset: Dataset,
    recipe: Recipe,
    base: LoadedBase,
    folder: Path,
    *,
    device: Device,
    keeping: Keeping | None = None,
    listen: Listener | None = None,
    watcher: Watcher | None = None,
) -> Checkpoint:
    """Train `base` on the dataset and write the best checkpoint into `folder`, which exists.

    On the CPU the same dataset, recipe, base and machine give the same bytes, interrupted or not.

    Args:
        dataset: posts to learn from, and posts held out.
        recipe: how.
        base: what to start from; it is changed.
        folder: where the model goes.
        device: where to compute.
        keeping: where an unfinished run is kept; None keeps nothing.
        listen: writes some posts with the model as it is, and says whether they copy.
        watcher: told of every step and evaluation.

    Raises:
        TrainingDiverged: the loss is no longer a number, or the model got worse and worse.
    """
    if recipe.speakers:
        introduce(base.model, base.tokenizer, [p.author for p in (*dataset.train, *dataset.held_out)])
    adapted = adapt(base.model, recipe, revision=base.base.revision) if recipe.method == "lora" else None
    together = processes()
    standing = fit(
        base,
        dataset,
        recipe,
        device=device,
        together=together,
        keeping=keeping,
        listen=listen,
        watcher=watcher if watcher and together.first else Silence(),
    )
    digest = ""
    if together.first:
        if adapted and (recipe.merge_adapter or not base.base.revision):
            merge(adapted)  # elsewhere an adapter would name a folder of this machine
            adapted = None
        weights = save_model(base.model, base.tokenizer, recipe.sampling, folder, adapted=adapted)
        digest = sha256(weights)
    return Checkpoint(
        folder=folder,
        base=base.base,
        step=standing.best_step,
        curve=tuple(standing.curve),
        digest=digest,
        stopped=standing.stopped,
    )
