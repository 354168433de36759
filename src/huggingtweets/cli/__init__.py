"""The command line: one file per command. It parses, calls the pipeline, prints and translates errors."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from ._errors import translated
from .app import app as page
from .compare import compare
from .demo import demo
from .evaluate import evaluate
from .forget import forget
from .generate import generate
from .inspect import inspect
from .lineage import lineage
from .merge import merge
from .models import models
from .play import play
from .pretrain import pretrain
from .publish import publish
from .reproduce import reproduce
from .sources import sources
from .sweep import sweep
from .train import train

__all__ = ["app", "main"]

COMMANDS = (
    demo,
    train,
    generate,
    evaluate,
    compare,
    merge,
    play,
    inspect,
    pretrain,
    publish,
    forget,
    sources,
    models,
    sweep,
    lineage,
    page,
    reproduce,
)

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
app.command("runs", hidden=True)(translated(models))  # as it was called until version 1.0


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
    _let_threads_wait()
    sys.exit(app())


def _let_threads_wait() -> None:
    """Threads look for work for some microseconds, then sleep; read when torch loads. See docs/log.md."""
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ["OMP_WAIT_POLICY"] = "passive"
        os.environ.setdefault("GOMP_SPINCOUNT", "20000")
