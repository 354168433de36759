"""The options of every command that reads posts: which posts, and how they are cleaned."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

from msgspec import UNSET

from ..cleaning import CleaningRules
from ..errors import UserError
from ..sources import ReadOptions
from ..workflows.data import DataConfig
from . import _options as opt
from ._consent import with_consent
from ._signatures import parameters, set_parameters, takes_options_of

OF_TRAINING = ("keep_line_breaks", "held_out")  # options that say nothing where nothing is trained


def reads_posts(*, trains: bool = True) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Replace a command's parameter `data` by the options that make up a `DataConfig`.

    The command is called with the `DataConfig`. Where reading costs money, it is called a second time after
    the user has agreed to the price.

    Args:
        trains: whether the command trains on the posts, and so takes the options of training data, too.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        data_options = parameters(_data_config)
        if not trains:
            data_options = {name: p for name, p in data_options.items() if name not in OF_TRAINING}
        own_options = parameters(command)
        del own_options["data"]

        @functools.wraps(command)
        def run(**values: object) -> None:
            data_values = {name: values.pop(name) for name in data_options}

            def read_and_run(agreed: bool) -> None:
                command(_data_config(**{**data_values, "yes": agreed}), **values)

            with_consent(read_and_run, agreed=bool(data_values["yes"]))

        set_parameters(run, [*data_options.values(), *own_options.values()])
        return run

    return decorate


def cleaning_rules(
    lang: opt.Lang = None,
    since: opt.Since = None,
    until: opt.Until = None,
    exclude: opt.Exclude = None,
    exclude_matching: opt.ExcludeMatching = None,
    keep_replies: opt.KeepReplies = True,
    keep_line_breaks: opt.KeepLines = False,
) -> CleaningRules:
    """The rules of these options."""
    return CleaningRules(
        keep_replies=keep_replies,
        lang=lang,
        keep_line_breaks=keep_line_breaks,
        since=since.date() if since else None,
        until=until.date() if until else None,
        exclude=_ids(exclude) if exclude else UNSET,
        exclude_matching=exclude_matching or UNSET,
    )


@takes_options_of(cleaning_rules, "rules")
def _data_config(
    *,
    locations: opt.Locations,
    handle: opt.Handle = None,
    name: opt.Name = None,
    source: opt.Source = None,
    text_column: opt.TextColumn = None,
    one_author: opt.OneAuthor = False,
    encoding: opt.Encoding = None,
    same_person: opt.SamePerson = False,
    server: opt.Server = None,
    allow_private: opt.AllowPrivate = False,
    yes: opt.Yes = False,
    rules: CleaningRules,
    held_out: opt.HeldOut = 0.1,
) -> DataConfig:
    return DataConfig(
        locations=tuple(locations),
        options=ReadOptions(
            handle=handle,
            name=name,
            text_column=text_column,
            one_author=one_author,
            encoding=encoding,
            server=server,
            allow_private=allow_private,
            agreed=yes,
        ),
        source=source,
        rules=rules,
        held_out=held_out,
        same_person=same_person,
    )


def _ids(file: Path) -> frozenset[str]:
    """The ids in a file, one a line."""
    try:
        lines = file.read_text("utf-8-sig").splitlines()  # editors of Windows begin with a mark
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{file} cannot be read ({error}); expected a text file with an id a line") from error
    return frozenset(filter(None, map(str.strip, lines)))
