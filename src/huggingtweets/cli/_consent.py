"""Asking before something costs money. The library raises with the price; here it is shown and agreed to."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TypeVar

import typer

from ..errors import ConsentNeeded

T = TypeVar("T")


def with_consent(action: Callable[[bool], T], *, agreed: bool) -> T:
    """Call `action(agreed)`; where it asks for consent, ask the person and call `action(True)`.

    Raises:
        ConsentNeeded: nobody is there to be asked; the message names the price and the option --yes.
    """
    try:
        return action(agreed)
    except ConsentNeeded as price:
        if agreed or not sys.stdin.isatty():
            raise
        typer.confirm(str(price), abort=True, err=True)
        return action(True)
