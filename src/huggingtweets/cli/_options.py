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
        rich_help_panel=READING,
        help="Kind of the location, a name that huggingtweets sources lists, where it is not recognised.",
    ),
]
Handle = Annotated[
    str | None,
    typer.Option(
        rich_help_panel=READING, help="Handle of the person, where a file holds posts of several people."
    ),
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
        help="All rows of a table are one person's, whatever the table says; rows that not everybody could "
        "read are still left out.",
    ),
]
Encoding = Annotated[
    str | None,
    typer.Option(
        rich_help_panel=READING,
        help="Encoding of a table or text, such as cp1251, where it is not recognised.",
    ),
]
SamePerson = Annotated[
    bool,
    typer.Option(rich_help_panel=READING, help="All locations hold posts of one person."),
]
Server = Annotated[
    str | None,
    typer.Option(rich_help_panel=READING, help="Server of a live service, where it is not the usual one."),
]
AllowPrivate = Annotated[
    bool,
    typer.Option(
        "--allow-private-addresses",
        rich_help_panel=READING,
        help="Allow servers on this machine and in private networks, too.",
    ),
]
Yes = Annotated[
    bool,
    typer.Option(
        "--yes", rich_help_panel=READING, help="Agree to the price of a live service without being asked."
    ),
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
        help="Leave out the posts whose ids are in this file, one a line; inspect --show prints them. Of "
        "several people, whose ids may be the same, write HANDLE/ID.",
    ),
]
ExcludeMatching = Annotated[
    str | None,
    typer.Option(
        metavar="REGEX",
        rich_help_panel=CLEANING,
        help="Leave out posts whose text, as it was published, matches this regular expression.",
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
        help="Share of the posts, the latest ones, that is held out of training for evaluation.",
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
Host = Annotated[
    str, typer.Option(help="Address to listen on; the default is reached from this machine only.")
]
RayAddress = Annotated[
    str | None,
    typer.Option(
        "--address",
        metavar="auto|HOST:PORT|ray://HOST:PORT",
        help="Address of a running Ray cluster.  [default: one is started on this machine]",
    ),
]
Mix = Annotated[
    list[str] | None,
    typer.Option(
        metavar="HANDLE=WEIGHT",
        rich_help_panel=TRAINING,
        help="Weight of each person in a model of several people, for example --mix a=2 --mix b=1.  "
        "[default: equal]",
    ),
]
Speakers = Annotated[
    bool,
    typer.Option(
        "--speakers",
        rich_help_panel=TRAINING,
        help="Give each of several people a token of their own; generate --as picks who speaks.",
    ),
]
Evaluate = Annotated[
    bool,
    typer.Option(
        "--evaluate/--no-evaluate",
        rich_help_panel=TRAINING,
        help="Whether to evaluate the model briefly after training.",
    ),
]
EvaluatedPosts = Annotated[int, typer.Option(min=16, help="Posts that each model writes for the evaluation.")]
Seed = Annotated[
    int | None,
    typer.Option(min=0, max=MAX_SEED, help="The same seed on the same machine gives the same result."),
]
CheckpointEvery = Annotated[
    float,
    typer.Option(
        min=0,
        metavar="SECONDS",
        help="Seconds between two checkpoints, from which an interrupted run resumes.",
    ),
]
Fresh = Annotated[
    bool,
    typer.Option(
        "--fresh",
        help="Start over: delete the checkpoint of an unfinished run with the same posts and recipe.",
    ),
]
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
        help="Send the posts, too, and unfiltered samples, to a tracker that is not on this machine; "
        "otherwise it gets digests, counts and figures.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON on standard output, for machines.")]
