"""Whether a recipe can be trained on this machine, found out before posts are read for it."""

from __future__ import annotations

from importlib.util import find_spec

from .. import bases
from ..bases.base_cache import current_base_cache
from ..errors import MissingExtra
from ..progress import Watcher
from ..types import NO_BASE, Recipe


def require_trainable(recipe: Recipe, watcher: Watcher) -> None:
    """Refuse a recipe that cannot be trained here, before posts are read for it.

    Raises:
        MissingExtra: it needs peft, which is not installed.
        BaseError: its base is nowhere, or cannot be fetched.
    """
    if recipe.method == "lora" and not find_spec("peft"):
        raise MissingExtra("peft, which LoRA needs,", "lora")
    require_base(recipe.base, watcher)


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
