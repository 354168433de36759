"""huggingtweets inspect."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..types import Reason
from ..workflows.data import DataConfig
from . import _options as opt
from ._data_options import reads_posts
from ._results import print_inspection, print_posts
from ._terminal import Terminal, console, harmless, print_json


@reads_posts(trains=False)
def inspect(
    data: DataConfig,
    show: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Show this many kept posts with their ids.")
    ] = None,
    dropped: Annotated[
        Reason | None, typer.Option(help="Show posts that were dropped for this reason instead.")
    ] = None,
    export: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.csv", help="Write all kept posts to a table, which can be edited and trained on."
        ),
    ] = None,
    as_json: opt.Json = False,
) -> None:
    """See which posts there are, and whether they are enough to learn from.

    Shows whose they are, what cleaning keeps and drops, and whether they are enough. Nothing is trained, and
    without --export nothing is written.

    \b
    Examples:
      huggingtweets inspect twitter-2024-10-01.zip
      huggingtweets inspect posts.csv --drop-replies --json
      huggingtweets inspect archive.zip --show 50
      huggingtweets inspect archive.zip --dropped short --show 50
      huggingtweets inspect archive.zip --export kept.csv
    """  # noqa: D301 -- \b keeps the lines of the examples apart in --help
    from ..cleaning import EXAMPLES
    from ..workflows.inspect import MANY, export_posts, inspect

    examples = show or (MANY if dropped else EXAMPLES)
    with Terminal() as terminal:
        inspections = inspect(data, examples=examples, watcher=terminal)
    if export:
        count = export_posts(inspections, export)
        console(stderr=True).print(harmless(f"{count:,} kept posts are in {export}"))
    if as_json:
        print_json([inspection.summary() for inspection in inspections])
        return
    for inspection in inspections:
        if show or dropped:
            print_posts(inspection, dropped)
        else:
            print_inspection(inspection)
