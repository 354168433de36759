"""How a command ends that fails: one line on standard error and an exit code.

| exit code | why |
|---|---|
| 2 | a mistake of the user |
| 1 | a mistake of this program, or of the machine that it runs on |
| 130 | Ctrl-C |
"""

from __future__ import annotations

import functools
import inspect
import os
import sys
from collections.abc import Callable
from typing import Annotated

import typer

from ..errors import HuggingtweetsError
from ..text import printable
from ._signatures import parameters, set_parameters

STOPPED = 130  # what a shell returns for Ctrl-C

Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
DEBUG = inspect.Parameter("debug", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Debug)


def show_errors(command: Callable[..., None]) -> Callable[..., None]:
    """Add the option --debug to a command; without it, an error is printed as one line."""

    @functools.wraps(command)
    def run(*, debug: bool, **values: object) -> None:
        try:
            command(**values)
        except BaseException as error:
            if debug or isinstance(error, typer.Exit | typer.Abort | SystemExit):
                raise
            raise typer.Exit(_show(error)) from None

    set_parameters(run, [*parameters(command).values(), DEBUG])
    return run


def _show(error: BaseException) -> int:
    """Print an error as one line on standard error; return the exit code."""
    if isinstance(error, KeyboardInterrupt):
        return _print_line("stopped; nothing half-made was left behind", STOPPED)
    if isinstance(error, BrokenPipeError):  # `huggingtweets generate ... | head` closes the pipe early
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    if isinstance(error, HuggingtweetsError):
        return _print_line(f"error: {error}", error.exit_code)
    if type(error).__name__ == "PanicException":  # of PyO3: a tokenizer made for it does that
        return _print_line(
            f"error: a file of the model or base is damaged or harmful ({error}); use another", 2
        )
    return _print_line(
        f"error: unexpected {type(error).__name__}: {error}. This is a mistake of huggingtweets, not yours; "
        "run it again with --debug and report what it shows",
        1,
    )


def _print_line(message: str, exit_code: int) -> int:
    sys.stderr.write(printable(" ".join(message.split())) + "\n")
    return exit_code
