"""The types of the documents that `--json` prints, by command, and their JSON schemas for docs/cli.md."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct, defstruct

from huggingtweets.dataset.sufficiency import Sufficiency
from huggingtweets.evaluation import questions
from huggingtweets.evaluation.comparison import Difference
from huggingtweets.reporting.pretrained import Pretrained
from huggingtweets.results import Counts, Game
from huggingtweets.types import Account, Funnel, Record, Sample
from huggingtweets.workflows.bases import ListedBase
from huggingtweets.workflows.export import Exported
from huggingtweets.workflows.fleet import FleetResults, FleetStatus
from huggingtweets.workflows.lineage import Node
from huggingtweets.workflows.publish import Published
from huggingtweets.workflows.recipes import ListedRecipe
from huggingtweets.workflows.reproduce import Reproduction
from huggingtweets.workflows.sweep import SweepResult


class Trained(Struct):
    """A model folder, and all that is on record of the model."""

    folder: str
    record: Record


class PretrainedFolder(Struct):
    """A base of one's own."""

    folder: str
    pretrained: Pretrained


class Space(Struct):
    """A page that was written as a Space."""

    folder: str
    files: list[str]


class Page(Struct):
    """A page that is served."""

    url: str


class Inspected(Struct):
    """The posts of one author."""

    account: Account
    funnel: Funnel
    skipped: dict[str, int]
    dates: str
    language: str
    language_warning: str
    with_private_details: int
    sufficiency: Sufficiency
    dropped: dict[str, list[str]]
    kept: list[str]


class ListedSource(Struct):
    """A place where posts are."""

    source: str
    reads: str
    example: str


class Compared(Struct):
    """A model beside the first one; the first one has no differences."""

    folder: str
    differences: dict[str, Difference]


class Trace(Struct):
    """Something that was made of a person's posts."""

    kind: str
    path: str
    bytes: int
    about: str


class PublishedTrace(Struct):
    """An upload, the command that deletes it there, and its note here."""

    url: str
    delete: str
    note: str


class Forgotten(Struct):
    """What is, or would be, deleted of a person."""

    handle: str
    deleted: bool
    found: list[Trace]
    published: list[PublishedTrace]
    elsewhere: list[str]


class File(Struct):
    """A file that would be uploaded."""

    path: str
    bytes: int


class PlannedRepository(Struct):
    """A repository, as an upload would leave it."""

    url: str
    private: bool
    files: list[File]
    deleted: list[str]


class Plan(Struct):
    """What `publish --dry-run` shows."""

    repositories: list[PlannedRepository]
    left_out: dict[str, str]


class Failure(Struct):
    """An error, whatever the command."""

    error: str
    exit_code: int


def evaluation() -> type[Struct]:
    """An evaluation: each answer at the top level, under the name of its question."""
    answers: list[tuple[str, Any, Any]] = [
        (name, questions.load(name).ANSWER, None) for name in questions.names()
    ]
    frame: list[Any] = [
        ("seed", int),
        ("counts", Counts),
        ("hours", list[int], ()),
        ("game", Game | None, None),
    ]
    return defstruct("Evaluation", [*frame, *answers], kw_only=True)


def documents() -> dict[str, Any]:
    """The type of what each command prints, by the words that one types."""
    return {
        "app": Page,
        "app --export-space": Space,
        "bases": list[ListedBase],
        "compare": list[Compared],
        "demo": Trained,
        "evaluate": evaluation(),
        "export": Exported,
        "fleet": FleetResults,
        "fleet results": FleetResults,
        "fleet retry": list[str],
        "fleet status": FleetStatus,
        "forget": Forgotten,
        "generate": list[Sample],
        "inspect": list[Inspected],
        "lineage": Node,
        "merge": Trained,
        "models": list[Trained],
        "play": Game,
        "pretrain": PretrainedFolder,
        "publish": Published,
        "publish --dry-run": Plan,
        "recipes": list[ListedRecipe],
        "reproduce": Reproduction,
        "sources": list[ListedSource],
        "sweep": SweepResult,
        "train": Trained,
        "an error": Failure,
    }


def section() -> str:
    """The part of docs/cli.md: a row for each command, and the schemas that the rows name."""
    types = documents()
    schemas, components = msgspec.json.schema_components(types.values(), ref_template="#/$defs/{name}")
    rows = [f"| `{words}` | {_named(schema)} |" for words, schema in zip(types, schemas, strict=True)]
    defined = ",\n".join(
        f'"{name}": {msgspec.json.encode(schema, order="sorted").decode()}'
        for name, schema in sorted(components.items())
    )
    table = "\n".join(["| command | document |", "|---|---|", *rows])
    return (
        "## The documents of `--json`\n\n"
        f"{table}\n\nThe JSON schemas (2020-12) of these names; fields may be added, none is renamed:\n\n"
        f'<details><summary>Schemas</summary>\n\n```json\n{{"$defs": {{\n{defined}\n}}}}\n```\n\n</details>\n'
    )


def _named(schema: dict[str, Any]) -> str:
    """A schema in a word: its name, and whether there is a list of it."""
    if "items" in schema:
        return f"a list of {_named(schema['items'])}"
    reference = str(schema.get("$ref", "")).rpartition("/")[2]
    return f"`{reference}`" if reference else f"{schema['type']}s"
