"""huggingtweets runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .. import records
from . import _options as opt
from ._results import print_runs
from ._terminal import print_json


def runs(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Where to look for models.")
    ] = records.MODELS,
    as_json: opt.Json = False,
) -> None:
    """List what was trained here, newest first, with figures.

    \b
    Examples:
      huggingtweets runs
      huggingtweets runs ~/bots --json
    """  # noqa: D301 -- \b keeps the lines of the examples apart in --help
    found = records.find(folder)
    if as_json:
        print_json([{"folder": str(trained.folder), "record": trained.record} for trained in found])
    else:
        print_runs(found, folder)
