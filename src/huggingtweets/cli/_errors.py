"""How a command ends that fails: one line on standard error and an exit code.

With --json the error is also a JSON document on standard output: `{"error": ..., "exit_code": ...}`.

| exit code | why |
|---|---|
| 2 | a mistake of the user |
| 1 | a mistake of this program, or of the machine that it runs on |
| 130 | Ctrl-C; 143 and 129 for SIGTERM and SIGHUP, which stop a command like Ctrl-C |
"""

from __future__ import annotations

import functools
import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from ..errors import (
    HuggingtweetsError,
    UserError,
    first_line,
    is_out_of_gpu_memory,
    is_out_of_memory,
    is_panic,
)
from ..files import file_error
from ..signals import STOPPING, raise_interrupts
from ..text import printable
from ._log_file import log
from ._signatures import parameters, set_parameters
from ._terminal import drop_output, is_unread, output, print_json

SIGNALS = 128  # a shell adds the number of the signal that ended a command to this
GOES_ON = {"demo", "fleet", "pretrain", "publish", "sweep", "train"}  # after Ctrl-C, when it is run again


def show_errors(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options to a command that all have; without --debug, an error is printed as one line."""

    @functools.wraps(command)
    def run(*, quiet: bool, verbose: bool, log_file: Path | None, debug: bool, **values: object) -> None:
        try:
            with output(quiet=quiet, verbose=verbose, log_file=log_file):
                _run(command, values)
        except BaseException as error:
            if isinstance(error, typer.Abort) and values.get("as_json"):
                print_json({"error": "not agreed to; nothing was done", "exit_code": 1})
            if debug or isinstance(error, typer.Exit | typer.Abort | SystemExit):
                raise
            goes_on = command.__name__ in GOES_ON and not values.get("fresh")
            raise typer.Exit(
                show_error(error, as_json=bool(values.get("as_json")), goes_on=goes_on)
            ) from None

    set_parameters(run, [*parameters(command).values(), *parameters(_options).values()])
    return run


def _run(command: Callable[..., None], values: dict[str, object]) -> None:
    try:
        _require_utf8(values)
        command(**values)
        if sys.stdout:
            sys.stdout.flush()
    except Exception:
        log(traceback.format_exc())
        raise


def _require_utf8(values: dict[str, object]) -> None:
    """Check all arguments: Python has a lone surrogate for a byte that is not UTF-8, and nothing writes it.

    Raises:
        UserError: one has such bytes, and is not the name of a file.
    """
    for value in values.values():
        for each in value if isinstance(value, list | tuple) else (value,):
            if isinstance(each, str | Path) and not _is_utf8(str(each)) and not os.path.lexists(each):
                shown = os.fsencode(each).decode("utf-8", "backslashreplace")
                raise UserError(
                    f'"{shown}" is not encoded as UTF-8, and no file has this name; expected UTF-8, to which '
                    "the terminal can be set"
                )


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _options(
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print results and errors only.")] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Print a detailed log on standard error.")
    ] = False,
    log_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Append progress, and the traceback of an error, to this file."),
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """The options of every command."""


def set_signals() -> None:
    """Let SIGTERM and SIGHUP stop a command like Ctrl-C, unless they are ignored, as under nohup."""
    raise_interrupts(number for number in STOPPING if signal.getsignal(number) is signal.SIG_DFL)


def show_error(error: BaseException, *, as_json: bool = False, goes_on: bool = False) -> int:
    """Print an error as one line on standard error; return the exit code.

    Args:
        error: why the command ends.
        as_json: whether it is printed as JSON, too.
        goes_on: whether the command goes on from where it was when it is run again.
    """
    if isinstance(error, BrokenPipeError) and is_unread(sys.stdout):  # `huggingtweets generate ... | head`
        drop_output(sys.stdout)
        return 0
    message, exit_code = _described(error)
    line = " ".join(message.split()).encode(errors="replace").decode()  # files may be called by any bytes
    if goes_on and isinstance(error, KeyboardInterrupt):
        line = f"{line}; the same command goes on from where it was"
    try:
        if as_json:
            print_json({"error": line, "exit_code": exit_code})
        sys.stdout.flush()
    except OSError:  # its disk is full, or nobody reads it any more; standard error has the line, too
        drop_output(sys.stdout)
    prefix = "" if isinstance(error, KeyboardInterrupt) else "error: "
    sys.stderr.write(printable(f"{prefix}{line}") + "\n")
    return exit_code


def _described(error: BaseException) -> tuple[str, int]:
    """What to say of an error, and the exit code."""
    if isinstance(error, KeyboardInterrupt):
        number = next(iter(error.args), signal.SIGINT)
        return "stopped; nothing half-made was left behind", SIGNALS + int(number)
    if is_out_of_memory(error):
        why = f" ({error})" if str(error) else ""
        remedy = "close other programs, raise the limit where there is one (ulimit -v), or use a smaller base"
        return f"the system gives this command no more memory{why}; {remedy}", 2
    if is_out_of_gpu_memory(error):
        remedy = "close other programs that use it, choose a smaller base, or compute on the processor: set"
        return f"the GPU has no more memory ({first_line(error)}); {remedy} HUGGINGTWEETS_DEVICE=cpu", 2
    if isinstance(error, OSError):
        error = file_error(error)
    if isinstance(error, HuggingtweetsError):
        return str(error), error.exit_code
    if is_panic(error):  # a tokenizer made for it does that
        return f"a file of the model or base is damaged or harmful ({error}); use another", 2
    message = f"unexpected {type(error).__name__}: {error}. This is a mistake of huggingtweets, not yours; "
    return message + "run it again with --debug and report what it shows", 1
