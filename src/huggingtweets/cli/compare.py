"""huggingtweets compare."""

from __future__ import annotations

from typing import Annotated

import typer

from ..results import EVALUATED_POSTS
from . import _options as opt
from ._evaluations import print_comparison
from ._terminal import Terminal, print_json


def compare(
    models: Annotated[
        list[str], typer.Argument(metavar="MODEL", help="Two or more models of the same posts.")
    ],
    count: opt.EvaluatedPosts = EVALUATED_POSTS,
    seed: opt.Seed = None,
    as_json: opt.Json = False,
) -> None:
    """Compare models of one person on the same held-out posts.

    Shows which differences from the first model are larger than their intervals.

    \b
    Examples:
      huggingtweets compare models/first models/second
      huggingtweets compare first second third --json
    """  # noqa: D301 -- \b keeps the lines of the examples apart in --help
    from ..workflows.compare import compare

    with Terminal() as terminal:
        compared = compare(models, count=count, seed=seed or 0, watcher=terminal)
    if as_json:
        print_json([{"folder": str(one.model), "differences": found} for one, found in compared])
    else:
        print_comparison(compared)
