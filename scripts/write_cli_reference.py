"""Writes docs/cli.md: what `--help` of every command says, in the sections in which `--help` lists them.

    python scripts/write_cli_reference.py

Run it after a change to a command; tests/docs/test_cli.py fails as long as the page is old.
"""

from __future__ import annotations

from pathlib import Path

import typer
from typer.main import get_group

from huggingtweets.cli import SECTIONS, app

PAGE = Path(__file__).parent.parent / "docs" / "cli.md"
NAME = "huggingtweets"
WIDTH = 100  # characters a line, the same on every terminal

HEAD = f"""# Command line

This page is written by `scripts/write_cli_reference.py` from the commands themselves. Each section shows what
`{NAME} COMMAND --help` prints.
"""


def reference() -> str:
    """The page, in Markdown."""
    group = get_group(app)
    program = typer.Context(
        group,
        info_name=NAME,
        terminal_width=WIDTH,
        max_content_width=WIDTH,
        **app.info.context_settings or {},
    )
    parts = [HEAD, _block(group.get_help(program))]
    for section, functions in SECTIONS.items():
        parts.append(f"## {section}\n")
        for name in (function.__name__ for function in functions):
            command = group.commands[name]
            context = typer.Context(command, info_name=name, parent=program, terminal_width=WIDTH)
            parts.append(f"### {name}\n\n{_block(command.get_help(context))}")
            for inner_name, inner in getattr(command, "commands", {}).items():
                inner_context = typer.Context(
                    inner, info_name=inner_name, parent=context, terminal_width=WIDTH
                )
                parts.append(f"#### {name} {inner_name}\n\n{_block(inner.get_help(inner_context))}")
    return "\n".join(parts)


def _block(text: str) -> str:
    lines = (line.rstrip() for line in text.splitlines())
    return "```text\n" + "\n".join(lines).strip() + "\n```\n"


if __name__ == "__main__":
    PAGE.write_text(reference(), "utf-8")
    print(PAGE)
