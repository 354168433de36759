"""huggingtweets train."""

from __future__ import annotations

import math

from msgspec.structs import replace

from ..bases.hub import cached_hub_answers
from ..errors import RecipeError
from ..workflows.data import DataConfig, require_places
from . import _options as opt
from ._data_options import reads_posts
from ._training import load_or_choose, train_and_print


@reads_posts()
@cached_hub_answers()  # of the choice of a recipe, too
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
    loaded = load_or_choose(recipe, changes)
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
    train_and_print(config, as_json=as_json)


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
