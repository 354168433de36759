"""The text of `--help`, in sections by what people want to do.

Typer draws its sections as boxes, with a library that costs start-up time and changes how errors look. The
classes here write the same sections (`rich_help_panel`) as plain text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from typer.core import TyperCommand, TyperGroup

from ..types import MAX_SEED
from ._terminal import print_json

ARGUMENTS = "Arguments"
OPTIONS = "Options"  # of parameters that name no section
COMMANDS = "Commands"  # of commands that name no section
WHOLE_SENTENCE = 200  # characters of a command's summary; longer ones are cut

VALUES = {
    "int range": "N",
    "int": "N",
    "float range": "NUMBER",
    "float": "NUMBER",
    "path": "PATH",
    "str": "TEXT",
    "list[str]": "TEXT",
    "list[Path]": "PATH",
}
USAGE_ERROR = 2  # exit code

Row = tuple[str, str]  # what is typed, what it does

_VALUE = re.compile(rf"<({'|'.join(map(re.escape, VALUES))})>")
_RANGE = re.compile(r"(?:([\d.]+)<=)?x([<>])=([\d.]+)")


class SectionedCommand(TyperCommand):
    """A command whose `--help` shows its options in sections."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the arguments, the sections, and last the options that belong to none."""
        _write_parameters(self, ctx, formatter)

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """The words of the first line, without braces around the arguments that must be given."""
        return [
            piece.translate({ord("{"): None, ord("}"): None}) for piece in super().collect_usage_pieces(ctx)
        ]

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the options; with --json, an error in them is printed as JSON, too."""
        as_json = "--json" in args
        try:
            rest: list[str] = super().parse_args(ctx, args)
        except Exception as error:
            if as_json and hasattr(
                error, "format_message"
            ):  # click's, which typer has under a name of its own
                print_json({"error": error.format_message(), "exit_code": USAGE_ERROR})
            raise
        return rest


class SectionedGroup(TyperGroup):
    """A group of commands whose `--help` shows them in sections."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the commands before the options, since few people need the options."""
        self.format_commands(ctx, formatter)
        _write_parameters(self, ctx, formatter)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 -- as in the base class
        """Write the sections of commands, all with one width of the first column."""
        commands = {name: command for name, command in self.commands.items() if not command.hidden}
        width = max(map(len, commands))
        rows = (
            (
                getattr(command, "rich_help_panel", None) or COMMANDS,
                (name.ljust(width), command.get_short_help_str(WHOLE_SENTENCE)),
            )
            for name, command in commands.items()
        )
        _write_sections(_by_section(rows), formatter)


def _write_parameters(command: Any, ctx: Any, formatter: Any) -> None:
    rows = (
        (section := _section(parameter), _readable(row, names_its_value=section == ARGUMENTS))
        for parameter in command.get_params(ctx)
        if (row := parameter.get_help_record(ctx))
    )
    sections = _by_section(rows)
    if OPTIONS in sections:
        sections[OPTIONS] = sections.pop(OPTIONS)  # last
    _write_sections(sections, formatter)


def _readable(row: Row, *, names_its_value: bool) -> Row:
    """A row in words: kinds of values and ranges are written as people say them."""
    typed, does = row
    words = typed.partition(" <")[0] if names_its_value else _VALUE.sub(lambda value: VALUES[value[1]], typed)
    return words, _RANGE.sub(_range, does)


def _range(bounds: re.Match[str]) -> str:
    low, sign, last = bounds.groups()
    if sign == ">" or last == str(MAX_SEED):
        return f"{low or last} or more"
    return f"{low} to {last}" if low else f"at most {last}"


def _section(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return ARGUMENTS
    return getattr(parameter, "rich_help_panel", None) or OPTIONS


def _by_section(rows: Iterable[tuple[str, Row]]) -> dict[str, list[Row]]:
    """Rows under their section's title, in the order in which the titles come up."""
    sections: dict[str, list[Row]] = {}
    for title, row in rows:
        sections.setdefault(title, []).append(row)
    return sections


def _write_sections(sections: dict[str, list[Row]], formatter: Any) -> None:
    for title, rows in sections.items():
        with formatter.section(title):
            formatter.write_dl(rows)
