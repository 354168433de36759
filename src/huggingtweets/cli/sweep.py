"""huggingtweets sweep."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from msgspec.structs import replace
from rich.table import Table

from .. import recipes, sweeping
from ..cleaning import Rules
from ..sources import ReadOptions
from . import _options as opt
from ._consent import with_consent
from ._terminal import Terminal, console, harmless, print_json

SHOWN = 10  # trials, the best ones


def sweep(
    locations: opt.Locations,
    recipe: opt.RecipeName = "starter",
    settings: opt.Settings = None,
    space: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=LOW:HIGH[:log]",
            help="What to search, from where to where; can be repeated.  [default: learning_rate, epochs, "
            "batch_tokens, warmup, weight_decay, dropout and lora_rank around the recipe's own]",
        ),
    ] = None,
    trials: Annotated[int, typer.Option(min=1, help="How many the study shall have.")] = 30,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.toml", help="The recipe file to write.  [default: <recipe>-<handle>-<digest>.toml]"
        ),
    ] = None,
    study: Annotated[
        str | None, typer.Option(metavar="NAME", help="What the search is called in its database.")
    ] = None,
    storage: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="A database that several workers share, like sqlite:///sweep.db or "
            "postgresql://user@host/name.  [default: a file in the user's cache]",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the draws.")] = 0,
    prune: Annotated[
        bool, typer.Option("--prune/--no-prune", help="Whether bad trials are given up early.")
    ] = True,
    handle: opt.Handle = None,
    name: opt.Name = None,
    source: opt.Source = None,
    text_column: opt.TextColumn = None,
    server: opt.Server = None,
    allow_private: opt.AllowPrivate = False,
    yes: opt.Yes = False,
    lang: opt.Lang = None,
    keep_replies: opt.KeepReplies = True,
    keep_line_breaks: opt.KeepLines = False,
    since: opt.Since = None,
    until: opt.Until = None,
    held_out: opt.HeldOut = 0.1,
    overwrite: opt.Overwrite = False,
    as_json: opt.Json = False,
) -> None:
    """Search for better settings of a recipe, and write them as a recipe file.

    Trains again and again with other settings, on each person alone, and keeps what needs the fewest bits
    per byte of the held-out posts, the mean over all people. Bad trials are given up early. The first trial
    is the recipe as it is. After an interruption the same command goes on; run in several terminals, they
    share the work.

    \b
    Examples:
      huggingtweets sweep archive.zip --recipe starter --out mine.toml
      huggingtweets train archive.zip --recipe mine.toml
      huggingtweets sweep ada.zip bob.zip --trials 60
      huggingtweets sweep posts.csv --space learning_rate=1e-4:1e-2:log --space epochs=1:6
      huggingtweets sweep posts.csv --storage postgresql://me@server/sweeps --study mine
    """  # noqa: D301 -- \b keeps the lines of the examples apart in --help
    options = ReadOptions(
        handle=handle, name=name, text_column=text_column, server=server, allow_private=allow_private
    )
    search = sweeping.Search(
        locations=tuple(locations),
        recipe=recipes.load(recipe, settings or []),
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
        space=tuple(space or ()),
        trials=trials,
        study=study,
        storage=storage,
        seed=seed,
        prune=prune,
        out=out,
        overwrite=overwrite,
    )
    with_consent(
        lambda agreed: _run(replace(search, options=replace(options, agreed=agreed)), as_json=as_json),
        agreed=yes,
    )


def _run(search: sweeping.Search, *, as_json: bool) -> None:
    with Terminal() as terminal:
        swept = sweeping.sweep(search, terminal)
    if as_json:
        print_json(swept)
    else:
        _print(swept)


def _print(swept: sweeping.Swept) -> None:
    """The best trials, what matters, and where everything is."""
    out = console()
    finished = sorted((t for t in swept.trials if t.finished), key=lambda t: t.bits_per_byte or 0.0)
    table = Table("trial", "bits per byte", *swept.best.settings, box=None)
    for trial in finished[:SHOWN]:
        figures = (f"{value:g}" for value in trial.settings.values())
        table.add_row(str(trial.number), f"{trial.bits_per_byte:.4f}", *figures)
    out.print(table)
    given_up = len(swept.trials) - len(finished)
    out.print(f"{len(swept.trials)} trials, {given_up} of them given up early.")
    own = f", the recipe as it is: {swept.own:.4f}" if swept.own is not None else ""
    out.print(f"Held-out bits per byte: {swept.best.bits_per_byte:.4f}{own}, the base: {swept.base:.4f}")
    if swept.importance:
        shares = ", ".join(f"{name} {share:.0%}" for name, share in swept.importance.items())
        out.print(f"What mattered: {shares}", soft_wrap=True)
    for file in (swept.file, *swept.pictures):
        out.print(harmless(f"  {file}"), soft_wrap=True)
    out.print(harmless(f"Use it: huggingtweets train LOCATION --recipe {swept.file}"), soft_wrap=True)
