"""huggingtweets train."""

from __future__ import annotations

import math
import os

from msgspec.structs import replace

from .. import pipeline, recipes
from ..cleaning import Rules
from ..errors import RecipeError
from ..sources import ReadOptions
from . import _options as opt
from ._consent import with_consent
from ._results import print_trained
from ._terminal import Terminal, print_json


def train(
    locations: opt.Locations,
    out: opt.Out = None,
    handle: opt.Handle = None,
    name: opt.Name = None,
    source: opt.Source = None,
    text_column: opt.TextColumn = None,
    server: opt.Server = None,
    allow_private: opt.AllowPrivate = False,
    yes: opt.Yes = False,
    recipe: opt.RecipeName = "gpt2",
    settings: opt.Settings = None,
    base: opt.Base = None,
    tracker: opt.TrackerName = "trackio",
    share_data: opt.ShareData = False,
    lang: opt.Lang = None,
    since: opt.Since = None,
    until: opt.Until = None,
    keep_replies: opt.KeepReplies = True,
    keep_line_breaks: opt.KeepLines = False,
    held_out: opt.HeldOut = 0.1,
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
    make one model of all of them. After an interruption the same command goes on where it stood.

    \b
    Examples:
      huggingtweets train twitter-2024-10-01.zip
      huggingtweets train posts.csv --recipe starter --name "Ada Lovelace"
      huggingtweets train posts.csv --recipe starter --set epochs=6 --set learning_rate=5e-4
      huggingtweets train archive.zip --base ./my-base --out models/mine --json
      huggingtweets train ada.zip bsky:bob.example --mix ada=2 --mix bob.example=1
      accelerate launch -m huggingtweets train archive.zip
    """  # noqa: D301 -- \b keeps the lines of the examples apart in --help
    given = [
        *(settings or []),
        *([f"base={base}"] if base else []),
        *(["speakers=true"] if speakers else []),
        *([f"seed={seed}"] if seed is not None else []),
    ]
    options = ReadOptions(
        handle=handle, name=name, text_column=text_column, server=server, allow_private=allow_private
    )
    job = pipeline.Job(
        locations=tuple(locations),
        recipe=replace(recipes.load(recipe, given), mix=_weights(mix or [])),
        options=options,
        source=source,
        rules=Rules(
            keep_replies=keep_replies,
            lang=lang,
            keep_line_breaks=keep_line_breaks,
            since=opt.day(since),
            until=opt.day(until),
        ),
        held_out=held_out,
        out=out,
        overwrite=overwrite,
        tracker=tracker,
        share_data=share_data,
        with_dataset=with_dataset,
        judge=evaluate,
        checkpoint_seconds=checkpoint_every,
        fresh=fresh,
    )
    with_consent(
        lambda agreed: run(replace(job, options=replace(options, agreed=agreed)), as_json=as_json), agreed=yes
    )


def _weights(mix: list[str]) -> dict[str, float]:
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


def run(job: pipeline.Job, *, as_json: bool) -> None:
    """Train and print what came of it; in a follower of several processes, only help."""
    if int(os.environ.get("RANK", "0")) > 0:
        pipeline.follow(job)
        return
    with Terminal() as terminal:
        trained = pipeline.train(job, terminal)
    if as_json:
        print_json({"folder": str(trained.folder), "record": trained.record})
    else:
        print_trained(trained)
