"""The text of `--help`, in sections by what people want to do.

Typer draws its sections as boxes, with a library that costs start-up time and changes how errors look. The
classes here write the same sections (`rich_help_panel`) as plain text.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from typer.core import TyperCommand, TyperGroup

ARGUMENTS = "Arguments"
OPTIONS = "Options"  # of parameters that name no section
COMMANDS = "Commands"  # of commands that name no section
WHOLE_SENTENCE = 200  # characters of a command's summary; longer ones are cut

Row = tuple[str, str]  # what is typed, what it does


class SectionedCommand(TyperCommand):
    """A command whose `--help` shows its options in sections."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the arguments, the sections, and last the options that belong to none."""
        _write_parameters(self, ctx, formatter)


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
        (_section(parameter), row)
        for parameter in command.get_params(ctx)
        if (row := parameter.get_help_record(ctx))
    )
    sections = _by_section(rows)
    if OPTIONS in sections:
        sections[OPTIONS] = sections.pop(OPTIONS)  # last
    _write_sections(sections, formatter)


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
