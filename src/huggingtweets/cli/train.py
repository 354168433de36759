"""huggingtweets train."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from .. import recipes
from ..errors import RecipeError
from ..types import Recipe
from ..workflows.data import DataConfig, require_places
from . import _options as opt
from ._data_options import reads_posts
from ._results import print_trained
from ._terminal import Terminal, print_json

if TYPE_CHECKING:
    from ..workflows.train import TrainConfig


@reads_posts()
def train(
    data: DataConfig,
    out: opt.Out = None,
    recipe: opt.RecipeName = None,
    settings: opt.Settings = None,
    base: opt.Base = None,
    tracker: opt.TrackerName = "trackio",
    share_data: opt.ShareData = False,
    seed: opt.Seed = None,
    with_dataset: opt.WithDataset = False,
    evaluate: opt.Evaluate = True,
    mix: opt.Mix = None,
    speakers: opt.Speakers = False,
    checkpoint_every: opt.CheckpointEvery = 120.0,
    fresh: opt.Fresh = False,
    overwrite: opt.Overwrite = False,
    as_json: opt.Json = False,
) -> None:
    """Turn posts into a model that writes like them.

    Reads, cleans, trains, measures, and writes a model folder with a card and pictures. Several locations
    make one model of all of them. After an interruption the same command goes on where it stopped. Without
    --recipe it takes the best that this machine can run, and names it.

    \b
    Examples:
      huggingtweets train twitter-2024-10-01.zip
      huggingtweets train posts.csv --recipe starter --name "Ada Lovelace"
      huggingtweets train posts.csv --recipe starter --set epochs=6 --set learning_rate=5e-4
      huggingtweets train archive.zip --recipe starter --base ./my-base --out models/mine --json
      huggingtweets train ada.zip bsky:bob.example --mix ada=2 --mix bob.example=1
      accelerate launch -m huggingtweets train archive.zip
    """  # noqa: D301 -- \b keeps the lines of the examples apart in --help
    from ..tracking import require_tracker
    from ..workflows.train import TrainConfig

    changes = [  # of the recipe's fields
        *(settings or []),
        *([f"base={base}"] if base else []),
        *(["speakers=true"] if speakers else []),
        *([f"seed={seed}"] if seed is not None else []),
    ]
    require_places(data)
    require_tracker(tracker)
    loaded = load_or_choose(recipe, changes, base=base)
    config = TrainConfig(
        data=data,
        recipe=replace(loaded, mix=_weights(mix)) if mix else loaded,
        out=out,
        overwrite=overwrite,
        tracker=tracker,
        share_data=share_data,
        with_dataset=with_dataset,
        evaluate=evaluate,
        checkpoint_seconds=checkpoint_every,
        fresh=fresh,
    )
    run(config, as_json=as_json)


def load_or_choose(
    name: str | None, settings: Sequence[str], *, among: Sequence[str] = (), base: str | None = None
) -> Recipe:
    """The recipe of a name; without a name the one for the base, or the best of `among` for this machine."""
    if name:
        return recipes.load(name, settings)
    from ..workflows.recipes import choose_recipe, recipe_for_base

    with Terminal() as terminal:
        watcher = terminal if is_main_process() else None
        if base:
            return recipe_for_base(base, settings, watcher)
        return choose_recipe(settings, among=among, watcher=watcher)


def _weights(mix: list[str]) -> dict[str, float]:
    """The weight of each handle, from options like "ada=2".

    Raises:
        RecipeError: an option has another form, or its weight is not above 0.
    """
    weights = {}
    for part in mix:
        handle, _, weight = part.rpartition("=")
        try:
            weights[handle] = float(weight)
        except ValueError:
            weights[handle] = 0.0
        if not handle or not 0 < weights[handle] < math.inf:
            raise RecipeError(f"--mix {part}: expected HANDLE=WEIGHT with a weight above 0, like --mix ada=2")
    return weights


def run(config: TrainConfig, *, as_json: bool) -> None:
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
