"""Defaults of options from files: the user's own, and `huggingtweets.toml` in the folder one works in.

    [train]
    recipe = "starter"
    checkpoint-every = 60

    [generate]
    count = 10
    temperature = 0.8

Each table is a command, each key an option without its dashes. What is typed wins over the folder's file,
which wins over the user's. Click takes them as its `default_map`. A folder may come from a stranger, so its
file sets only `OF_FOLDERS`: options that neither write, send nor agree to anything. No file sets `CONSENT`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import typer
from typer.main import get_group

from ..errors import UserError
from ..registry import suggestion
from .fleet import DEFAULT

NAME = "huggingtweets.toml"
OF_FOLDERS = frozenset(
    (
        *(
            "lang",
            "since",
            "until",
            "keep_replies",
            "keep_line_breaks",
            "held_out",
            "text_column",
            "encoding",
        ),
        *("name", "handle", "recipe", "settings", "seed", "evaluate", "mix", "speakers", "checkpoint_every"),
        *("count", "temperature", "top_p", "repetition_penalty", "max_new_tokens", "best_of"),
        *("trials", "space", "prune", "quiet"),
    )
)
CONSENT = frozenset(
    (
        *("yes", "overwrite", "fresh", "share_data", "with_dataset", "allow_private"),
        *("filtered", "old_filters", "allow"),
        *("author", "agreed", "public_figure", "public"),
    )
)

Defaults = dict[str, dict[str, Any]]


def user_file() -> Path:
    """Where the user's own defaults are."""
    return Path(typer.get_app_dir("huggingtweets")) / "config.toml"


def load_defaults(app: typer.Typer) -> Defaults:
    """The defaults of both files, by command and parameter.

    Args:
        app: the commands.

    Raises:
        UserError: a file cannot be read, or names a command or an option that there is not, or one that must
            be typed.
    """
    defaults: Defaults = {}
    contents = {file: content for file in (user_file(), Path(NAME)) if (content := _read(file))}
    commands = get_group(app).commands if contents else {}
    for file, content in contents.items():
        for command, options in content.items():
            if command not in commands:
                raise UserError(f"{file}: there is no command {command!r}{suggestion(command, commands)}")
            takes: Any = commands[command]
            of_command: dict[str, Any] = defaults.setdefault(command, {})
            if DEFAULT in getattr(takes, "commands", {}):  # a group, whose command need not be named
                takes, of_command = takes.commands[DEFAULT], of_command.setdefault(DEFAULT, {})
            by_name = _parameters(takes)
            for option, value in options.items():
                parameter = _parameter(file, command, option, by_name)
                name = parameter.name
                if name in CONSENT:
                    raise UserError(f"{file}: {option!r} of {command} cannot be set in a file; type it")
                if file.name == NAME and name not in OF_FOLDERS:
                    raise UserError(
                        f"{file}: {option!r} of {command} cannot be set in this file; type it, or set it in "
                        f"your own, {user_file()}"
                    )
                of_command[name] = _typed(value, parameter)
    return defaults


def _read(file: Path) -> dict[str, dict[str, Any]]:
    try:
        content = tomllib.loads(file.read_text("utf-8-sig"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"{file} cannot be read ({error}); correct it, or remove it") from error
    if wrong := next((key for key, value in content.items() if not isinstance(value, dict)), ""):
        raise UserError(f"{file}: {wrong!r} is in no table; put it under a command, like [train]")
    return content


def _parameters(command: Any) -> dict[str, Any]:
    """Each option, by each of its names without dashes."""
    return {
        option.lstrip("-"): parameter
        for parameter in command.params
        if parameter.param_type_name == "option"
        for option in parameter.opts
    }


def _parameter(file: Path, command: str, option: str, by_name: Mapping[str, Any]) -> Any:
    plain = option.replace("_", "-")
    if plain not in by_name:
        raise UserError(f"{file}: {command} has no option {plain!r}{suggestion(plain, by_name)}")
    return by_name[plain]


def _typed(value: Any, parameter: Any) -> Any:
    """A value as an option takes it: a day as it is typed, and a single text where it can be repeated."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    return [value] if parameter.multiple and not isinstance(value, list) else value
