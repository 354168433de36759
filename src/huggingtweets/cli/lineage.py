"""huggingtweets lineage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text
from rich.tree import Tree

from . import _options as opt
from ._terminal import console, harmless, print_json

if TYPE_CHECKING:
    from ..workflows.lineage import Node

DIGEST_LENGTH = 12  # characters of a digest that are shown
WORDS = {True: "yes", False: "no", None: "any"}  # of a value of the cleaning rules


def lineage(
    model: opt.Model,
    as_json: opt.Json = False,
) -> None:
    """Show what a model was made of: from what was published of it back to the raw posts.

    Checks whether weights and kept posts still have the recorded digests. Everything is read from the model
    folder; no tracker is asked.

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
    """A node with its facts, and below it the nodes that it was made of."""
    heading = harmless(f"{node.kind}: {node.title}")
    heading.stylize("bold")
    facts = [harmless(f"{name}: {_format(name, value)}") for name, value in node.facts.items() if value != {}]
    tree = Tree(Text("\n").join([heading, *facts]))
    tree.children.extend(_tree(part) for part in node.inputs)
    return tree


def _format(name: str, value: object) -> str:
    """A fact as text; long digests are cut."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {_format(key, inner)}" for key, inner in value.items())
    if isinstance(value, bool) or value is None:
        return WORDS[value]
    if isinstance(value, str):
        return " ".join(part[:DIGEST_LENGTH] for part in value.split()) if name == "digest" else value
    return f"{value:,.10g}" if isinstance(value, int | float) else str(value)
