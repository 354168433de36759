"""huggingtweets pretrain."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from .. import bases
from . import _options as opt
from ._terminal import Terminal, console, print_json
from ._training import is_main_process


def pretrain(
    corpus: Annotated[
        list[Path],
        typer.Argument(
            metavar="CORPUS",
            help="Files or folders: .parquet, .jsonl or .txt with a post a line; the last two as .gz, .zst "
            "or .bz2, too.",
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder to write the base to.")],
    size: Annotated[
        str,
        typer.Option(
            metavar="nano|micro|mini",
            help="Size of the model: 7, 17 or 34 million parameters.",
        ),
    ] = "nano",
    base: Annotated[
        str | None,
        typer.Option(
            help="Start from a base of this size, with a new vocabulary from the corpus: starter, a folder, "
            "or a Hub id.  [default: random weights]"
        ),
    ] = None,
    keep_vocabulary: Annotated[
        bool,
        typer.Option(
            "--keep-vocabulary", help="Keep the tokens of --base, and add frequent ones of the corpus."
        ),
    ] = False,
    tokens: Annotated[
        int | None,
        typer.Option(min=1, help="Number of tokens to train on.  [default: 20 for each parameter]"),
    ] = None,
    hours: Annotated[
        float | None,
        typer.Option(
            min=0.001, help="Hours to train, instead of --tokens; a short trial measures the speed."
        ),
    ] = None,
    held_out: Annotated[
        list[Path] | None,
        typer.Option(help="File or folder whose last posts are held out.  [default: the corpus]"),
    ] = None,
    held_out_posts: Annotated[
        int, typer.Option(min=1, help="Number of posts that are held out of training for evaluation.")
    ] = 4000,
    text_column: Annotated[
        str, typer.Option(help="Field of JSON lines and parquet that holds the text.")
    ] = "text",
    about: Annotated[str, typer.Option(help="Description of the corpus, for the card.")] = "",
    licence: Annotated[str, typer.Option("--license", help="Licence of the corpus, for the card.")] = "",
    seed: opt.Seed = None,
    checkpoint_every: opt.CheckpointEvery = 120.0,
    overwrite: opt.Overwrite = False,
    as_json: opt.Json = False,
) -> None:
    """Make a base model of your own from many people's posts: another language, another crowd.

    Learns a vocabulary, then trains a small model of GPT-2's architecture, from random weights or from
    --base. After an interruption the same command goes on where it stopped. With more --tokens and
    --overwrite it trains a finished base further.

    \b
    Examples:
      huggingtweets pretrain posts/ --out bases/mine --hours 2
      huggingtweets pretrain shard-*.jsonl.zst --text-column body --size micro --out bases/big
      huggingtweets pretrain posts/ --base starter --keep-vocabulary --out bases/better --hours 2
      huggingtweets train archive.zip --base bases/mine --recipe starter
      accelerate launch -m huggingtweets pretrain posts/ --out bases/mine --tokens 100000000
    """  # noqa: D301 -- \b keeps the lines of the examples apart in --help
    from ..dataset.shards import find_shards

    find_shards([*corpus, *(held_out or ())])  # what is no corpus is refused before torch is imported
    from ..workflows.pretrain import PretrainConfig, pretrain, train_share

    config = PretrainConfig(
        corpus=tuple(corpus),
        out=out,
        size=size,
        base=base,
        keep_vocabulary=keep_vocabulary,
        tokens=tokens,
        hours=hours,
        held_out=tuple(held_out or ()),
        held_out_posts=held_out_posts,
        text_column=text_column,
        about=about,
        licence=licence,
        seed=seed or 0,
        overwrite=overwrite,
        checkpoint_seconds=checkpoint_every,
    )
    if not is_main_process():
        train_share(config)
        return
    with Terminal() as terminal:
        pretrained = pretrain(config, terminal)
    if as_json:
        print_json({"folder": str(out), "pretrained": pretrained})
    else:
        folder = f"./{out}" if bases.is_named(str(out)) else str(out)
        train = f"huggingtweets train LOCATION --base {shlex.quote(folder)} --recipe starter"
        best = min(point.bits_per_byte for point in pretrained.curve)
        console().print(
            f"{out}: {pretrained.parameters:,} parameters, {best:.3f} bits per byte of "
            f"{pretrained.held_out_posts:,} posts it has not seen\nFine-tune it: {train}",
            markup=False,
            soft_wrap=True,
        )
