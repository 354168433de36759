"""Trains, evaluates and publishes a model with a hostile name, and records it with a tracker.

It is called in a process of its own, in whose current folder everything is.
"""

from __future__ import annotations

import os
from pathlib import Path

from huggingface_hub import constants

from huggingtweets import (
    DataConfig,
    ReadOptions,
    TrainConfig,
    evaluate,
    load_recipe,
    plan_publishing,
    publish,
    train,
)
from huggingtweets.types import Permission

NAME = "<img src=x onerror=\"document.title='owned'\"> **bold** [x](javascript:alert(1))"
SETTINGS = (
    "base=base",
    "epochs=2",
    "evaluations=2",
    "batch_tokens=2048",
    "learning_rate=1e-2",
    "sampling.max_new_tokens=12",
)


def whole(tracker: str, hub: str) -> None:
    """Train, evaluate and publish the model, all but the evaluation twice; `hub` is the Hub's address."""
    _use_own_places()
    constants.HF_HUB_OFFLINE, constants.HF_HUB_DISABLE_XET = False, True
    constants.ENDPOINT = hub  # read from the environment by the process that this one is a fork of
    for _ in range(2):
        train(_config(tracker))
    evaluate("models/kite", count=16)
    for _ in range(2):
        publish(plan_publishing("models/kite", Permission(kind="author"), to="ada/kite"))


def shared(tracker: str) -> None:
    """Train an n-gram model, and share its data with the tracker."""
    _use_own_places()
    train(_config(tracker, share_data=True))


def _use_own_places() -> None:
    os.environ["TRACKIO_DIR"] = str(Path("trackio").resolve())  # tests.conftest may have set its own


def _config(tracker: str, *, share_data: bool = False) -> TrainConfig:
    return TrainConfig(
        data=DataConfig(locations=("posts.csv",), options=ReadOptions(handle="kite", name=NAME)),
        recipe=load_recipe("ngram") if share_data else load_recipe("starter", SETTINGS),
        out=Path("models/kite"),
        overwrite=True,
        tracker=tracker,
        share_data=share_data,
    )
