"""The lineage of a model: a tree that leads from its published copy back to the raw posts.

    published <- model <- train <- base
                            ^----- dataset <- preprocess <- raw posts

A merged model has its parents in place of base and dataset. All facts come from the model folder, and need no
tracker. Whether weights and posts are unchanged, where parents are, and what was published is looked up on
this machine.
"""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from .. import dataset
from ..errors import ModelError
from ..hub import ledger
from ..model_folder import CHANGED, INTACT, MISSING, ModelFolder, find_models
from ..types import NO_BASE, Author, Parent, Preparation, Record
from .data import posts_of

NOT_SETTINGS = ("name", "summary", "base", "sampling")  # fields of a recipe that do not change the training
UNKNOWN = "not recorded by the version that made this model"
READ_OPTIONS = (
    "source",
    "handle",
    "name",
    "text_column",
    "one_author",
    "encoding",
)  # fields of `Preparation` that the user can set

Plain = str | int | float | bool | None
Fact = Plain | dict[str, Plain]


class Node(Struct, frozen=True, kw_only=True):
    """A thing or a step of the pipeline, with the nodes that it was made of."""

    kind: str  # "model", "train", "base", "dataset" and so on
    title: str
    facts: dict[str, Fact] = {}
    inputs: tuple[Node, ...] = field(default=(), name="made_of")


def lineage(model: str | Path | ModelFolder) -> Node:
    """The tree of a model, from its published copy, if there is one, back to the raw posts.

    Args:
        model: a model folder, or its name below models/.

    Raises:
        ModelError: there is no such model.
    """
    folder = ModelFolder.find(model)
    node = _model_node(folder, frozenset())
    for entry in ledger.entries().values():
        if entry.kind == "model" and entry.commit and entry.model_digest == folder.record.model_digest:
            facts: dict[str, Fact] = {
                "address": entry.url,
                "commit": entry.commit,
                "at": entry.at.isoformat(),
            }
            node = Node(kind="published", title=entry.id, facts=facts, inputs=(node,))
    return node


def find_by_digest(digest: str, sibling: Path) -> ModelFolder | None:
    """The model whose weights have this digest, below models/ or beside the folder `sibling`."""
    for folder in (*find_models(), *find_models(sibling.parent)):
        if folder.record.model_digest == digest and folder.weights_state == INTACT:
            return folder
    return None


def _model_node(folder: ModelFolder, descendants: frozenset[str]) -> Node:
    """The tree of one model folder.

    Args:
        folder: the model.
        descendants: digests of the models above it in the tree; none of them is shown again below it.
    """
    record = folder.record
    step = _merge_node(folder, descendants) if record.merged_from else _train_node(folder)
    return Node(
        kind="model",
        title=record.name,
        facts={
            "folder": folder.path.name,
            "digest": record.model_digest,
            "weights": folder.weights_state,
            "made": record.created_at.isoformat(),
            **_artifact_version(record, "finetuned-model"),
        },
        inputs=(step,),
    )


def _train_node(folder: ModelFolder) -> Node:
    record = folder.record
    recipe = record.recipe.fields_in_use()
    mix = {f"mix {handle}": weight for handle, weight in recipe.pop("mix", {}).items()}
    settings = {key.replace("_", " "): recipe[key] for key in recipe if key not in NOT_SETTINGS}
    has_base = record.base.name != NO_BASE
    return Node(
        kind="train" if has_base else "count",
        title=f"recipe {record.recipe.name}",
        facts={
            "settings": {**settings, **mix},
            "huggingtweets": record.version,
            "seconds": record.seconds.get("train", 0.0),
            **({"stopped": record.stopped} if record.stopped else {}),
            "environment": dict(record.environment),
            **_tracker(record),
        },
        inputs=(*((_base_node(record),) if has_base else ()), _dataset_node(folder)),
    )


def _merge_node(folder: ModelFolder, descendants: frozenset[str]) -> Node:
    record = folder.record
    descendants |= {record.model_digest}
    return Node(
        kind="merge",
        title=f"the weighted mean of {len(record.merged_from)} models",
        facts={"huggingtweets": record.version, "seconds": record.seconds.get("merge", 0.0)},
        inputs=tuple(_parent_node(folder, parent, descendants) for parent in record.merged_from),
    )


def _parent_node(child: ModelFolder, parent: Parent, descendants: frozenset[str]) -> Node:
    """A parent of a merged model with its weight, and with its own tree if its folder is on this machine."""
    folder = None if parent.digest in descendants else find_by_digest(parent.digest, child.path)
    if folder is None:
        facts: dict[str, Fact] = {"weight": parent.weight, "digest": parent.digest, "weights": MISSING}
        return Node(kind="model", title=parent.name, facts=facts)
    node = _model_node(folder, descendants)
    return replace(node, facts={"weight": parent.weight, **node.facts})


def _base_node(record: Record) -> Node:
    base = record.base
    facts: dict[str, Fact] = {
        "digest": base.digest,
        **({"revision": base.revision} if base.revision else {}),
        "parameters": base.parameters,
        "architecture": base.architecture,
        **_artifact_version(record, "pretrained-model"),
    }
    return Node(kind="base", title=base.name, facts=facts)


def _dataset_node(folder: ModelFolder) -> Node:
    record = folder.record
    train_count = sum(author.train for author in record.authors)
    held_out_count = sum(author.held_out for author in record.authors)
    return Node(
        kind="dataset",
        title=f"{train_count:,} posts, {held_out_count:,} held out",
        facts={
            "digest": record.dataset_digest,
            "posts": _posts_state(folder),
            "split by": record.split_by,
            **_artifact_version(record, "train-dataset"),
        },
        inputs=(_preprocess_node(record),),
    )


def _posts_state(folder: ModelFolder) -> str:
    """Whether the posts are on this machine, and are those that the model was trained on."""
    try:
        data = posts_of(folder)
    except ModelError:
        return MISSING
    return INTACT if dataset.digest(data.train, data.held_out) == folder.record.dataset_digest else CHANGED


def _preprocess_node(record: Record) -> Node:
    preparation = record.prepared
    facts: dict[str, Fact] = {"rules": UNKNOWN, "held out": UNKNOWN}
    if preparation:
        rules = {name.replace("_", " "): value for name, value in preparation.rules.items()}
        facts = {"rules": dict(rules), "held out": preparation.held_out}
    kept_count = sum(author.funnel.kept for author in record.authors)
    read_count = sum(author.funnel.read for author in record.authors)
    return Node(
        kind="preprocess",
        title=f"{kept_count:,} of {read_count:,} posts kept",
        facts=facts,
        inputs=tuple(_raw_posts_node(record, author, preparation) for author in record.authors),
    )


def _raw_posts_node(record: Record, author: Author, preparation: Preparation | None) -> Node:
    options = _read_options(preparation) if preparation else {}
    return Node(
        kind="raw posts",
        title=f"@{author.account.handle}: {author.funnel.read:,} posts",
        facts={
            "source": author.account.source,
            "digest": author.input_digest or "none: not from a file",
            "read": preparation.read_at.isoformat() if preparation else UNKNOWN,
            **({"asked for": options} if options else {}),
            "dropped": {str(reason): count for reason, count in author.funnel.dropped.items()},
            **_artifact_version(record, "raw-dataset"),
        },
    )


def _read_options(preparation: Preparation) -> dict[str, Plain]:
    """The options with which the user read the location."""
    options = {name.replace("_", " "): getattr(preparation, name) for name in READ_OPTIONS}
    return {name: value for name, value in options.items() if value}


def _tracker(record: Record) -> dict[str, Fact]:
    tracked = record.tracked
    return {"tracker": tracked.url or tracked.command or tracked.tracker} if tracked.tracker != "none" else {}


def _artifact_version(record: Record, kind: str) -> dict[str, Fact]:
    """The tracker's version of an artifact of this kind, as a fact; nothing if none was recorded."""
    versions = [version for name, version in record.tracked.artifacts.items() if name.endswith(kind)]
    return {"version": versions[0]} if versions else {}
