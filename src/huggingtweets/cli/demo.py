"""huggingtweets demo."""

from __future__ import annotations

from ..workflows.data import DataConfig, sample_archive
from . import _options as opt
from .train import load_or_choose, run

RECIPES = ("smollm2-135m", "starter")  # that take minutes on a laptop


def demo(
    out: opt.Out = None,
    recipe: opt.RecipeName = None,
    tracker: opt.TrackerName = "trackio",
    seed: opt.Seed = None,
    as_json: opt.Json = False,
) -> None:
    """Try it: the whole job, on the posts of a made-up account.

    The posts ship with the package. The base is SmolLM2-135M, which is fetched once; where it cannot be had,
    or the machine is too small, it is the base that ships with the package.

    \b
    Examples:
      huggingtweets demo
      huggingtweets demo --recipe starter
      huggingtweets demo --out /tmp/bot --json
    """  # noqa: D301 -- \b keeps the lines of the examples apart in --help
    from ..tracking import require_tracker
    from ..workflows.train import TrainConfig

    require_tracker(tracker)
    config = TrainConfig(
        data=DataConfig(locations=(sample_archive(),)),
        recipe=load_or_choose(recipe, [f"seed={seed}"] if seed is not None else [], among=RECIPES),
        out=out,
        overwrite=out is None,  # only the demo's own folder; never one that the user names
        tracker=tracker,
    )
    run(config, as_json=as_json)
