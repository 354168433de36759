"""What several commands do that train: choose a recipe, and print the model."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .. import recipes
from ..types import Recipe
from ._results import print_trained
from ._terminal import Terminal, print_json

if TYPE_CHECKING:
    from ..workflows.train import TrainConfig


def load_or_choose(
    name: str | None,
    settings: Sequence[str],
    *,
    among: Sequence[str] = (),
    all_weights: bool = False,
) -> Recipe:
    """The recipe of a name; without a name the one for the base, or the best for this machine.

    Args:
        name: of the recipe, or its file; None: one is chosen.
        settings: changes of its fields, as `recipes.load` takes them; the base is one.
        among: names to choose from; empty: all of the package.
        all_weights: whether only recipes are chosen that train all weights, as tokens of speakers need it.
    """
    if name:
        return recipes.load(name, settings)
    from ..workflows.recipes import choose_recipe, recipe_for_base

    given = dict(setting.split("=", 1) for setting in settings if "=" in setting)
    with Terminal() as terminal:
        watcher = terminal if is_main_process() else None
        if base := given.get("base"):
            return recipe_for_base(base, settings, watcher)
        if all_weights or given.get("speakers", "").lower() in {"true", "1"}:
            among = [name for name in among or recipes.names() if recipes.load(name).method == "full"]
        return choose_recipe(settings, among=among, watcher=watcher)


def train_and_print(config: TrainConfig, *, as_json: bool) -> None:
    """Train and print the result; the other processes of a distributed run only train their share."""
    from ..workflows.train import train, train_share

    if not is_main_process():
        train_share(config)
        return
    with Terminal() as terminal:
        model = train(config, terminal)
    if as_json:
        print_json({"folder": str(model), "record": model.record})
    else:
        print_trained(model)


def is_main_process() -> bool:
    """Whether this is the main process of a distributed run, or the only one."""
    return int(os.environ.get("RANK", "0")) == 0
