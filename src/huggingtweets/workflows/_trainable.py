"""Whether a recipe can be trained on this machine, found out before posts are read for it."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from .. import bases
from ..bases import named
from ..bases.base_cache import current_base_cache
from ..errors import BaseError, MissingExtra
from ..machine import GIGABYTE, swap, this_machine
from ..progress import Watcher
from ..types import NO_BASE, Recipe

PROCESS = 1.0  # gigabytes of a training besides what its weights need: libraries, and posts
USED_BY_LORA = 10  # bytes for each weight of the base: docs/log.md, 2026-11-28
USED = 20  # bytes for each weight at the peak of full training: docs/log.md, 2026-11-26
HELD, WITHOUT_MOMENTUM = 16, 12  # that it holds at least: the weight, its gradient, two moments or one
LOADED, CHECKPOINT = 6, 14  # that the machine holds for a GPU: docs/log.md, 2026-12-01


def require_trainable(recipe: Recipe, watcher: Watcher) -> None:
    """Refuse a recipe that cannot be trained here, before posts are read for it.

    Raises:
        MissingExtra: it needs peft, which is not installed.
        BaseError: its base is nowhere, cannot be fetched, or is far too large to train all of its weights.
    """
    if recipe.method == "lora" and not find_spec("peft"):
        raise MissingExtra("peft, which LoRA needs,", "lora")
    if recipe.method == "full" and not recipe.frozen_layers and not current_base_cache():
        _require_memory(recipe, watcher)
    require_base(recipe.base, watcher)


def _require_memory(recipe: Recipe, watcher: Watcher) -> None:
    """Say that this machine has too little memory to train all weights of a base, before they are fetched.

    Raises:
        BaseError: not even what training holds at least fits, with the memory that is on the disk.
    """
    billions, machine = _weights(recipe.base) / GIGABYTE, this_machine()
    memory, of_gpu = (machine.gpu_memory, "GPU ") if machine.gpu else (machine.memory, "")
    if billions * USED <= memory:
        return
    line = (
        f"base {recipe.base}: training all of its {billions:.1f} billion weights needs about "
        f"{billions * USED:.0f} GB of {of_gpu}memory, and this machine has {memory:.0f}; LoRA needs far less "
        "(--set method=lora), as does a smaller base"
    )
    on_disk = 0.0 if machine.gpu else swap()
    if billions * (HELD if recipe.beta1 else WITHOUT_MOMENTUM) > memory + on_disk:
        raise BaseError(line)
    watcher.note(line)


def _weights(base: str) -> int:
    """How many weights a base has, 0 where nobody knows; of one on the Hub only small files are fetched."""
    if bases.is_named(base):
        return named.describe(base).parameters
    Path.cwd()  # raises where it is gone: there loading PyTorch would end the process
    from ..bases.loading import count_weights  # noqa: PLC0415 -- with torch

    bases.fetch(base, weights=False)
    return count_weights(base)


def trainings_at_once(recipe: Recipe) -> int:
    """How many trainings by a recipe fit here, by cores, memory and its base's weights; at least one."""
    machine = this_machine()
    if recipe.base == NO_BASE:
        return machine.cores
    memory = machine.gpu_memory if machine.gpu else machine.memory  # where there is a GPU, all train on it
    each = USED_BY_LORA if recipe.method == "lora" else USED
    fitting = memory / (PROCESS + each * _weights(recipe.base) / GIGABYTE)
    beside_gpu = machine.memory / memory_beside_gpu(recipe) if machine.gpu else fitting
    return max(1, min(machine.cores, int(fitting), int(beside_gpu)))


def memory_beside_gpu(recipe: Recipe) -> float:
    """Gigabytes of the machine's own memory that a training needs where a GPU computes.

    The base is loaded in float32, with its file beside it. Where all weights are trained, a checkpoint takes
    more: all that the GPU holds of a run is copied before it is written.
    """
    each = LOADED if recipe.method == "lora" else CHECKPOINT
    return PROCESS + each * _weights(recipe.base) / GIGABYTE


def require_base(base: str, watcher: Watcher) -> None:
    """Refuse a base that cannot be had, before posts are read for it; fetch one that is not here.

    Where many trainings share a cache of their base, it was asked for before.

    Raises:
        BaseError: it is nowhere, or cannot be fetched.
    """
    if base == NO_BASE or current_base_cache():
        return
    is_here = bases.is_here(base)
    if is_here or not bases.is_named(base):
        bases.locate(base)  # what is nowhere is not announced
    if not is_here:
        watcher.stage("fetch", base)
        bases.fetch(base, watcher.fetched)
