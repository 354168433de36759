"""huggingtweets sweep."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from ..bases.hub import cached_hub_answers
from ..workflows.data import DataConfig, require_places
from . import _options as opt
from ._data_options import reads_posts
from ._terminal import Terminal, console, harmless, print_json
from ._training import load_or_choose

if TYPE_CHECKING:
    from ..workflows.sweep import SweepResult

SHOWN_TRIALS = 10  # the best ones


@reads_posts()
@cached_hub_answers()  # of the choice of a recipe, too
def sweep(
    data: DataConfig,
    recipe: opt.RecipeName = None,
    settings: opt.Settings = None,
    space: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=LOW:HIGH[:log]",
            help="A setting to search, with its bounds; can be repeated.  [default: learning_rate, epochs, "
            "batch_tokens, warmup, weight_decay, dropout and lora_rank around the recipe's own]",
        ),
    ] = None,
    trials: Annotated[
        int, typer.Option(min=1, help="Number of trials in the study, earlier ones included.")
    ] = 30,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.toml", help="The recipe file to write.  [default: <recipe>-<handle>-<digest>.toml]"
        ),
    ] = None,
    study: Annotated[
        str | None, typer.Option(metavar="NAME", help="Name of the search in its database.")
    ] = None,
    storage: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="A database that several workers share, like sqlite:///sweep.db or "
            "postgresql://user@host/name; --address needs one.  [default: a file in the user's cache]",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Seed of the sampler.")] = 0,
    prune: Annotated[
        bool, typer.Option("--prune/--no-prune", help="Whether to stop bad trials early.")
    ] = True,
    overwrite: opt.Overwrite = False,
    on: Annotated[
        str | None,
        typer.Option(
            "--on", metavar="local|ray", help="Run trials in several processes, on this machine or on Ray."
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            min=1, help="Trials at a time, with --on.  [default: as many as cores and memory allow]"
        ),
    ] = None,
    address: opt.RayAddress = None,
    as_json: opt.Json = False,
) -> None:
    """Search for better settings of a recipe, and write them as a recipe file.

    Trains with other settings in each trial, on each person alone, and keeps those that need the fewest bits
    per byte of held-out posts, as the mean over all people. Bad trials are stopped early. The first trial is
    the recipe unchanged; without --recipe it is the best that this machine can run. After an interruption the
    same command goes on. Several terminals that run it share the work.

    \b
    Examples:
      huggingtweets sweep archive.zip --recipe starter --out mine.toml
      huggingtweets train archive.zip --recipe mine.toml
      huggingtweets sweep ada.zip bob.zip --recipe starter --trials 60
      huggingtweets sweep posts.csv --space learning_rate=1e-4:1e-2:log --space epochs=1:6
      huggingtweets sweep posts.csv --storage postgresql://me@server/sweeps --study mine
    """  # noqa: D301 -- \b keeps the lines of the examples apart in --help
    from ..workflows.sweep import SweepConfig, require_search, sweep

    require_search(on, workers=workers, address=address, storage=storage)
    require_places(data)
    config = SweepConfig(
        data=data,
        recipe=load_or_choose(recipe, settings or []),
        space=tuple(space or ()),
        trials=trials,
        study=study,
        storage=storage,
        seed=seed,
        prune=prune,
        out=out,
        overwrite=overwrite,
        executor=on,
        workers=workers,
        address=address,
    )
    with Terminal() as terminal:
        result = sweep(config, terminal)
    if as_json:
        print_json(result)
    else:
        _print(result)


def _print(result: SweepResult) -> None:
    """Print the best trials, the importance of the settings, and the files."""
    out = console()
    finished_trials = [trial for trial in result.trials if trial.finished]
    best_first = sorted(finished_trials, key=lambda trial: trial.bits_per_byte or 0.0)
    table = Table("trial", "bits per byte", *result.best.settings, box=None)
    for trial in best_first[:SHOWN_TRIALS]:
        settings = (f"{value:g}" for value in trial.settings.values())
        table.add_row(str(trial.number), f"{trial.bits_per_byte:.4f}", *settings)
    out.print(table)
    pruned_count = len(result.trials) - len(best_first)
    out.print(f"{len(result.trials)} trials, {pruned_count} of them given up early.")
    recipe = result.recipe_bits_per_byte
    out.print(
        f"Held-out bits per byte: {result.best.bits_per_byte:.4f}"
        + (f", the recipe as it is: {recipe:.4f}" if recipe is not None else "")
        + f", the base: {result.base_bits_per_byte:.4f}"
    )
    if result.importance:
        shares = ", ".join(f"{name} {share:.0%}" for name, share in result.importance.items())
        out.print(f"What mattered: {shares}", soft_wrap=True)
    for file in (result.file, *result.pictures):
        out.print(harmless(f"  {file}"), soft_wrap=True)
    if result.best.bits_per_byte == recipe:
        out.print(
            "No trial was better than the recipe as it is; the same command with more --trials and "
            "--overwrite goes on."
        )
    else:
        command = f"huggingtweets train LOCATION --recipe {shlex.quote(result.file)}"
        out.print(harmless(f"Use it: {command}"), soft_wrap=True)
