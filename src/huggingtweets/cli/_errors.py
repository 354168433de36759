"""How a command ends that fails: one line on standard error and an exit code.

| exit code | why |
|---|---|
| 2 | a mistake of the user |
| 1 | a mistake of this program, or of the machine that it runs on |
| 130 | Ctrl-C; 143 and 129 for SIGTERM and SIGHUP, which stop a command like Ctrl-C |
"""

from __future__ import annotations

import functools
import inspect
import os
import signal
import sys
from collections.abc import Callable
from typing import Annotated

import typer

from ..errors import HuggingtweetsError
from ..files import file_error
from ..text import printable
from ._signatures import parameters, set_parameters

SIGNALS = 128  # a shell adds the number of the signal that ended a command to this
STOPPING = ("SIGTERM", "SIGHUP")  # signals that are to stop a command like Ctrl-C; Windows lacks one

Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
DEBUG = inspect.Parameter("debug", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Debug)


def show_errors(command: Callable[..., None]) -> Callable[..., None]:
    """Add the option --debug to a command; without it, an error is printed as one line."""

    @functools.wraps(command)
    def run(*, debug: bool, **values: object) -> None:
        try:
            command(**values)
            if sys.stdout:
                sys.stdout.flush()
        except BaseException as error:
            if debug or isinstance(error, typer.Exit | typer.Abort | SystemExit):
                raise
            raise typer.Exit(_show(error)) from None

    set_parameters(run, [*parameters(command).values(), DEBUG])
    return run


def set_signals() -> None:
    """Let SIGTERM and SIGHUP stop a command like Ctrl-C, unless they are ignored, as under nohup."""

    def stop(number: int, _: object) -> None:
        raise KeyboardInterrupt(number)

    for name in STOPPING:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, stop)


def _show(error: BaseException) -> int:
    """Print an error as one line on standard error; return the exit code."""
    if isinstance(error, KeyboardInterrupt):
        number = next(iter(error.args), signal.SIGINT)
        return _print_line("stopped; nothing half-made was left behind", SIGNALS + int(number))
    if isinstance(error, BrokenPipeError):  # `huggingtweets generate ... | head` closes the pipe early
        _drop_output()
        return 0
    if isinstance(error, OSError):
        error = file_error(error)
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


def _drop_output() -> None:
    """Let what is still to be written to standard output go nowhere, so that Python's end is quiet."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _print_line(message: str, exit_code: int) -> int:
    sys.stderr.write(printable(" ".join(message.split())) + "\n")
    return exit_code
