"""Writes docs/cli.md: what `--help` of every command says, in the sections in which `--help` lists them.

    python scripts/write_cli_reference.py

Run it after a change to a command; tests/docs/test_cli.py fails as long as the page is old.
"""

from __future__ import annotations

from pathlib import Path
from typing import cast

import json_schemas
import typer
from typer.core import TyperGroup
from typer.main import get_command

from huggingtweets.cli import SECTIONS, app

PAGE = Path(__file__).parent.parent / "docs" / "cli.md"
NAME = "huggingtweets"
WIDTH = 100  # characters a line, the same on every terminal

HEAD = f"""# Command line

This page is written by `scripts/write_cli_reference.py` from the commands themselves. Each section shows what
`{NAME} COMMAND --help` prints.
"""

TAIL = """## For scripts

`--json` prints one document on standard output; progress goes to standard error, where `--quiet` leaves
only warnings and errors. An error is `{"error": "...", "exit_code": 2}` then.

| exit code | why |
|---|---|
| 0 | it was done |
| 1 | a mistake of this program or of the machine; the answer was no; `reproduce`: the model is not the same |
| 2 | a mistake in what was given |
| 129, 130, 143 | stopped by SIGHUP, Ctrl-C or SIGTERM; the same command goes on where it can |

| variable | what it is |
|---|---|
| `HUGGINGTWEETS_HOME` | folder of bases, datasets, unfinished runs and fetched posts |
| `HF_TOKEN`, `HF_HOME`, `HF_ENDPOINT`, `HF_HUB_OFFLINE` | of the Hugging Face Hub |
| `WANDB_API_KEY`, `WANDB_MODE`, `WANDB_PROJECT`, `TRACKIO_DIR` | of the trackers |
| `X_BEARER_TOKEN`, `COMMUNITY_ARCHIVE_KEY` | of live sources that need one |
| `OMP_NUM_THREADS` | threads that compute |

Defaults of options come from `config.toml` in the user's folder for settings of programs
(`~/.config/huggingtweets` on Linux) and from `huggingtweets.toml` in the folder one works in, which wins;
what is typed wins over both. Each table is a command:

```toml
[train]
recipe = "starter"
checkpoint-every = 60

[generate]
count = 10
```

The file of a folder, which may come from somebody else, sets only options that neither write, send nor agree
to anything. No file agrees to a price, replaces a folder or shares posts: that is typed.
"""


def reference() -> str:
    """The page, in Markdown."""
    group = cast("TyperGroup", get_command(app))
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
    return "\n".join([*parts, TAIL, json_schemas.section()])


def _block(text: str) -> str:
    lines = (line.rstrip() for line in text.splitlines())
    return "```text\n" + "\n".join(lines).strip() + "\n```\n"


if __name__ == "__main__":
    PAGE.write_text(reference(), "utf-8")
    print(PAGE)
