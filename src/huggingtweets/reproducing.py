"""Making a model a second time from its record, and saying whether it is the same.

record -> the same posts, or an end -> trained again -> digests, figures and environment side by side
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from . import dataset, lineage, merging, models, pipeline, reading, records
from .cleaning import Rules
from .errors import ModelError, OutputExists
from .files import whole_folder
from .judging import posts
from .progress import Clock, Silence, Watcher
from .sources import ReadOptions
from .types import Checkpoint, CurvePoint, Dataset, Recipe, Record, Tracked

NOBODY, NOTHING = "nobody", "nothing"


class Twice(Struct, frozen=True, kw_only=True):
    """Something as it is recorded, and as it is now."""

    recorded: str
    now: str

    @property
    def identical(self) -> bool:
        """Whether it is the same."""
        return self.recorded == self.now


class Posts(Struct, frozen=True, kw_only=True):
    """The posts, compared with those that the model learnt from."""

    digest: Twice
    only_recorded: int | None = None  # posts; None where those that were learnt from are not on this machine
    only_now: int | None = None
    people: dict[str, Twice] = {}  # by handle, the digest of what was read, where it differs


class Reproduced(Struct, frozen=True, kw_only=True):
    """What came of it. Where the posts differ nothing was trained, and there are no weights to compare."""

    model: str
    identical: bool  # posts and weights
    file: str  # whether the model's own file of weights is still the recorded one
    posts: Posts | None = None  # None of a merged model, which is made of models
    weights: Twice | None = None  # digests
    bits_per_byte: tuple[float, float] | None = None  # held out, recorded and now
    furthest: float | None = None  # the largest difference between both curves, in bits per byte
    environment: dict[str, Twice] = {}  # what differs
    seconds: float = 0.0
    out: str | None = None  # where the new model is


def reproduce(
    model: str | Path,
    data: Sequence[str] = (),
    *,
    options: ReadOptions | None = None,
    out: Path | None = None,
    watcher: Watcher | None = None,
) -> Reproduced:
    """Make a model again and compare.

    With other posts nothing is trained: weights could not be the same, and figures would say nothing.

    Args:
        model: a model folder, or its name below models/.
        data: locations of the posts, read and cleaned by the recorded rules; none takes the posts that are
            kept on this machine, or in the model folder.
        options: how services are asked for the posts; whose posts they are comes from the record.
        out: where the new model is kept; None: nowhere.
        watcher: told of every step.

    Raises:
        UserError: there is no such model, its posts are not here, or the output is there already.
    """
    watcher = watcher or Silence()
    folder = records.place(model)
    record = records.load(folder)
    if out and out.exists():
        raise OutputExists(f"{out} exists already; choose another with --out, or remove it first")
    if record.merged_from:
        return _merge_again(folder, record, out)
    learnt = _posts_again(folder, record, data, options or ReadOptions(), watcher)
    compared = _compared(folder, record, learnt)
    if not compared.digest.identical:
        file = lineage.state(folder, record)
        return Reproduced(model=record.name, identical=False, file=file, posts=compared)
    clock = Clock()
    with _place(out) as new:
        _as_many_threads(record, watcher)
        watcher.stage("train", f"{record.recipe.name} on {len(learnt.train):,} posts")
        with clock.measure("train"):
            checkpoint, environment = models.teach(learnt, _pinned(record), new, watcher)
        if out:
            _keep(record, checkpoint, environment, learnt, clock.seconds["train"])
    weights = Twice(recorded=record.model_digest, now=checkpoint.digest)
    kept = next(point for point in checkpoint.curve if point.step == checkpoint.step)
    return Reproduced(
        model=record.name,
        identical=weights.identical,
        file=lineage.state(folder, record),
        posts=compared,
        weights=weights,
        bits_per_byte=(record.report.metrics[0].value, kept.bits_per_byte),
        furthest=_furthest(record.curve, checkpoint.curve),
        environment=_differences(record, checkpoint, environment),
        seconds=clock.seconds["train"],
        out=str(out) if out else None,
    )


def _posts_again(
    folder: Path, record: Record, data: Sequence[str], options: ReadOptions, watcher: Watcher
) -> Dataset:
    """The posts to learn from: read and cleaned anew, or as they were kept.

    Raises:
        ModelError: they were not kept, or changed since.
    """
    if data:
        return _read(record, data, options, watcher)
    try:
        kept = posts(folder, record)
    except ModelError as error:
        raise ModelError(
            f"the posts that {folder} learnt from are neither in it nor kept on this machine; give the "
            "archive that it was made of with --data LOCATION"
        ) from error
    return replace(kept, digest=dataset.digest(kept.train, kept.held_out))


def _read(record: Record, data: Sequence[str], options: ReadOptions, watcher: Watcher) -> Dataset:
    prepared = record.prepared
    if prepared is None:
        watcher.said("the model does not say by which rules its posts were cleaned: taking the usual ones")
        people = reading.read(data, options, None, Rules(), watcher)
        total = sum(author.train + author.held_out for author in record.authors)
        return pipeline.dataset_of(people, sum(author.held_out for author in record.authors) / total)
    asked = {name: getattr(prepared, name) for name in ("handle", "name", "text_column")}
    rules = msgspec.convert(prepared.rules, Rules)
    people = reading.read(data, replace(options, **asked), prepared.source, rules, watcher)
    return pipeline.dataset_of(people, prepared.held_out)


def _compared(folder: Path, record: Record, data: Dataset) -> Posts:
    """Say where the posts differ, as far as that is known."""
    digest = Twice(recorded=record.dataset_digest, now=data.digest)
    if digest.identical:
        return Posts(digest=digest)
    before, after = ({a.account.handle: a.input_digest for a in found.authors} for found in (record, data))
    people = {
        handle: Twice(recorded=before.get(handle, NOBODY), now=after.get(handle, NOBODY))
        for handle in (*before, *after)
    }
    differ = {handle: twice for handle, twice in people.items() if not twice.identical}
    try:
        learnt, mine = (_each(found) for found in (posts(folder, record), data))
    except ModelError:
        return Posts(digest=digest, people=differ)
    return Posts(digest=digest, only_recorded=len(learnt - mine), only_now=len(mine - learnt), people=differ)


def _each(data: Dataset) -> set[bytes]:
    return {msgspec.json.encode(post) for post in (*data.train, *data.held_out)}


def _pinned(record: Record) -> Recipe:
    """The recipe with the very commit of a base on the Hub, where it may have moved on."""
    recipe, revision = record.recipe, record.base.revision
    if not revision or "@" in recipe.base:
        return recipe
    return replace(recipe, base=f"{recipe.base}@{revision}")


def _as_many_threads(record: Record, watcher: Watcher) -> None:
    """Sums are split among threads, and rounding shows it: take as many as the model was made with."""
    threads = record.environment.get("threads")
    if threads is None:  # an n-gram model only counts
        return
    import torch  # noqa: PLC0415 -- an n-gram model needs none

    if int(threads) != torch.get_num_threads():
        watcher.said(f"computing with {threads} threads, as the model was")
        torch.set_num_threads(int(threads))


@contextmanager
def _place(out: Path | None) -> Iterator[Path]:
    """Where the new model goes: a folder that stays, or one that does not."""
    if out:
        with whole_folder(out) as folder:
            yield folder
    else:
        with tempfile.TemporaryDirectory() as nowhere:
            yield Path(nowhere)


def _keep(
    record: Record, checkpoint: Checkpoint, environment: dict[str, str], data: Dataset, seconds: float
) -> None:
    """Make a model folder of the checkpoint's: guards, samples, card, pictures and record."""
    from . import reporting  # noqa: PLC0415 -- seldom needed

    made = replace(
        record,
        created_at=datetime.now(UTC).replace(microsecond=0),
        version=version("huggingtweets"),
        base=checkpoint.base,
        model_digest=checkpoint.digest,
        curve=checkpoint.curve,
        report=pipeline.evaluate(checkpoint, data, record.recipe),
        seconds={"train": seconds},
        environment=environment,
        tracked=Tracked(tracker="none"),
        stopped=checkpoint.stopped,
    )
    for name, content in reporting.render(made, {}).items():
        (checkpoint.folder / name).write_bytes(content)
    records.save(made, checkpoint.folder)


def _merge_again(folder: Path, record: Record, out: Path | None) -> Reproduced:
    """Mix the parents anew, which must be on this machine."""
    found = {parent.digest: lineage.find(parent.digest, folder) for parent in record.merged_from}
    missing = [parent.name for parent in record.merged_from if found[parent.digest] is None]
    if missing:
        raise ModelError(
            f"{folder} was merged from models of which {' and '.join(missing)} cannot be found unchanged "
            f"below {records.MODELS} or beside it; put the folder there, or train it again"
        )
    with tempfile.TemporaryDirectory() as nowhere:
        merged = merging.merge(
            [found[parent.digest] or "" for parent in record.merged_from],
            [parent.weight for parent in record.merged_from],
            out=out or Path(nowhere) / "merged",
        )
    versions = {"huggingtweets": Twice(recorded=record.version, now=merged.record.version)}
    weights = Twice(recorded=record.model_digest, now=merged.record.model_digest)
    return Reproduced(
        model=record.name,
        identical=weights.identical,
        file=lineage.state(folder, record),
        weights=weights,
        bits_per_byte=_figures(record, merged.record),
        environment={name: twice for name, twice in versions.items() if not twice.identical},
        seconds=merged.record.seconds["merge"],
        out=str(out) if out else None,
    )


def _figures(before: Record, after: Record) -> tuple[float, float] | None:
    """Held-out bits per byte of both, where both have been measured."""
    found = [metric.value for record in (before, after) for metric in record.report.metrics[:1]]
    return (found[0], found[1]) if len(found) > 1 else None


def _differences(record: Record, checkpoint: Checkpoint, environment: Mapping[str, str]) -> dict[str, Twice]:
    """What is not as it was: versions, hardware, threads, the base."""
    before = {**record.environment, "base": record.base.digest}
    after = {**environment, "base": checkpoint.base.digest}
    both = {
        name: Twice(recorded=before.get(name, NOTHING), now=after.get(name, NOTHING))
        for name in (*before, *after)
    }
    return {name: twice for name, twice in both.items() if not twice.identical}


def _furthest(before: Sequence[CurvePoint], after: Sequence[CurvePoint]) -> float:
    """The largest difference between two curves, at the evaluations that both have."""
    return max(abs(a.bits_per_byte - b.bits_per_byte) for a, b in zip(before, after, strict=False))
