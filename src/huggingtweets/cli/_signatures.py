"""The parameters of a command as data, so that several commands can share some.

Typer reads a command's options from the signature and the annotations of its function.
"""

from __future__ import annotations

import functools
import inspect
import itertools
from collections.abc import Callable, Iterable
from typing import TypeVar, get_type_hints

Result = TypeVar("Result")


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


def takes_options_of(
    make: Callable[..., object], parameter: str
) -> Callable[[Callable[..., Result]], Callable[..., Result]]:
    """Replace a parameter of a function by those of `make`, which makes its value."""

    def decorate(function: Callable[..., Result]) -> Callable[..., Result]:
        made, own = parameters(make), parameters(function)

        @functools.wraps(function)
        def run(**values: object) -> Result:
            arguments = {name: values.pop(name) for name in made if name in values}
            return function(**values, **{parameter: make(**arguments)})

        shown = [made.values() if name == parameter else [own[name]] for name in own]
        set_parameters(run, itertools.chain.from_iterable(shown))
        return run

    return decorate
