"""huggingtweets bases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.table import Table

from ..errors import UserError
from . import _options as opt
from ._terminal import Terminal, console, harmless, names, print_json, size

if TYPE_CHECKING:
    from ..workflows.bases import ListedBase


def bases(
    action: Annotated[
        Literal["list", "fetch"],
        typer.Argument(metavar="list|fetch", help="Whether to list them, or to fetch one."),
    ] = "list",
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Which one to fetch.")] = None,
    as_json: opt.Json = False,
) -> None:
    """List the base models that can be trained, or fetch one in advance.

    --base of train takes any of these, a folder, a GGUF file, ollama:NAME, or the Hub id of any causal
    language model.

    \b
    Examples:
      huggingtweets bases
      huggingtweets bases fetch smollm2-135m
    """  # noqa: D301 -- \b keeps the lines of the examples apart in --help
    from ..workflows.bases import fetch_base, list_bases

    if action == "fetch":
        if not name:
            raise UserError("name the base to fetch, for example: huggingtweets bases fetch smollm2-135m")
        with Terminal() as terminal:
            listed = [fetch_base(name, terminal)]
    else:
        listed = list_bases()
    if as_json:
        print_json(listed)
    else:
        _print(listed)


def _print(listed: list[ListedBase]) -> None:
    table = Table(names("base"), "parameters", "languages", "licence", "on this machine", "", box=None)
    for base in listed:
        table.add_row(
            harmless(base.name),
            f"{base.parameters / 1e6:,.0f} M" if base.parameters else "",
            harmless(" ".join(base.languages)),
            harmless(f"{base.licence}{' (accept it on the Hub first)' if base.gated else ''}"),
            "yes" if base.here else f"no, about {size(base.fetch_bytes)}",
            harmless(base.summary),
        )
    console().print(table)
