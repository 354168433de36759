"""Asking the user before something is paid for, uploaded or deleted. The library raises; this asks."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TypeVar

import typer

from ..errors import ConsentNeeded
from ..text import printable

T = TypeVar("T")


def with_consent(action: Callable[[bool], T], *, agreed: bool) -> T:
    """Call `action(agreed)`; where it raises `ConsentNeeded`, ask the user and call `action(True)`.

    Raises:
        ConsentNeeded: there is no terminal to ask on; the message names the price and the option --yes.
    """
    try:
        return action(agreed)
    except ConsentNeeded as question:
        if agreed or not sys.stdin.isatty():
            raise
        _confirm(str(question))
        return action(True)


def _confirm(question: str) -> None:
    """Ask.

    Raises:
        typer.Abort: the answer is no.
        KeyboardInterrupt: a signal came, for which typer has the same exception.
    """
    try:
        typer.confirm(printable(question), abort=True, err=True)
    except typer.Abort as abort:
        if isinstance(abort.__context__, KeyboardInterrupt):
            raise abort.__context__ from None
        raise
