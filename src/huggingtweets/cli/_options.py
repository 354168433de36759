"""Arguments and options that several commands take, each described once, with its section of `--help`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from ..types import MAX_SEED

READING = "Which posts"
CLEANING = "What is kept of them"
TRAINING = "How to train"

Model = Annotated[str, typer.Argument(metavar="MODEL", help="A model folder, or its name below models/.")]
Locations = Annotated[
    list[str],
    typer.Argument(
        metavar="LOCATION",
        help="An archive, an export, a table, or an account like bsky:handle; see huggingtweets sources.",
    ),
]
Source = Annotated[
    str | None,
    typer.Option(
        rich_help_panel=READING, help="What the location is, where that is not found out by itself."
    ),
]
Handle = Annotated[
    str | None,
    typer.Option(rich_help_panel=READING, help="Whose posts to take from a file of several people's."),
]
Name = Annotated[
    str | None, typer.Option(rich_help_panel=READING, help="The person's name, where the file names nobody.")
]
TextColumn = Annotated[
    str | None, typer.Option(rich_help_panel=READING, help="Column that holds the text, in a table.")
]
OneAuthor = Annotated[
    bool,
    typer.Option(
        "--one-author",
        rich_help_panel=READING,
        help="All rows of a table are one person's, whatever it says; who could read them still counts.",
    ),
]
Encoding = Annotated[
    str | None,
    typer.Option(
        rich_help_panel=READING, help="Encoding of a table or text, such as cp1251, if not guessed."
    ),
]
SamePerson = Annotated[
    bool,
    typer.Option(rich_help_panel=READING, help="All locations are places of one person."),
]
Server = Annotated[
    str | None,
    typer.Option(rich_help_panel=READING, help="Address of a live service, where it is not the usual one."),
]
AllowPrivate = Annotated[
    bool,
    typer.Option(
        "--allow-private-addresses",
        rich_help_panel=READING,
        help="Ask servers on this machine and in private networks too.",
    ),
]
Yes = Annotated[
    bool,
    typer.Option("--yes", rich_help_panel=READING, help="Agree beforehand to what a live service costs."),
]
Lang = Annotated[
    str | None,
    typer.Option(rich_help_panel=CLEANING, help="Keep one language only, for example en."),
]
Since = Annotated[
    datetime | None,
    typer.Option(
        formats=["%Y-%m-%d"],
        metavar="DAY",
        rich_help_panel=CLEANING,
        help="Keep posts from this day on.",
    ),
]
Until = Annotated[
    datetime | None,
    typer.Option(
        formats=["%Y-%m-%d"],
        metavar="DAY",
        rich_help_panel=CLEANING,
        help="Keep posts up to this day.",
    ),
]
Exclude = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        rich_help_panel=CLEANING,
        help="Leave out posts by hand: a file with an id a line; huggingtweets inspect --show has the ids.",
    ),
]
ExcludeMatching = Annotated[
    str | None,
    typer.Option(
        metavar="REGEX",
        rich_help_panel=CLEANING,
        help="Leave out posts whose text matches, as it was published.",
    ),
]
KeepReplies = Annotated[
    bool,
    typer.Option(
        "--keep-replies/--drop-replies",
        rich_help_panel=CLEANING,
        help="Whether to learn from replies.",
    ),
]
KeepLines = Annotated[
    bool,
    typer.Option("--keep-line-breaks", rich_help_panel=CLEANING, help="Keep line breaks inside posts."),
]
HeldOut = Annotated[
    float,
    typer.Option(
        rich_help_panel=CLEANING,
        help="Share of the posts, the latest, kept from training to measure with.",
    ),
]
RecipeName = Annotated[
    str | None,
    typer.Option(
        "--recipe",
        metavar="NAME|FILE.toml",
        rich_help_panel=TRAINING,
        help="What to train and how: a name that huggingtweets recipes lists, or a file.  "
        "[default: the best that this machine can run]",
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        rich_help_panel=TRAINING,
        help="Change a field of the recipe; can be repeated.",
    ),
]
Base = Annotated[
    str | None,
    typer.Option(
        rich_help_panel=TRAINING,
        help="Base model: a name that huggingtweets bases lists, a folder, a GGUF file, ollama:NAME, or a "
        "Hub id.",
    ),
]
RayAddress = Annotated[
    str | None,
    typer.Option(
        "--address",
        metavar="auto|HOST:PORT|ray://HOST:PORT",
        help="A Ray cluster that runs already.  [default: one is made on this machine]",
    ),
]
Mix = Annotated[
    list[str] | None,
    typer.Option(
        metavar="HANDLE=WEIGHT",
        rich_help_panel=TRAINING,
        help="How much of each person a model of several hears, for example --mix a=2 --mix b=1.  "
        "[default: the same of each]",
    ),
]
Speakers = Annotated[
    bool,
    typer.Option(
        "--speakers",
        rich_help_panel=TRAINING,
        help="Let a model of several people know who speaks; generate --as picks one.",
    ),
]
Evaluate = Annotated[
    bool,
    typer.Option(
        "--evaluate/--no-evaluate",
        rich_help_panel=TRAINING,
        help="Whether to evaluate the model at the end, briefly.",
    ),
]
Seed = Annotated[
    int | None,
    typer.Option(min=0, max=MAX_SEED, help="The same seed on the same machine gives the same result."),
]
CheckpointEvery = Annotated[
    float,
    typer.Option(min=0, metavar="SECONDS", help="How often a run is kept, so that it goes on after a kill."),
]
Fresh = Annotated[bool, typer.Option("--fresh", help="Start over, and forget an unfinished run of the same.")]
Out = Annotated[Path | None, typer.Option(help="Folder to write the model to.  [default: models/<handle>]")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the output folder where it exists.")]
WithDataset = Annotated[
    bool, typer.Option("--with-dataset", help="Put the posts themselves into the model folder.")
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
Json = Annotated[bool, typer.Option("--json", help="Print JSON on standard output, for machines.")]
