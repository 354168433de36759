"""huggingtweets merge."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import UserError
from ..model_folder import ModelFolder
from . import _options as opt
from ._results import print_trained
from ._terminal import Terminal, print_json


def merge(
    models: Annotated[
        list[str], typer.Argument(metavar="MODEL", help="Model folders, or their names below models/.")
    ],
    weights: Annotated[
        list[float] | None,
        typer.Option(
            "--weights",
            metavar="NUMBER",
            help="Weight of each model, like --weights 0.7 0.3.  [default: equal]",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder to write the model to.  [default: models/<handle>+<handle>_merged]"),
    ] = None,
    overwrite: opt.Overwrite = False,
    as_json: opt.Json = False,
) -> None:
    """Mix trained models into one without training: the weighted mean of their weights.

    They must have the same base. The new model's card names them all.

    \b
    Examples:
      huggingtweets merge ada bob --out models/both
      huggingtweets merge ada bob --weights 0.7 0.3 --out models/both
    """  # noqa: D301 -- \b keeps the lines of the examples apart in --help
    from ..workflows.merge import merge

    # Of `--weights 0.7 0.3` only the first number belongs to the option; the others are parsed as models.
    numbers = [model for model in models if _is_number(model)]
    parents = [model for model in models if model not in numbers]
    all_weights = [*(weights or []), *map(float, numbers)]
    _require_different(parents)
    with Terminal() as terminal:
        merged = merge(parents, all_weights, out=out, overwrite=overwrite, watcher=terminal)
    if as_json:
        print_json({"folder": str(merged), "record": merged.record})
    else:
        print_trained(merged)


def _require_different(models: list[str]) -> None:
    """Check that no model is given twice.

    Raises:
        UserError: one is, by whatever path.
    """
    folders = [ModelFolder.find(model).path.resolve() for model in models]
    twice = next((model for model, path in zip(models, folders, strict=True) if folders.count(path) > 1), "")
    if twice:
        raise UserError(f"{twice} is given more than once; give it once, and set its weight with --weights")


def _is_number(text: str) -> bool:
    """Whether an argument is a number, and no model has it as its name."""
    try:
        float(text)
    except ValueError:
        return False
    return not ModelFolder.find(text).path.exists()
