"""huggingtweets lineage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text
from rich.tree import Tree

from . import _options as opt
from ._terminal import console, harmless, print_json

if TYPE_CHECKING:
    from ..workflows.lineage import Node

DIGEST = 12  # characters that are shown of one
WORDS = {True: "yes", False: "no", None: "any"}


def lineage(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A model folder, or its name below models/.")],
    as_json: opt.Json = False,
) -> None:
    """Show what a model was made of: from what was published of it back to the raw posts.

    Weights and kept posts are compared with their digests now. All of it stands in the model folder; no
    tracker is asked.

    \b
    Examples:
      huggingtweets lineage models/ada
      huggingtweets lineage ada --json
    """  # noqa: D301 -- \b keeps the lines of the examples apart in --help
    from ..workflows.lineage import lineage

    node = lineage(model)
    if as_json:
        print_json(node)
    else:
        console().print(_tree(node), soft_wrap=True)


def _tree(node: Node) -> Tree:
    lines = [harmless(f"{node.kind}: {node.title}")]
    lines[0].stylize("bold")
    lines += [harmless(f"{name}: {_shown(name, value)}") for name, value in node.facts.items() if value != {}]
    tree = Tree(Text("\n").join(lines))
    for part in node.inputs:
        tree.children.append(_tree(part))
    return tree


def _shown(name: str, value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_shown(key, inner)}" for key, inner in value.items())
    if isinstance(value, bool) or value is None:
        return WORDS[value]
    if isinstance(value, str):
        return " ".join(part[:DIGEST] for part in value.split()) if name == "digest" else value
    return f"{value:,.10g}" if isinstance(value, int | float) else str(value)
