"""The options that say which posts are read and how, once for all commands that read posts."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import get_type_hints

from ..cleaning import CleaningRules
from ..sources import ReadOptions
from ..workflows.data import DataConfig
from . import _options as opt
from ._consent import with_consent


def _read_only(
    locations: opt.Locations,
    handle: opt.Handle = None,
    name: opt.Name = None,
    source: opt.Source = None,
    text_column: opt.TextColumn = None,
    server: opt.Server = None,
    allow_private: opt.AllowPrivate = False,
    lang: opt.Lang = None,
    since: opt.Since = None,
    until: opt.Until = None,
    keep_replies: opt.KeepReplies = True,
    *,
    agreed: bool,
    keep_line_breaks: bool = False,
    held_out: float = 0.1,
) -> DataConfig:
    return DataConfig(
        locations=tuple(locations),
        options=ReadOptions(
            handle=handle,
            name=name,
            text_column=text_column,
            server=server,
            allow_private=allow_private,
            agreed=agreed,
        ),
        source=source,
        rules=CleaningRules(
            keep_replies=keep_replies,
            lang=lang,
            keep_line_breaks=keep_line_breaks,
            since=since.date() if since else None,
            until=until.date() if until else None,
        ),
        held_out=held_out,
    )


_SPLIT = {"keep_line_breaks": (opt.KeepLines, False), "held_out": (opt.HeldOut, 0.1)}


def reads_posts(*, splits: bool = True) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command, in place of its parameter `data`, the options that make a `DataConfig`.

    Where a service costs something, the user is asked, and the command is called again once they agree.

    Args:
        splits: whether the posts are split to be learnt from, so that there are options for that, too.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        of_data = _parameters(_read_only, leave_out={"agreed", *_SPLIT})
        if splits:
            of_data |= {
                name: inspect.Parameter(
                    name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
                )
                for name, (annotation, default) in _SPLIT.items()
            }
        own = _parameters(command, leave_out={"data"})

        @functools.wraps(command)
        def run(*, yes: bool, **given: object) -> None:
            data = {name: given.pop(name) for name in of_data}
            build: Callable[..., DataConfig] = _read_only
            with_consent(lambda agreed: command(build(**data, agreed=agreed), **given), agreed=yes)

        asks = inspect.Parameter("yes", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=opt.Yes)
        parameters = [*of_data.values(), asks, *own.values()]
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined] # typer reads it
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        return run

    return decorate


def _parameters(function: Callable[..., object], *, leave_out: set[str]) -> dict[str, inspect.Parameter]:
    """The parameters of a function by name, with their annotations resolved."""
    hints = get_type_hints(function, include_extras=True)
    return {
        name: parameter.replace(annotation=hints[name], kind=inspect.Parameter.KEYWORD_ONLY)
        for name, parameter in inspect.signature(function).parameters.items()
        if name not in leave_out
    }
