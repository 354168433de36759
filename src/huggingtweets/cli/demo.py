"""huggingtweets demo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..bases.hub import cached_hub_answers
from ..model_folder import MODELS, ModelFolder, folder_name, has_record
from ..workflows.data import DataConfig, sample_archive
from . import _options as opt
from ._terminal import Terminal
from ._training import load_or_choose, train_and_print

RECIPES = ("smollm2-135m", "starter")  # that take minutes on a laptop


@cached_hub_answers()  # of the choice of a recipe, too
def demo(
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder to write the model to.  [default: models/demo-<recipe>, and -seed-N where --seed is "
            "given]"
        ),
    ] = None,
    recipe: opt.RecipeName = None,
    tracker: opt.TrackerName = "trackio",
    seed: opt.Seed = None,
    overwrite: opt.Overwrite = False,
    as_json: opt.Json = False,
) -> None:
    """Try it: the whole job, on the posts of a made-up account.

    The posts ship with the package. The base is SmolLM2-135M, which is fetched once. Where it cannot be
    fetched, or the machine is too small, the base that ships with the package is trained. Each recipe has a
    folder of its own, models/demo-RECIPE, which the next demo by the same recipe replaces.

    \b
    Examples:
      huggingtweets demo
      huggingtweets demo --recipe starter
      huggingtweets demo --out /tmp/bot --json
    """  # noqa: D301 -- \b keeps the lines of the examples apart in --help
    from ..tracking import require_tracker
    from ..workflows.train import TrainConfig

    require_tracker(tracker)
    loaded = load_or_choose(recipe, [f"seed={seed}"] if seed is not None else [], among=RECIPES)
    own = ModelFolder(MODELS / folder_name(f"demo-{loaded.name}{'' if seed is None else f'-seed-{seed}'}"))
    again = out is None and has_record(own) and own.record.recipe.name == loaded.name
    if again:
        with Terminal() as terminal:
            terminal.note(f"{own}, an earlier demo by this recipe, is replaced at the end; --out keeps both")
    config = TrainConfig(
        data=DataConfig(locations=(sample_archive(),)),
        recipe=loaded,
        out=out or own.path,
        overwrite=overwrite or again,  # unasked only an earlier demo, never what else may be there
        tracker=tracker,
    )
    train_and_print(config, as_json=as_json)
