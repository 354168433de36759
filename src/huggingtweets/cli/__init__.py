"""The command line: one file per command. Each parses its options, calls a workflow and prints the result."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from ..errors import UserError
from ._config import load_defaults
from ._errors import set_signals, show_error, show_errors
from ._help import SectionedCommand, SectionedGroup
from ._terminal import prepare_output
from .app import app as page
from .bases import bases
from .compare import compare
from .demo import demo
from .evaluate import evaluate
from .export import export
from .fleet import fleet, fleet_group
from .forget import forget
from .generate import generate
from .inspect import inspect
from .lineage import lineage
from .merge import merge
from .models import models
from .play import play
from .pretrain import pretrain
from .publish import publish
from .recipes import recipes
from .reproduce import reproduce
from .serve import serve
from .sources import sources
from .sweep import sweep
from .train import train

__all__ = ["app", "main"]

SECTIONS = {  # of --help, by what people want to do
    "Try": (demo, page, sources, inspect),
    "Make": (train, generate, merge, sweep, pretrain, fleet),
    "Evaluate": (evaluate, compare, play),
    "Share": (publish, export, serve),
    "Manage": (models, bases, recipes, lineage, reproduce, forget),
}
COMMANDS = tuple(command for commands in SECTIONS.values() for command in commands)

app = typer.Typer(
    name="huggingtweets",
    help="Turn the posts a person has written into a small language model that writes like them.",
    cls=SectionedGroup,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for section, commands in SECTIONS.items():
    for command in commands:
        if command is fleet:
            app.add_typer(fleet_group(), name="fleet", rich_help_panel=section)
            continue
        app.command(cls=SectionedCommand, rich_help_panel=section)(show_errors(command))
app.command("runs", cls=SectionedCommand, hidden=True)(show_errors(models))  # the name until version 1.0


def _print_version(requested: bool) -> None:
    if requested:
        from importlib.metadata import version

        typer.echo(version("huggingtweets"))
        raise typer.Exit


@app.callback(epilog="Start with: huggingtweets demo")
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line and exit."""
    _set_waiting_of_threads()
    set_signals()
    prepare_output()
    try:
        defaults = load_defaults(app)
    except UserError as error:
        sys.exit(show_error(error, as_json="--json" in sys.argv))
    sys.exit(app(default_map=defaults))


def _set_waiting_of_threads() -> None:
    """Let OpenMP's threads wait actively for a short time, then sleep. docs/log.md has the measurements.

    A thread that waits actively for one that has no core burns the time that both would need, so that the
    time must not be much longer than it takes to wake a thread. The variables are read when torch is loaded.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ["OMP_WAIT_POLICY"] = "passive"
        os.environ.setdefault("GOMP_SPINCOUNT", "1000")
