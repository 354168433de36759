"""huggingtweets export."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..exporters import QUANTS, names
from . import _options as opt
from ._terminal import Terminal, console, harmless, print_json

if TYPE_CHECKING:
    from ..workflows.export import Exported


def export(
    model: opt.Model,
    to: Annotated[
        str, typer.Option("--to", metavar="|".join(names()), help="The program to write the model for.")
    ],
    quant: Annotated[
        str | None,
        typer.Option(
            metavar="|".join(QUANTS),
            help="Format of the weights; smaller ones change the predictions.  [default: f16; q8_0 for web]",
        ),
    ] = None,
    speaker: Annotated[
        str | None,
        typer.Option("--as", metavar="HANDLE", help="Who speaks, in a model trained with --speakers."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder to write.  [default: exports/<model>_<program>]")
    ] = None,
    overwrite: opt.Overwrite = False,
    as_json: opt.Json = False,
) -> None:
    """Write a trained model for llama.cpp, Ollama or a web page, and check what was written.

    A web page filters copies in the browser. Other programs do not, so a post of the person may appear
    word for word.

    \b
    Examples:
      huggingtweets export somebody --to gguf
      huggingtweets export somebody --to gguf --quant q8_0 --out somebody-small
      huggingtweets export somebody --to ollama
      huggingtweets export everybody --to ollama --as ada
      huggingtweets export somebody --to web --out somebody-page
    """  # noqa: D301 -- \b keeps the lines of the examples apart in --help
    from ..workflows.export import export

    with Terminal() as terminal:
        exported = export(
            model, to=to, quant=quant, speaker=speaker, out=out, overwrite=overwrite, watcher=terminal
        )
    if as_json:
        print_json(exported)
    else:
        _print(exported)


def _print(exported: Exported) -> None:
    out = console()
    for check in exported.checks:
        out.print(harmless(f"Checked: {check.what}: {check.result}"), soft_wrap=True)
    out.print(harmless(f"\nFolder: {exported.folder}"), soft_wrap=True)
    for name in exported.files:
        out.print(harmless(f"  {Path(exported.folder, name)}"), soft_wrap=True)
    console(stderr=True).print(harmless(exported.warning), soft_wrap=True)
