"""huggingtweets app."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import MissingExtra, UserError
from . import _options as opt
from ._terminal import print_json


def app(
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, help="Port of the page.  [default: the first free one from 7860 on]"),
    ] = None,
    host: opt.Host = "127.0.0.1",
    public: Annotated[
        bool,
        typer.Option(
            "--public",
            help="Serve strangers: a session for each, limits on size and time, no paths of this machine.",
        ),
    ] = False,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Whether to open the page in a browser.")
    ] = True,
    export_space: Annotated[
        Path | None,
        typer.Option(
            "--export-space", metavar="DIR", help="Write the page as a Hugging Face Space, and exit."
        ),
    ] = None,
    overwrite: opt.Overwrite = False,
    as_json: opt.Json = False,
) -> None:
    """Open the page: from a file to a bot in three clicks.

    It asks for posts, trains a model, shows the progress, and lets you play with the model. It loads nothing
    from other servers. On your own machine it opens with the address that is printed, which ends with a
    token: other users of the machine cannot open it.

    \b
    Examples:
      huggingtweets app
      huggingtweets app --port 8000 --no-browser
      huggingtweets app --export-space my-space
    """  # noqa: D301 -- \b keeps the lines of the examples apart in --help
    from importlib.util import find_spec

    if export_space:
        from ..app.space import export

        files = export(export_space, replace=overwrite)
        if as_json:
            print_json({"folder": str(export_space), "files": files})
        else:
            typer.echo(
                f"A Space is in {export_space}: {', '.join(files)}. Its README.md says how to publish it."
            )
        return
    if find_spec("gradio") is None:
        raise MissingExtra("Gradio, which draws the page,", "app")
    if not public and host not in {"127.0.0.1", "localhost", "::1"}:
        raise UserError(
            f"--host {host} lets others reach all of your models; add --public, which gives each "
            "visitor a session of their own, or leave --host out"
        )
    from ..app import serve

    announce = {"announce": lambda address: print_json({"url": address})} if as_json else {}
    serve(host=host, port=port, public=public, browser=browser, **announce)
