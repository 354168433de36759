"""Merging trained models without training: the weighted mean of their weights, and all that belongs to it."""

from __future__ import annotations

import math
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from msgspec.structs import replace

from . import models, records, writing
from .errors import ModelError, UserError
from .figures import bits_per_byte
from .files import whole_folder
from .judging import posts
from .progress import Clock
from .records import Trained
from .types import NO_BASE, Dataset, Metric, Parent, Record, Report, Tracked

PROMPT, SAMPLES = "My dream is", 5
SHARED = ("config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json")


def merge(
    parents: Sequence[str | Path],
    weights: Sequence[float],
    *,
    out: Path | None = None,
    overwrite: bool = False,
) -> Trained:
    """Write a model whose weights are the weighted mean of those of other models.

    Args:
        parents: model folders, or their names below models/.
        weights: how much of each; nothing gives the same of all.
        out: where the model goes; None: models/ and the names of all parents.
        overwrite: whether a folder that is there already is replaced.

    Raises:
        UserError: the models do not share their base, or cannot be merged; no folder was written.
    """
    clock = Clock()
    shares = _shares(parents, weights)
    found = [_trained(parent) for parent in parents]
    _require_one_base(found)
    name = " + ".join(dict.fromkeys(trained.record.name for trained in found))
    target = records.target(f"{name} merged", out, overwrite=overwrite)
    with whole_folder(target, replace=overwrite) as folder:
        with clock.measure("merge"):
            record = _merged(found, shares, folder, name)
        with clock.measure("evaluate"):
            record = replace(record, report=_report(folder, record), seconds=clock.seconds)
        _dress(folder, record, found)
        records.save(record, folder)
    return Trained(target, record)


def _shares(parents: Sequence[str | Path], weights: Sequence[float]) -> list[float]:
    """The weights, brought to a sum of 1."""
    weights = weights or [1.0] * len(parents)
    if len(parents) < 2:  # noqa: PLR2004 -- one model is its own mean
        raise UserError("one model cannot be merged; give two or more")
    if len(weights) != len(parents) or not all(0 < weight < math.inf for weight in weights):
        raise UserError(
            f"--weights {' '.join(f'{weight:g}' for weight in weights)}: expected one number above 0 for "
            f"each of the {len(parents)} models, for example --weights {' '.join(['1'] * len(parents))}"
        )
    total = math.fsum(weights)
    if math.isclose(total, 1, rel_tol=1e-12):  # as run.json has them: the same again, to the last bit
        return list(weights)
    return [weight / total for weight in weights]


def _trained(parent: str | Path) -> Trained:
    folder = records.place(parent)
    record = records.load(folder)
    if record.base.name == NO_BASE:
        raise ModelError(f"{folder} is an n-gram model, which has no weights; merge models that have a base")
    if not (folder / "model.safetensors").is_file():
        raise ModelError(
            f"{folder} holds an adapter and no whole model; train it again with --set merge_adapter=true"
        )
    return Trained(folder, record)


def _require_one_base(found: Sequence[Trained]) -> None:
    """Weights can be mixed only where they began as the same ones, and mean the same tokens."""
    first = found[0]
    for other in found[1:]:
        if other.record.base.digest != first.record.base.digest:
            raise ModelError(
                f"{first.folder} was trained from {first.record.base.name} and {other.folder} from "
                f"{other.record.base.name}; only models of the very same base can be merged"
            )
        if _tokenizer(other.folder) != _tokenizer(first.folder):
            raise ModelError(
                f"{first.folder} and {other.folder} have different tokenizers, as models with --speakers of "
                "other people do; only models with the same tokenizer can be merged"
            )


def _tokenizer(folder: Path) -> bytes:
    try:
        return (folder / "tokenizer.json").read_bytes()
    except OSError as error:
        raise ModelError(f"{folder} has no tokenizer ({error}); train the model again") from error


def _merged(found: Sequence[Trained], shares: Sequence[float], folder: Path, name: str) -> Record:
    """Write weights, tokenizer and guards into `folder`."""
    from . import dataset
    from .evaluation.guards import join_guards
    from .training.mean import mean

    digest = mean([trained.folder for trained in found], shares, folder)
    for file in SHARED:
        shutil.copyfile(found[0].folder / file, folder / file)
    join_guards([trained.folder for trained in found], folder)
    data = _posts(found)
    if data:
        dataset.keep(data)
    first = found[0].record
    authors = {author.account.handle: author for trained in found for author in trained.record.authors}
    return Record(
        name=name,
        created_at=datetime.now(UTC).replace(microsecond=0),
        version=version("huggingtweets"),
        recipe=replace(first.recipe, name="merge", summary="The weighted mean of trained models.", mix={}),
        base=first.base,
        authors=tuple(authors.values()),
        split_by=data.split_by if data else first.split_by,
        dataset_digest=data.digest if data else "",
        model_digest=digest,
        curve=(),
        report=Report(metrics=()),
        seconds={},
        environment=first.environment,
        tracked=Tracked(tracker="none"),
        merged_from=tuple(
            Parent(name=trained.record.name, digest=trained.record.model_digest, weight=share)
            for trained, share in zip(found, shares, strict=True)
        ),
    )


def _posts(found: Sequence[Trained]) -> Dataset | None:
    """The posts of all, where all are on this machine; without them the model can be made, not measured."""
    from . import dataset

    try:
        return dataset.join([posts(trained.folder, trained.record) for trained in found])
    except ModelError:
        return None


def _report(folder: Path, record: Record) -> Report:
    """Samples under guard and, where the posts are here, held-out bits per byte."""
    metrics: tuple[Metric, ...] = ()
    if record.dataset_digest:
        held_out = posts(folder, record).held_out
        texts, authors = [p.text for p in held_out], [p.author for p in held_out]
        found = bits_per_byte(models.load(folder).bits(texts, authors), texts) if texts else None
        metrics = (Metric(name="bits_per_byte", value=found, count=len(texts)),) if found else ()
    written = writing.generate(folder, PROMPT, count=SAMPLES, seed=record.recipe.seed)
    return Report(metrics=metrics, samples=written.samples)


def _dress(folder: Path, record: Record, found: Sequence[Trained]) -> None:
    from . import reporting

    avatars = {
        author.account.handle: path.read_bytes()
        for trained in found
        for number, author in enumerate(trained.record.authors, start=1)
        if (path := trained.folder / f"avatar-{number}.png").is_file()
    }
    for name, content in reporting.render(record, avatars).items():
        (folder / name).write_bytes(content)
