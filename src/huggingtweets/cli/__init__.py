"""The command line: one file per command. It parses, calls the pipeline, prints and translates errors."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from ._errors import translated
from .compare import compare
from .demo import demo
from .evaluate import evaluate
from .generate import generate
from .inspect import inspect
from .merge import merge
from .play import play
from .runs import runs
from .sources import sources
from .train import train

__all__ = ["app", "main"]

COMMANDS = (demo, train, generate, evaluate, compare, merge, play, inspect, sources, runs)

app = typer.Typer(
    name="huggingtweets",
    help="Turn the posts a person has written into a small language model that writes like them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for command in COMMANDS:
    app.command()(translated(command))


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(version("huggingtweets"))
        raise typer.Exit


@app.callback(epilog="Start with: huggingtweets demo")
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show it.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line and exit."""
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # read when torch loads: see docs/log.md, "Threads"
    sys.exit(app())
