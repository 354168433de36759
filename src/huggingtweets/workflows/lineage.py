"""From a model back to the archive: what was made of what, by whom, and whether it is still the same.

published <- model <- train <- base, dataset <- preprocess <- raw posts. All of it stands in the model folder;
what else is on this machine (kept posts, parents of a merged model, notes of publishing) is looked up.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct, field

from .. import dataset
from ..errors import ModelError
from ..hub.ledger import notes
from ..model_folder import CHANGED, INTACT, MISSING, ModelFolder, find_models
from ..types import NO_BASE, Author, Parent, Preparation, Record
from .data import posts_of

ABOUT = ("name", "summary", "base", "sampling")  # of a recipe, what does not change the training
UNKNOWN = "not recorded: the model is older than this"

Plain = str | int | float | bool | None
Fact = Plain | dict[str, Plain]


class Node(Struct, frozen=True, kw_only=True):
    """A thing or a step, what is known of it, and what it was made of."""

    kind: str  # "model", "train", "base", "dataset" and so on
    title: str
    facts: dict[str, Fact] = {}
    inputs: tuple[Node, ...] = field(default=(), name="made_of")


def lineage(model: str | Path | ModelFolder) -> Node:
    """The tree of a model, from what was published of it back to the raw posts.

    Args:
        model: a model folder, or its name below models/.

    Raises:
        ModelError: there is no such model.
    """
    folder = ModelFolder.find(model)
    node = _model(folder, frozenset())
    for note in notes().values():
        if note.kind == "model" and note.commit and note.model_digest == folder.record.model_digest:
            facts: dict[str, Fact] = {"address": note.url, "commit": note.commit, "at": note.at.isoformat()}
            node = Node(kind="published", title=note.id, facts=facts, inputs=(node,))
    return node


def find_by_digest(digest: str, beside: Path) -> ModelFolder | None:
    """The model whose weights have this digest, below models/ or beside another model."""
    for folder in (*find_models(), *find_models(beside.parent)):
        if folder.record.model_digest == digest and folder.weights_state == INTACT:
            return folder
    return None


def _model(folder: ModelFolder, above: frozenset[str]) -> Node:
    """A model folder; `above` are the digests of the models that it is a parent of."""
    record = folder.record
    step = _merge(folder, above) if record.merged_from else _train(folder)
    return Node(
        kind="model",
        title=record.name,
        facts={
            "folder": folder.path.name,
            "digest": record.model_digest,
            "weights": folder.weights_state,
            "made": record.created_at.isoformat(),
            **_artifact(record, "finetuned-model"),
        },
        inputs=(step,),
    )


def _train(folder: ModelFolder) -> Node:
    record = folder.record
    recipe = msgspec.to_builtins(record.recipe)
    mix = {f"mix {handle}": weight for handle, weight in recipe.pop("mix").items()}
    settings = {key.replace("_", " "): recipe[key] for key in recipe if key not in ABOUT}
    based = record.base.name != NO_BASE
    return Node(
        kind="train" if based else "count",
        title=f"recipe {record.recipe.name}",
        facts={
            "settings": {**settings, **mix},
            "huggingtweets": record.version,
            "seconds": record.seconds.get("train", 0.0),
            **({"stopped": record.stopped} if record.stopped else {}),
            "environment": dict(record.environment),
            **_tracker(record),
        },
        inputs=(*((_base(record),) if based else ()), _dataset(folder)),
    )


def _merge(folder: ModelFolder, above: frozenset[str]) -> Node:
    record = folder.record
    return Node(
        kind="merge",
        title=f"the weighted mean of {len(record.merged_from)} models",
        facts={"huggingtweets": record.version, "seconds": record.seconds.get("merge", 0.0)},
        inputs=tuple(_parent(folder, parent, above | {record.model_digest}) for parent in record.merged_from),
    )


def _parent(child: ModelFolder, parent: Parent, above: frozenset[str]) -> Node:
    """A parent with its own tree, where its folder is found; it says of itself what it weighs."""
    folder = None if parent.digest in above else find_by_digest(parent.digest, child.path)
    if folder is None:
        facts: dict[str, Fact] = {"weight": parent.weight, "digest": parent.digest, "weights": MISSING}
        return Node(kind="model", title=parent.name, facts=facts)
    node = _model(folder, above)
    return msgspec.structs.replace(node, facts={"weight": parent.weight, **node.facts})


def _base(record: Record) -> Node:
    base = record.base
    facts: dict[str, Fact] = {
        "digest": base.digest,
        **({"revision": base.revision} if base.revision else {}),
        "parameters": base.parameters,
        "architecture": base.architecture,
        **_artifact(record, "pretrained-model"),
    }
    return Node(kind="base", title=base.name, facts=facts)


def _dataset(folder: ModelFolder) -> Node:
    record = folder.record
    return Node(
        kind="dataset",
        title=f"{sum(a.train for a in record.authors):,} posts, "
        f"{sum(a.held_out for a in record.authors):,} held out",
        facts={
            "digest": record.dataset_digest,
            "posts": _posts_state(folder),
            "split by": record.split_by,
            **_artifact(record, "train-dataset"),
        },
        inputs=(_preprocess(record),),
    )


def _posts_state(folder: ModelFolder) -> str:
    """Whether the posts themselves are here, and are still those that were learnt from."""
    try:
        data = posts_of(folder)
    except ModelError:
        return MISSING
    return INTACT if dataset.digest(data.train, data.held_out) == folder.record.dataset_digest else CHANGED


def _preprocess(record: Record) -> Node:
    prepared = record.prepared
    facts: dict[str, Fact] = {"rules": UNKNOWN, "held out": UNKNOWN}
    if prepared:
        rules = {name.replace("_", " "): value for name, value in prepared.rules.items()}
        facts = {"rules": dict(rules), "held out": prepared.held_out}
    return Node(
        kind="preprocess",
        title=f"{sum(a.funnel.kept for a in record.authors):,} of "
        f"{sum(a.funnel.read for a in record.authors):,} posts kept",
        facts=facts,
        inputs=tuple(_raw(record, author, prepared) for author in record.authors),
    )


def _raw(record: Record, author: Author, prepared: Preparation | None) -> Node:
    options: dict[str, Plain] = dict(_options(prepared)) if prepared else {}
    return Node(
        kind="raw posts",
        title=f"@{author.account.handle}: {author.funnel.read:,} posts",
        facts={
            "source": author.account.source,
            "digest": author.input_digest or "none: not from a file",
            "read": prepared.read_at.isoformat() if prepared else UNKNOWN,
            **({"asked for": options} if options else {}),
            "dropped": {str(reason): count for reason, count in author.funnel.dropped.items()},
            **_artifact(record, "raw-dataset"),
        },
    )


def _options(prepared: Preparation) -> Iterator[tuple[str, str]]:
    """What the user said about the location."""
    for name in ("source", "handle", "name", "text_column"):
        value = getattr(prepared, name)
        if value:
            yield name.replace("_", " "), value


def _tracker(record: Record) -> dict[str, Fact]:
    tracked = record.tracked
    return {"tracker": tracked.url or tracked.command or tracked.tracker} if tracked.tracker != "none" else {}


def _artifact(record: Record, kind: str) -> dict[str, Fact]:
    """The version by which the tracker knows it."""
    versions = [version for name, version in record.tracked.artifacts.items() if name.endswith(kind)]
    return {"version": versions[0]} if versions else {}
