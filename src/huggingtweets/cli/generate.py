"""huggingtweets generate."""

from __future__ import annotations

from typing import Annotated

import typer

from . import _options as opt
from ._results import print_refused, print_samples
from ._terminal import Terminal, print_json


def generate(
    model: opt.Model,
    prompt: Annotated[
        list[str] | None, typer.Argument(metavar="PROMPT", help="Beginning of every post, one word or more.")
    ] = None,
    count: Annotated[
        int, typer.Option("--count", "-n", min=1, max=1000, help="How many posts to write.")
    ] = 5,
    temperature: Annotated[
        float | None, typer.Option(help="Lower is safer, higher is wilder.  [default: the model's]")
    ] = None,
    wildness: Annotated[
        str | None,
        typer.Option(
            metavar="careful|balanced|wild",
            help="Multiply the model's temperature by 0.7 (careful), 1 (balanced) or 1.2 (wild).",
        ),
    ] = None,
    top_p: Annotated[
        float | None,
        typer.Option(
            help="Sample from the likeliest tokens, whose probabilities add up to this.  "
            "[default: the model's]"
        ),
    ] = None,
    repetition_penalty: Annotated[
        float | None,
        typer.Option(
            help="Above 1, what a post already says is less likely to be said again in it.  "
            "[default: the model's]"
        ),
    ] = None,
    max_new_tokens: Annotated[
        int | None, typer.Option(help="Longest post, in tokens.  [default: the model's]")
    ] = None,
    filtered: Annotated[
        bool,
        typer.Option(
            "--filters/--no-filters",
            help="Refuse copies of training posts, private details, and posts that repeat themselves or "
            "add nothing to the prompt.",
        ),
    ] = True,
    old_filters: Annotated[
        bool | None, typer.Option("--guards/--no-guards", hidden=True)  # the names until version 1.0
    ] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option("--allow-handle", help="A handle that posts may name; can be repeated."),
    ] = None,
    best_of: Annotated[
        int,
        typer.Option(
            "--best-of",
            min=1,
            max=100,
            help="Write this many drafts for each post, and keep the one most like the person.",
        ),
    ] = 1,
    speaker: Annotated[
        str | None,
        typer.Option(
            "--as",
            metavar="HANDLE",
            help="Who speaks, in a model trained with --speakers.  [default: a random one for each post]",
        ),
    ] = None,
    seed: opt.Seed = None,
    as_json: opt.Json = False,
) -> None:
    """Write posts with a trained model.

    \b
    Examples:
      huggingtweets generate models/somebody "My dream is"
      huggingtweets generate somebody -n 20 --temperature 0.8 --seed 1
      huggingtweets generate somebody --wildness careful
      huggingtweets generate somebody "Today" --json
      huggingtweets generate somebody --best-of 8
      huggingtweets generate everybody --as ada
    """  # noqa: D301 -- \b keeps the lines of the examples apart in --help
    from ..workflows.generate import generate

    changes = {
        "temperature": temperature,
        "top_p": top_p,
        "repetition_penalty": repetition_penalty,
        "max_new_tokens": max_new_tokens,
    }
    with Terminal() as terminal:
        written = generate(
            model,
            " ".join(prompt or ()),
            count=count,
            seed=seed,
            sampling={key: value for key, value in changes.items() if value is not None},
            wildness=wildness,
            filtered=filtered if old_filters is None else old_filters,
            allowed=allow or (),
            best_of=best_of,
            speaker=speaker,
            watcher=terminal,
        )
    if as_json:
        print_json(written.samples)
    else:
        print_samples(written.samples, best_of=best_of)
    print_refused(written.refused, missing=count - len(written.samples))
