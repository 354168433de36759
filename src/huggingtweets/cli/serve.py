"""huggingtweets serve."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from . import _options as opt


def serve(
    models: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="MODEL",
            show_default=False,
            help="Model folders, their names below models/, or folders with models, like the store of a "
            "fleet.  [default: all below models/]",
        ),
    ] = None,
    host: opt.Host = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")
    ] = 8000,
    api_key_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A file with one key a line; clients must send one of them."),
    ] = None,
    without_key: Annotated[
        bool, typer.Option("--without-key", help="Need no key, on a --host that others can reach.")
    ] = False,
) -> None:
    """Serve models to chat programs, through an HTTP API like OpenAI's.

    The posts pass the same filters as those of generate.

    \b
    Examples:
      huggingtweets serve somebody
      huggingtweets serve somebody everybody --port 9000
      huggingtweets serve models/everybody-by-adapters
      huggingtweets serve --host 0.0.0.0 --api-key-file keys.txt
    """  # noqa: D301 -- \b keeps the lines of the examples apart in --help
    from ..serving import serve

    serve(models or (), host=host, port=port, api_key_file=api_key_file, without_key=without_key)
