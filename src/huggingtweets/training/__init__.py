"""Teaching a base model a voice: posts and a recipe in, a checkpoint out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from transformers import PreTrainedModel, PreTrainedTokenizerBase

from ..bases.loading import LoadedBase, load_base
from ..bases.speakers import introduce
from ..files import CheckpointConfig, sha256
from ..model_folder import FinetunedModel
from ..progress import MemorizationProbe, Silence, Watcher
from ..types import Base, Dataset, Recipe
from .adapters import adapt, merge
from .device import Device, choose_device, return_freed_memory
from .environment import environment
from .loss import bits_per_post
from .process_group import ProcessGroup, join_process_group
from .run import fit
from .saving import beginning, save_model

__all__ = [
    "Base",
    "Device",
    "LoadedBase",
    "ProcessGroup",
    "beginning",
    "bits_per_post",
    "choose_device",
    "environment",
    "load_base",
    "join_process_group",
    "return_freed_memory",
    "train",
]

Prober = Callable[[PreTrainedModel, PreTrainedTokenizerBase], MemorizationProbe]


def train(
    dataset: Dataset,
    recipe: Recipe,
    base: LoadedBase,
    folder: Path,
    *,
    device: Device,
    checkpoints: CheckpointConfig | None = None,
    probe_memorization: Prober | None = None,
    watcher: Watcher | None = None,
) -> FinetunedModel:
    """Train `base` on the dataset and write the best checkpoint into `folder`, which exists.

    On the CPU the same dataset, recipe, base and machine give the same bytes, interrupted or not.

    Args:
        dataset: posts to learn from, and posts held out.
        recipe: how.
        base: what to start from; it is changed.
        folder: where the model goes.
        device: where to compute.
        checkpoints: where an unfinished run is kept; None keeps nothing.
        probe_memorization: writes some posts with the model as it is, and says whether they copy.
        watcher: told of every step and evaluation.

    Raises:
        TrainingDiverged: the loss is no longer a number, or the model got worse and worse.
    """
    if recipe.speakers:
        introduce(base.model, base.tokenizer, [p.author for p in (*dataset.train, *dataset.held_out)])
    adapted = adapt(base.model, recipe, revision=base.base.revision) if recipe.method == "lora" else None
    process_group = join_process_group()
    state = fit(
        base,
        dataset,
        recipe,
        device=device,
        process_group=process_group,
        checkpoints=checkpoints,
        probe_memorization=probe_memorization,
        watcher=watcher if watcher and process_group.first else Silence(),
    )
    digest = ""
    if process_group.first:
        if adapted and (recipe.merge_adapter or not base.base.revision):
            merge(adapted)  # elsewhere an adapter would name a folder of this machine
            adapted = None
        weights = save_model(base.model, base.tokenizer, recipe.sampling, folder, adapted=adapted)
        digest = sha256(weights)
    return FinetunedModel(
        folder=folder,
        base=base.base,
        step=state.best_step,
        curve=tuple(state.curve),
        digest=digest,
        stopped=state.stopped,
    )
