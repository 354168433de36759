"""From an exception to one line and an exit code: 2 for the user's mistakes, 1 for ours, 130 for Ctrl-C."""

from __future__ import annotations

import functools
import inspect
import os
import sys
from collections.abc import Callable
from typing import Annotated, get_type_hints

import typer

from ..errors import HuggingtweetsError

STOPPED = 130  # what a shell returns for Ctrl-C

Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]


def translated(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the option --debug, and print its errors as one line unless that is set."""

    @functools.wraps(command)
    def run(*args: object, debug: bool = False, **options: object) -> None:
        try:
            command(*args, **options)
        except (Exception, KeyboardInterrupt) as error:
            if debug or isinstance(error, typer.Exit | typer.Abort):
                raise
            raise typer.Exit(_tell(error)) from None

    hints = {**get_type_hints(command, include_extras=True), "debug": Debug}
    parameters = [
        p.replace(annotation=hints[name]) for name, p in inspect.signature(command).parameters.items()
    ]
    option = inspect.Parameter("debug", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Debug)
    run.__signature__ = inspect.Signature([*parameters, option])  # type: ignore[attr-defined] # typer reads it
    run.__annotations__ = hints
    return run


def _tell(error: BaseException) -> int:
    """Print one line on standard error; return the exit code."""
    if isinstance(error, KeyboardInterrupt):
        return _say("stopped; nothing half-made was left behind", STOPPED)
    if isinstance(error, BrokenPipeError):  # `huggingtweets generate ... | head`: whoever read has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    if isinstance(error, HuggingtweetsError):
        return _say(f"error: {error}", error.exit_code)
    return _say(
        f"error: unexpected {type(error).__name__}: {error}. This is a mistake of huggingtweets, not yours; "
        "run it again with --debug and report what it shows",
        1,
    )


def _say(line: str, exit_code: int) -> int:
    sys.stderr.write(" ".join(line.split()) + "\n")
    return exit_code
