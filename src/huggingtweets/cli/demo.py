"""huggingtweets demo."""

from __future__ import annotations

from .. import recipes
from ..workflows.data import DataConfig, sample_archive
from . import _options as opt
from .train import run


def demo(
    out: opt.Out = None,
    tracker: opt.TrackerName = "trackio",
    seed: opt.Seed = None,
    as_json: opt.Json = False,
) -> None:
    """Try it: the whole job, offline.

    The posts are those of a made-up account; they and the base model ship with the package.

    \b
    Examples:
      huggingtweets demo
      huggingtweets demo --out /tmp/bot --json
    """  # noqa: D301 -- \b keeps the lines of the examples apart in --help
    from ..workflows.train import TrainConfig

    config = TrainConfig(
        data=DataConfig(locations=(sample_archive(),)),
        recipe=recipes.load("starter", [f"seed={seed}"] if seed is not None else []),
        out=out,
        overwrite=out is None,  # only the demo's own folder; never one that the user names
        tracker=tracker,
    )
    run(config, as_json=as_json)
