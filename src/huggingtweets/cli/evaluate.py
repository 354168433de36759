"""huggingtweets evaluate."""

from __future__ import annotations

from typing import Annotated

import typer

from ..results import EVALUATED_POSTS
from . import _options as opt
from ._evaluations import print_evaluation
from ._terminal import Terminal, print_json


def evaluate(
    model: opt.Model,
    against: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LOCATION",
            help="Posts of another person, to tell the person apart from: an archive, an account, or a table "
            "of one author that names them. Can be repeated.",
        ),
    ] = None,
    count: opt.EvaluatedPosts = EVALUATED_POSTS,
    show_posts: Annotated[
        bool,
        typer.Option("--show-posts", help="Show the nearest training post beside each sample in the report."),
    ] = False,
    seed: opt.Seed = None,
    tracker: Annotated[
        str | None,
        typer.Option(
            metavar="trackio|wandb|none",
            help="Where the evaluation is recorded.  [default: where training was]",
        ),
    ] = None,
    figures: Annotated[
        bool, typer.Option("--figures", help="Print every figure with its floors, ceiling and interval.")
    ] = False,
    as_json: opt.Json = False,
) -> None:
    """Measure whether a model sounds like the person, and whether it only repeats them.

    Prints the answers in words. Writes report.html and report.json into the model folder, and the figures
    onto its card.

    \b
    Examples:
      huggingtweets evaluate models/somebody
      huggingtweets evaluate somebody --figures
      huggingtweets evaluate somebody --against friend.zip --against bsky:friend.example
    """  # noqa: D301 -- \b keeps the lines of the examples apart in --help
    from ..evaluation import flat
    from ..workflows.evaluate import evaluate

    with Terminal() as terminal:
        evaluated = evaluate(
            model,
            against or (),
            count=count,
            seed=seed or 0,
            show_posts=show_posts,
            tracker=tracker,
            watcher=terminal,
        )
    if as_json:
        print_json(flat(evaluated.evaluation))
    else:
        print_evaluation(evaluated, figures=figures)
