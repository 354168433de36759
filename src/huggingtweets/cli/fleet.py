"""huggingtweets fleet, with its subcommands; without one of them it trains."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from ..bases.hub import cached_hub_answers
from ..cleaning import CleaningRules
from ..registry import suggestion
from ..text.counting import counted
from . import _options as opt
from ._data_options import cleaning_rules
from ._help import SectionedGroup
from ._signatures import takes_options_of
from ._terminal import Terminal, console, harmless, print_json
from ._training import load_or_choose

if TYPE_CHECKING:
    from ..workflows.fleet import FleetResults, FleetStatus

DEFAULT = "run"
SHOWN_FAILURES = 20

StoreName = Annotated[
    str, typer.Argument(metavar="STORE", help="The folder or address that fleet was given as --out.")
]


class FleetGroup(SectionedGroup):
    """A group whose command `run` need not be named."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help of the command that need not be named, then the other commands."""
        with ctx.scope(cleanup=False):
            self.commands[DEFAULT].format_help(ctx, formatter)
        self.format_commands(ctx, formatter)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the name of the default command first, where none is given."""
        if args and args[0] not in {*self.commands, *ctx.help_option_names}:
            meant = suggestion(args[0], self.commands)
            if meant and "." not in args[0] and not Path(args[0]).exists():
                ctx.fail(f"no command and no table of authors is called {args[0]!r}{meant}")
            args = [DEFAULT, *args]
        rest: list[str] = super().parse_args(ctx, args)
        return rest


@takes_options_of(cleaning_rules, "rules")
@cached_hub_answers()  # of the choice of a recipe, too
def fleet(
    *,
    authors: Annotated[
        Path,
        typer.Argument(
            metavar="AUTHORS",
            help="A table of authors (CSV, JSONL, TOML: location, handle, name, recipe, weight, permission), "
            "a folder with an archive of each, or one table of posts with columns of author and text.",
        ),
    ],
    out: Annotated[
        str,
        typer.Option(
            "--out",
            metavar="STORE",
            help="Where to write the models: a folder, or an address like s3://bucket/folder.",
        ),
    ],
    recipe: opt.RecipeName = None,
    settings: opt.Settings = None,
    base: opt.Base = None,
    rules: CleaningRules,
    held_out: opt.HeldOut = 0.1,
    on: Annotated[
        str,
        typer.Option(
            "--on", metavar="local|ray", help="Where to train: in processes of this machine, or on Ray."
        ),
    ] = "local",
    address: opt.RayAddress = None,
    workers: Annotated[
        int | None,
        typer.Option(
            min=1, help="Authors at a time.  [default: as many as cores and memory allow, or shares of GPUs]"
        ),
    ] = None,
    gpus_per_author: Annotated[
        float,
        typer.Option(min=0, max=8, help="Share of a GPU, and of its memory, for each author; on Ray only."),
    ] = 0.0,
    one_model: Annotated[
        bool,
        typer.Option(
            "--one-model",
            help="Train one model of all authors, in which each has a token. An epoch has 200 posts of "
            "each; --set author_posts=N changes that.",
        ),
    ] = False,
    evaluate: opt.Evaluate = True,
    tracker: opt.TrackerName = "trackio",
    lease_seconds: Annotated[
        float,
        typer.Option(
            min=1, help="Seconds without a sign of life after which a worker's author goes to another worker."
        ),
    ] = 120.0,
    attempts: Annotated[
        int,
        typer.Option(min=1, help="Number of workers that may die on an author before it counts as failed."),
    ] = 5,
    as_json: opt.Json = False,
) -> None:
    """Train a model for each author of a list, on this machine or on a Ray cluster.

    Each author gets a folder as train writes it. Authors that cannot be trained are recorded with the reason,
    and never stop the others. After an interruption the same command goes on. The first Ctrl-C lets the
    authors in progress finish, a second one stops at once. With --one-model the first Ctrl-C stops at once;
    the checkpoint is kept.

    \b
    Examples:
      huggingtweets fleet authors.csv --out models/everybody --recipe starter
      huggingtweets fleet archives/ --out s3://bucket/fleet --workers 8
      huggingtweets fleet posts.parquet --out models/many --recipe ngram
      huggingtweets fleet authors.csv --out /shared/fleet --on ray --address auto --gpus-per-author 0.1
      huggingtweets fleet posts.parquet --out models/together --one-model
      huggingtweets fleet status models/everybody
    """  # noqa: D301 -- \b keeps the lines of the examples apart in --help
    from ..tracking import require_tracker
    from ..workflows.fleet import FleetConfig, fleet, require_executor
    from ..workflows.fleet.authors import require_authors

    require_authors(authors)
    if not one_model:  # which this process trains
        require_executor(on, address=address, gpus=gpus_per_author)
    require_tracker(tracker)
    changes = [*(settings or []), *([f"base={base}"] if base else [])]
    config = FleetConfig(
        authors=authors,
        store=out,
        recipe=load_or_choose(recipe, changes, all_weights=one_model),
        rules=rules,
        held_out=held_out,
        one_model=one_model,
        evaluate=evaluate,
        executor=on,
        address=address,
        workers=workers,
        gpus_per_author=gpus_per_author,
        tracker=tracker,
        lease_seconds=lease_seconds,
        attempts=attempts,
    )
    with Terminal() as terminal:
        results = fleet(config, terminal)
    _print_results(results, as_json=as_json)


def status(
    store: StoreName,
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Read all models, and name those that are damaged; name authors whose files have changed.",
        ),
    ] = False,
    as_json: opt.Json = False,
) -> None:
    """Show the progress of a fleet; without --check only the store is read.

    \b
    Examples:
      huggingtweets fleet status models/everybody
      huggingtweets fleet status s3://bucket/fleet --check --json
    """  # noqa: D301 -- \b keeps the lines of the examples apart in --help
    from ..workflows.fleet import fleet_status

    found = fleet_status(store, check=check)
    if as_json:
        print_json(found)
    else:
        _print_status(found)


def retry(
    store: StoreName,
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME",
            help="Authors to try again.  [default: all that failed, are damaged or have changed]",
        ),
    ] = None,
    as_json: opt.Json = False,
) -> None:
    """Let the next huggingtweets fleet train authors again.

    These are authors that failed, whose model is damaged, or whose files have changed since they ended.

    \b
    Examples:
      huggingtweets fleet retry models/everybody
      huggingtweets fleet retry models/everybody ada bob
    """  # noqa: D301 -- \b keeps the lines of the examples apart in --help
    from ..workflows.fleet import fleet_retry

    names_to_try = fleet_retry(store, names or ())
    if as_json:
        print_json(names_to_try)
    else:
        authors = counted(len(names_to_try), "author")
        console().print(f"The next huggingtweets fleet tries {authors} again.")


def results(store: StoreName, as_json: opt.Json = False) -> None:
    """Write the table of results and its page anew, from what the store holds.

    \b
    Examples:
      huggingtweets fleet results models/everybody
      huggingtweets fleet results s3://bucket/fleet --json
    """  # noqa: D301 -- \b keeps the lines of the examples apart in --help
    from ..workflows.fleet import fleet_results

    _print_results(fleet_results(store), as_json=as_json)


def fleet_group() -> typer.Typer:
    """The command with its subcommands, errors shown like those of all others."""
    from ._errors import show_errors
    from ._help import SectionedCommand

    group = typer.Typer(cls=FleetGroup, help=fleet.__doc__, no_args_is_help=True, rich_markup_mode=None)
    for name, command in ((DEFAULT, fleet), ("status", status), ("retry", retry), ("results", results)):
        group.command(name, cls=SectionedCommand)(show_errors(command))
    return group


def _print_status(status: FleetStatus) -> None:
    counts, out = status.counts, console()
    out.print(
        f"{counted(counts.authors, 'author')}: {counts.done:,} done, {counts.failed:,} failed, "
        f"{counts.training:,} in progress, {counts.waiting:,} waiting."
    )
    for name, reason in list(status.failed.items())[:SHOWN_FAILURES]:
        out.print(harmless(f"  {name} failed: {reason}"), soft_wrap=True)
    if len(status.failed) > SHOWN_FAILURES:
        out.print(f"  and {len(status.failed) - SHOWN_FAILURES:,} more")
    for name in status.damaged:
        out.print(harmless(f"  {name} is damaged: its files are not those that were written"), soft_wrap=True)
    for name in status.changed:
        out.print(harmless(f"  {name} has other posts now than those that it learnt from"), soft_wrap=True)
    if status.failed or status.damaged or status.changed:
        _print_retry(status.store)


def _print_retry(store: str) -> None:
    command = f"huggingtweets fleet retry {shlex.quote(store)}"
    console().print(harmless(f"To try again: {command}, then huggingtweets fleet as before."), soft_wrap=True)


def _print_results(results: FleetResults, *, as_json: bool) -> None:
    if as_json:
        print_json(results)
        return
    out, done = console(), [row for row in results.rows if row.bits_per_byte is not None]
    table = Table("author", "bits per byte", "base", "copied", "seconds", box=None)
    for row in sorted(done, key=lambda row: row.bits_per_byte or 0.0)[:10]:
        table.add_row(
            harmless(row.name),
            f"{row.bits_per_byte:.3f}",
            f"{row.base_bits_per_byte:.3f}" if row.base_bits_per_byte is not None else "",
            f"{row.copied:.1%}" if row.copied is not None else "",
            f"{row.seconds:.1f}",
        )
    out.print(table)
    failed = sum(row.state == "failed" for row in results.rows)
    out.print(f"{len(done):,} of {len(results.rows):,} authors have a model, {failed:,} failed.")
    if failed:
        _print_retry(results.store)
    for file in (results.table, results.page):
        out.print(harmless(f"  {results.store.rstrip('/')}/{file}"), soft_wrap=True)
