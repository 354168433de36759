"""Arguments and options that several commands take, each described once."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

Locations = Annotated[
    list[str],
    typer.Argument(
        metavar="LOCATION",
        help="An archive, an export, a table, or an account like bsky:handle; see huggingtweets sources.",
    ),
]
Source = Annotated[
    str | None, typer.Option(help="What the location is, where that is not found out by itself.")
]
Handle = Annotated[str | None, typer.Option(help="Whose posts to take from a file of several people's.")]
Name = Annotated[str | None, typer.Option(help="The person's name, where the file names nobody.")]
TextColumn = Annotated[str | None, typer.Option(help="Column that holds the text, in a table.")]
Server = Annotated[str | None, typer.Option(help="Address of a live service, where it is not the usual one.")]
AllowPrivate = Annotated[
    bool,
    typer.Option(
        "--allow-private-addresses", help="Ask servers on this machine and in private networks too."
    ),
]
Yes = Annotated[bool, typer.Option("--yes", help="Agree beforehand to what a live service costs.")]
Lang = Annotated[str | None, typer.Option(help="Keep one language only, for example en.")]
Since = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="DAY", help="Keep posts from this day on.")
]
Until = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="DAY", help="Keep posts up to this day.")
]
KeepReplies = Annotated[
    bool, typer.Option("--keep-replies/--drop-replies", help="Whether to learn from replies.")
]
KeepLines = Annotated[bool, typer.Option("--keep-line-breaks", help="Keep line breaks inside posts.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON on standard output, for machines.")]
Out = Annotated[Path | None, typer.Option(help="Folder to write the model to.  [default: models/<handle>]")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the output folder where it exists.")]
RecipeName = Annotated[
    str,
    typer.Option(
        "--recipe",
        metavar="NAME|FILE.toml",
        help="What to train and how: starter, gpt2, distilgpt2, gpt2-medium, smollm2-135m, smollm2-360m, "
        "gemma-3-270m, qwen3-0.6b, llama-3.2-1b, ngram, or a file.",
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change a field of the recipe; can be repeated."),
]
Base = Annotated[
    str | None, typer.Option(help="Base model: starter (ships with the package), a folder, or a Hub id.")
]
TrackerName = Annotated[
    str, typer.Option("--tracker", metavar="trackio|wandb|none", help="Where every step is recorded.")
]
ShareData = Annotated[
    bool,
    typer.Option(
        "--share-data",
        help="Let a tracker elsewhere have the posts too; without it only digests and counts go there.",
    ),
]
HeldOut = Annotated[
    float, typer.Option(help="Share of the posts, the latest, kept from training to measure with.")
]
WithDataset = Annotated[
    bool, typer.Option("--with-dataset", help="Put the posts themselves into the model folder.")
]
Evaluate = Annotated[
    bool, typer.Option("--evaluate/--no-evaluate", help="Whether to judge the model at the end, briefly.")
]
Seed = Annotated[
    int | None, typer.Option(min=0, help="The same seed on the same machine gives the same result.")
]
Mix = Annotated[
    list[str] | None,
    typer.Option(
        metavar="HANDLE=WEIGHT",
        help="How much of each person a model of several hears, for example --mix a=2 --mix b=1.  "
        "[default: the same of each]",
    ),
]
Speakers = Annotated[
    bool,
    typer.Option(
        "--speakers", help="Let a model of several people know who speaks; generate --as picks one."
    ),
]
CheckpointEvery = Annotated[
    float,
    typer.Option(min=0, metavar="SECONDS", help="How often a run is kept, so that it goes on after a kill."),
]
Fresh = Annotated[bool, typer.Option("--fresh", help="Start over, and forget an unfinished run of the same.")]


def day(given: datetime | None) -> date | None:
    """The day of a date, as `CleaningRules` takes it."""
    return given.date() if given else None
