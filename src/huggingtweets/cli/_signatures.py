"""The parameters of a command as data, so that several commands can share some.

Typer reads a command's options from the signature and the annotations of its function.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import get_type_hints


def parameters(function: Callable[..., object]) -> dict[str, inspect.Parameter]:
    """The parameters of a function by name, keyword-only, with their annotations evaluated."""
    hints = get_type_hints(function, include_extras=True)
    return {
        name: parameter.replace(annotation=hints[name], kind=inspect.Parameter.KEYWORD_ONLY)
        for name, parameter in inspect.signature(function).parameters.items()
    }


def set_parameters(function: Callable[..., object], shown: Iterable[inspect.Parameter]) -> None:
    """Make Typer see these parameters of a function instead of those that it has."""
    signature = inspect.Signature(list(shown))
    function.__signature__ = signature  # type: ignore[attr-defined] # inspect.signature looks for it
    function.__annotations__ = {name: p.annotation for name, p in signature.parameters.items()}
