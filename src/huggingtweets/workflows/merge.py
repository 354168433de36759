"""Merging trained models of one base: a model folder with the weighted mean of their weights."""

from __future__ import annotations

import math
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from msgspec.structs import replace

from .. import dataset, models, reporting
from ..errors import ModelError, UserError
from ..files import whole_folder
from ..generation.filters import join_filters
from ..model_folder import INTACT, SHARED_BY_PARENTS, TOKENIZER, ModelFolder, prompt_of
from ..progress import Clock, Silence, Watcher
from ..results import Metric, bits_per_byte
from ..types import Dataset, Parent, Record, Stage, Tracked, TrainingResult
from .data import posts_of, require_home
from .generate import generate

MERGE = "merge"  # the key of its duration in `Record.seconds`, beside those of the stages
_NGRAM = "which has no weights; merge models that have a base"
SAMPLES = 5  # generated from the prompt of the first parent


def merge(
    parents: Sequence[str | Path | ModelFolder],
    weights: Sequence[float] = (),
    *,
    out: Path | None = None,
    overwrite: bool = False,
    watcher: Watcher | None = None,
) -> ModelFolder:
    """Write a model whose weights are the weighted mean of the weights of other models.

    Args:
        parents: model folders, or their names below models/.
        weights: one number above 0 for each parent; empty for equal weights. They are divided by their sum.
        out: the folder to write; None: models/ and the names of all parents.
        overwrite: whether an existing folder is replaced.
        watcher: told of each stage, and of progress.

    Raises:
        UserError: the models cannot be merged, for example since their bases differ; no folder was written.
    """
    clock, watcher = Clock(), watcher or Silence()
    shares = _shares(parents, weights)
    folders = [ModelFolder.find_whole(parent, _NGRAM) for parent in parents]
    _require_same_base(folders)
    _require_weights(folders)
    name = " + ".join(dict.fromkeys(folder.record.name for folder in folders))
    paths = [folder.path for folder in folders]
    target = ModelFolder.target(f"{name} merged", out, overwrite=overwrite, inputs=paths)
    with whole_folder(target.path, replace=overwrite) as path:
        merged = ModelFolder(path)
        with clock.measure(MERGE):
            watcher.stage(MERGE, f"{len(folders)} models")
            record = _merge_weights(folders, shares, merged, name, watcher)
        merged.save_record(record)
        watcher.stage(Stage.EVALUATE)
        with clock.measure(Stage.EVALUATE):
            record = replace(
                record, result=_result(merged, prompt_of(folders[0].record)), seconds=clock.seconds
            )
        watcher.stage(Stage.REPORT)
        avatars = {handle: avatar for folder in folders for handle, avatar in folder.avatars().items()}
        merged.write(reporting.render(record, avatars))
        merged.save_record(record)
    return target


def _shares(parents: Sequence[str | Path | ModelFolder], weights: Sequence[float]) -> list[float]:
    """The weights, divided by their sum.

    Raises:
        UserError: there are fewer than two parents, or the weights do not fit them.
    """
    weights = weights or [1.0] * len(parents)
    if len(parents) < 2:  # noqa: PLR2004 -- one model is its own mean
        raise UserError("one model cannot be merged; give two or more")
    total = sum(weights)  # infinite where it is too large
    positive = all(weight > 0 for weight in weights)
    if len(weights) != len(parents) or not positive or not all(weight / total > 0 for weight in weights):
        raise UserError(
            f"--weights {' '.join(f'{weight:g}' for weight in weights)}: expected one number above 0, and "
            f"none beside which others vanish, for each of the {len(parents)} models, for example --weights "
            f"{' '.join(['1'] * len(parents))}"
        )
    total = math.fsum(weights)
    if math.isclose(total, 1, rel_tol=1e-12):  # weights of a record: a reproduction needs the very same
        return list(weights)
    return [weight / total for weight in weights]


def _require_same_base(folders: Sequence[ModelFolder]) -> None:
    """Check that the models started from the same weights and have the same tokenizer.

    Raises:
        ModelError: they differ.
    """
    first = folders[0]
    for other in folders[1:]:
        if other.record.base.digest != first.record.base.digest:
            raise ModelError(
                f"{first} was trained from {first.record.base.name} and {other} from "
                f"{other.record.base.name}; only models of the very same base can be merged"
            )
        if _tokenizer(other) != _tokenizer(first):
            raise ModelError(
                f"{first} and {other} have different tokenizers, as models with --speakers of "
                "other people do; only models with the same tokenizer can be merged"
            )


def _require_weights(folders: Sequence[ModelFolder]) -> None:
    """Check that each model has the weights of its record, by which the merged one will name its parents.

    Raises:
        ModelError: one has others.
    """
    for folder in folders:
        if folder.weights_state != INTACT:
            raise ModelError(
                f"{folder}: its weights are not those that its record tells of; copy the model again, or "
                "train it again"
            )


def _tokenizer(folder: ModelFolder) -> bytes:
    try:
        return (folder.path / TOKENIZER).read_bytes()
    except OSError as error:
        raise ModelError(f"{folder} has no tokenizer ({error}); train the model again") from error


def _merge_weights(
    folders: Sequence[ModelFolder], shares: Sequence[float], merged: ModelFolder, name: str, watcher: Watcher
) -> Record:
    """Write weights, tokenizer and the data of the text filters into `merged`; return its record."""
    from ..training.averaging import average  # noqa: PLC0415 -- imports torch, which the checks do not need

    paths = [folder.path for folder in folders]
    digest = average(paths, shares, merged.path, lambda done, total: watcher.advanced(done, total, "tensors"))
    for file in SHARED_BY_PARENTS:
        shutil.copyfile(paths[0] / file, merged.path / file)
    join_filters(paths, merged.path)
    data = _joined_posts(folders)
    if data:
        require_home()
        dataset.store(data)
    first = folders[0].record
    authors = data.authors if data else dataset.join_authors(a for f in folders for a in f.record.authors)
    return Record(
        name=name,
        created_at=datetime.now(UTC).replace(microsecond=0),
        version=version("huggingtweets"),
        recipe=replace(first.recipe, name="merge", summary="The weighted mean of trained models.", mix={}),
        base=first.base,
        authors=authors,
        split_by=data.split_by if data else first.split_by,
        dataset_digest=data.digest if data else "",
        model_digest=digest,
        curve=(),
        result=TrainingResult(metrics=()),
        seconds={},
        environment=first.environment,
        tracked=Tracked(tracker="none"),
        merged_from=tuple(
            Parent(name=folder.record.name, digest=folder.record.model_digest, weight=share)
            for folder, share in zip(folders, shares, strict=True)
        ),
    )


def _joined_posts(folders: Sequence[ModelFolder]) -> Dataset | None:
    """The posts of all parents, to measure the merged model; None if some are not on this machine."""
    try:
        return dataset.join([posts_of(folder) for folder in folders])
    except ModelError:
        return None


def _result(merged: ModelFolder, prompt: str) -> TrainingResult:
    """Filtered samples and, if the posts are on this machine, held-out bits per byte."""
    metrics: tuple[Metric, ...] = ()
    record = merged.record
    if record.dataset_digest and (held_out := posts_of(merged).held_out):
        texts, authors = [post.text for post in held_out], [post.author for post in held_out]
        value = bits_per_byte(models.load(merged.path).bits(texts, authors), texts)
        metrics = (Metric(name="bits_per_byte", value=value, count=len(texts)),)
    samples = generate(merged, prompt, count=SAMPLES, seed=record.recipe.seed).samples
    return TrainingResult(metrics=metrics, samples=samples)
