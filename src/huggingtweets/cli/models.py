"""huggingtweets models."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..model_folder import MODELS, find_models
from . import _options as opt
from ._results import print_models
from ._terminal import print_json


def models(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where to look for models.")] = MODELS,
    as_json: opt.Json = False,
) -> None:
    """List the models that were trained here, newest first, with figures.

    \b
    Examples:
      huggingtweets models
      huggingtweets models ~/bots --json
    """  # noqa: D301 -- \b keeps the lines of the examples apart in --help
    newest_first = find_models(folder)
    if as_json:
        print_json([{"folder": str(model), "record": model.record} for model in newest_first])
    else:
        print_models(newest_first, folder)
