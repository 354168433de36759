"""huggingtweets recipes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from . import _options as opt
from ._terminal import console, harmless, names, print_json

if TYPE_CHECKING:
    from ..workflows.recipes import ListedRecipe


def recipes(as_json: opt.Json = False) -> None:
    """List the recipes, and which one train chooses on this machine.

    A recipe says which base is trained and how. --recipe of train takes one of these names or a TOML file.

    \b
    Examples:
      huggingtweets recipes
      huggingtweets recipes --json
    """  # noqa: D301 -- \b keeps the lines of the examples apart in --help
    from ..workflows.recipes import list_recipes

    listed = list_recipes()
    if as_json:
        print_json(listed)
    else:
        _print(listed)


def _print(listed: list[ListedRecipe]) -> None:
    table = Table(names("recipe"), "what", "chosen by train", box=None)
    for recipe in listed:
        choice = recipe.obstacle or _possible(recipe, listed[0])
        table.add_row(*map(harmless, (recipe.name, recipe.summary, choice)))
    console().print(table)


def _possible(recipe: ListedRecipe, best: ListedRecipe) -> str:
    return "yes" if recipe == best else "where no better base can be had"
