"""The recipes that can be trained here: which there are, and which is the best for this machine."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from huggingface_hub import constants
from msgspec import UNSET, Struct
from msgspec.structs import replace

from .. import bases, recipes
from ..errors import BaseError, InternalError
from ..machine import Machine, this_machine
from ..model_folder import PRETRAINED
from ..progress import Silence, Watcher
from ..types import NO_BASE, Recipe
from ._trainable import memory_beside_gpu


class ListedRecipe(Struct, frozen=True, kw_only=True):
    """A recipe, as `huggingtweets recipes` lists it."""

    name: str
    summary: str
    base: str
    method: str
    base_here: bool  # whether its base is on this machine
    obstacle: str = ""  # why `train` does not choose it here by itself, "" where it can


def list_recipes(machine: Machine | None = None) -> list[ListedRecipe]:
    """All recipes of the package: those that `train` can choose here, the best first, then the others."""
    machine = machine or this_machine()
    listed = [_listed(recipes.load(name), machine) for name in _best_first(recipes.names())]
    return sorted(listed, key=lambda recipe: bool(recipe.obstacle))


def choose_recipe(
    settings: Sequence[str] = (),
    *,
    among: Sequence[str] = (),
    machine: Machine | None = None,
    watcher: Watcher | None = None,
) -> Recipe:
    """The best recipe that a machine can run. Its base is fetched, unless it is here.

    Args:
        settings: changes of its fields, as `recipes.load` takes them.
        among: names of the recipes to choose from; empty: all of the package.
        machine: what to choose for; None: this machine.
        watcher: told what was chosen and why, and which base cannot be had.
    """
    machine, watcher = machine or this_machine(), watcher or Silence()
    for name in _best_first(among or recipes.names()):
        if not obstacle(recipes.load(name), machine) and _has_base(name, watcher):
            watcher.note(f"recipe {name}: the best that runs here in reasonable time ({machine})")
            return recipes.load(name, settings)
    raise InternalError("there is no recipe that runs on every machine")


def recipe_for_base(base: str, settings: Sequence[str] = (), watcher: Watcher | None = None) -> Recipe:
    """The recipe that was made for a base; else that of the base of our own that is most like it.

    That has its opening only where the base's tokenizer can take it, or the settings ask for one.
    """
    watcher = watcher or Silence()
    of_base = (name for name in recipes.names() if recipes.load(name).base == base)
    like = "starter" if (Path(base) / PRETRAINED).is_file() else "smollm2-135m"
    name = next(of_base, None)
    recipe = recipes.load(name or like, settings)
    watcher.note(f"recipe {recipe.name}, as none is given for base {base}")
    is_asked_for = any(setting.startswith("opening=") for setting in settings)
    if name or is_asked_for or not recipe.opening or _takes(base, recipe.opening):
        return recipe
    watcher.note(f"without the recipe's opening, which the tokenizer of {base} runs together with posts")
    return replace(recipe, opening=UNSET)


def _takes(base: str, opening: str) -> bool:
    """Whether a base can take an opening; so, too, where the base cannot be had, which `train` tells."""
    from ..bases.loading import takes_opening  # noqa: PLC0415 -- with torch

    try:
        bases.fetch(base, weights=False)
        return takes_opening(base, opening)
    except BaseError:
        return True


def obstacle(recipe: Recipe, machine: Machine) -> str:
    """Why `train` does not choose a recipe for a machine by itself, "" where it can."""
    needs = recipes.automatic(recipe.name)
    if needs is None:
        return "only where it is asked for"
    if needs.gpu and not machine.gpu:
        return "needs a GPU"
    if lacks_memory := _lacks_memory(recipe, needs.memory, machine):
        return lacks_memory
    if needs.cores > machine.cores:
        return f"needs {needs.cores} cores"
    if recipe.method == "lora" and not find_spec("peft"):
        return "needs pip install 'huggingtweets[lora]'"
    return ""


def _lacks_memory(recipe: Recipe, needs: float, machine: Machine) -> str:
    """Which memory is too small for a recipe that needs so many gigabytes, "" where none is."""
    memory, of_gpu = (machine.gpu_memory, "GPU ") if machine.gpu else (machine.memory, "")
    if needs > memory:
        return f"needs {needs:g} GB of {of_gpu}memory"
    if machine.gpu and needs and memory_beside_gpu(recipe) > machine.memory:
        return f"needs {memory_beside_gpu(recipe):.0f} GB of memory beside that of the GPU"
    return ""


def _listed(recipe: Recipe, machine: Machine) -> ListedRecipe:
    return ListedRecipe(
        name=recipe.name,
        summary=recipe.summary,
        base=recipe.base,
        method=recipe.method,
        base_here=recipe.base == NO_BASE or bases.is_here(recipe.base),
        obstacle=obstacle(recipe, machine),
    )


def _best_first(names: Sequence[str]) -> list[str]:
    """By rank; those that are never chosen come last, in their own order."""
    needs = {name: recipes.automatic(name) for name in names}
    ranks = {name: table.rank if table else -1 for name, table in needs.items()}
    return sorted(names, key=lambda name: -ranks[name])


def _has_base(name: str, watcher: Watcher) -> bool:
    """Fetch the base of a recipe, unless it is here or the user works offline; say where that fails."""
    base = recipes.load(name).base
    if base == NO_BASE or bases.is_here(base):
        return True
    if constants.HF_HUB_OFFLINE:
        watcher.note(f"recipe {name} is not chosen: its base was never fetched, and HF_HUB_OFFLINE is set")
        return False
    watcher.stage("fetch", base)
    try:
        bases.fetch(base, watcher.fetched)
    except BaseError as error:
        watcher.note(f"recipe {name} is not chosen: {error}")
        return False
    return True
