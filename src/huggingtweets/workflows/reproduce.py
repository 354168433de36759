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

from .. import dataset, models, reporting
from ..cleaning import CleaningRules
from ..errors import ModelError, OutputExists
from ..files import whole_folder
from ..model_folder import MODELS, FinetunedModel, ModelFolder
from ..progress import Clock, Silence, Watcher
from ..sources import ReadOptions
from ..types import CurvePoint, Dataset, Recipe, Record, Stage, Tracked
from .data import DataConfig, build_dataset, posts_of, read
from .lineage import find_by_digest
from .merge import MERGE, merge
from .train import summarize

NOBODY, NOTHING = "nobody", "nothing"


class Comparison(Struct, frozen=True, kw_only=True):
    """Something as it is recorded, and as it is now."""

    recorded: str
    now: str

    @property
    def identical(self) -> bool:
        """Whether it is the same."""
        return self.recorded == self.now


class PostsComparison(Struct, frozen=True, kw_only=True):
    """The posts, compared with those that the model learnt from."""

    digest: Comparison
    only_recorded: int | None = None  # posts; None where those that were learnt from are not on this machine
    only_now: int | None = None
    people: dict[str, Comparison] = {}  # by handle, the digest of what was read, where it differs


class Reproduction(Struct, frozen=True, kw_only=True):
    """What came of it. Where the posts differ nothing was trained, and there are no weights to compare."""

    model: str
    identical: bool  # posts and weights
    file: str  # whether the model's own file of weights is still the recorded one
    posts: PostsComparison | None = None  # None of a merged model, which is made of models
    weights: Comparison | None = None  # digests
    bits_per_byte: tuple[float, float] | None = None  # held out, recorded and now
    furthest: float | None = None  # the largest difference between both curves, in bits per byte
    environment: dict[str, Comparison] = {}  # what differs
    seconds: float = 0.0
    out: str | None = None  # where the new model is


def reproduce(
    model: str | Path | ModelFolder,
    data: Sequence[str] = (),
    *,
    options: ReadOptions | None = None,
    out: Path | None = None,
    watcher: Watcher | None = None,
) -> Reproduction:
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
    folder = ModelFolder.find(model)
    record = folder.record
    if out and out.exists():
        raise OutputExists(f"{out} exists already; choose another with --out, or remove it first")
    if record.merged_from:
        return _merge_again(folder, out)
    learnt = _posts_again(folder, data, options or ReadOptions(), watcher)
    compared = _compare_posts(folder, learnt)
    if not compared.digest.identical:
        file = folder.weights_state
        return Reproduction(model=record.name, identical=False, file=file, posts=compared)
    clock = Clock()
    with _place(out) as new:
        _as_many_threads(record, watcher)
        watcher.stage(Stage.TRAIN, f"{record.recipe.name} on {len(learnt.train):,} posts")
        with clock.measure(Stage.TRAIN):
            again, environment = models.train(learnt, _pinned(record), new, watcher)
        if out:
            _keep(record, again, environment, learnt, clock.seconds[Stage.TRAIN])
    weights = Comparison(recorded=record.model_digest, now=again.digest)
    best = next(point for point in again.curve if point.step == again.step)
    return Reproduction(
        model=record.name,
        identical=weights.identical,
        file=folder.weights_state,
        posts=compared,
        weights=weights,
        bits_per_byte=(record.result.metrics[0].value, best.bits_per_byte),
        furthest=_furthest(record.curve, again.curve),
        environment=_differences(record, again, environment),
        seconds=clock.seconds[Stage.TRAIN],
        out=str(out) if out else None,
    )


def _posts_again(folder: ModelFolder, data: Sequence[str], options: ReadOptions, watcher: Watcher) -> Dataset:
    """The posts to learn from: read and cleaned anew, or as they were kept.

    Raises:
        ModelError: they were not kept, or changed since.
    """
    if data:
        return _read_again(folder.record, data, options, watcher)
    try:
        kept = posts_of(folder)
    except ModelError as error:
        raise ModelError(
            f"the posts that {folder} learnt from are neither in it nor kept on this machine; give the "
            "archive that it was made of with --data LOCATION"
        ) from error
    return replace(kept, digest=dataset.digest(kept.train, kept.held_out))


def _read_again(record: Record, data: Sequence[str], options: ReadOptions, watcher: Watcher) -> Dataset:
    prepared = record.prepared
    if prepared is None:
        watcher.note("the model does not say by which rules its posts were cleaned: taking the usual ones")
        total = sum(author.train + author.held_out for author in record.authors)
        share = sum(author.held_out for author in record.authors) / total
        return build_dataset(read(DataConfig(locations=tuple(data), options=options), watcher), share)
    asked = {name: getattr(prepared, name) for name in ("handle", "name", "text_column")}
    config = DataConfig(
        locations=tuple(data),
        options=replace(options, **asked),
        source=prepared.source,
        rules=msgspec.convert(prepared.rules, CleaningRules),
    )
    return build_dataset(read(config, watcher), prepared.held_out)


def _compare_posts(folder: ModelFolder, data: Dataset) -> PostsComparison:
    """Say where the posts differ, as far as that is known."""
    record = folder.record
    digest = Comparison(recorded=record.dataset_digest, now=data.digest)
    if digest.identical:
        return PostsComparison(digest=digest)
    before, after = ({a.account.handle: a.input_digest for a in part.authors} for part in (record, data))
    people = {
        handle: Comparison(recorded=before.get(handle, NOBODY), now=after.get(handle, NOBODY))
        for handle in (*before, *after)
    }
    differ = {handle: pair for handle, pair in people.items() if not pair.identical}
    try:
        learnt, mine = (_encoded(posts) for posts in (posts_of(folder), data))
    except ModelError:
        return PostsComparison(digest=digest, people=differ)
    return PostsComparison(
        digest=digest, only_recorded=len(learnt - mine), only_now=len(mine - learnt), people=differ
    )


def _encoded(data: Dataset) -> set[bytes]:
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
        watcher.note(f"computing with {threads} threads, as the model was")
        torch.set_num_threads(int(threads))


@contextmanager
def _place(out: Path | None) -> Iterator[Path]:
    """Where the new model goes: a folder that stays, or one that does not."""
    if out:
        with whole_folder(out) as folder:
            yield folder
    else:
        with tempfile.TemporaryDirectory() as unused:
            yield Path(unused)


def _keep(
    record: Record, model: FinetunedModel, environment: dict[str, str], data: Dataset, seconds: float
) -> None:
    """Make a model folder of the new weights: filters, samples, card, pictures and record."""
    made = replace(
        record,
        created_at=datetime.now(UTC).replace(microsecond=0),
        version=version("huggingtweets"),
        base=model.base,
        model_digest=model.digest,
        curve=model.curve,
        result=summarize(model, data, record.recipe),
        seconds={Stage.TRAIN: seconds},
        environment=environment,
        tracked=Tracked(tracker="none"),
        stopped=model.stopped,
    )
    folder = ModelFolder(model.folder)
    folder.write(reporting.render(made, {}))
    folder.save_record(made)


def _merge_again(folder: ModelFolder, out: Path | None) -> Reproduction:
    """Mix the parents anew, which must be on this machine."""
    record = folder.record
    parents = {parent.digest: find_by_digest(parent.digest, folder.path) for parent in record.merged_from}
    missing = [parent.name for parent in record.merged_from if parents[parent.digest] is None]
    if missing:
        raise ModelError(
            f"{folder} was merged from models of which {' and '.join(missing)} cannot be found unchanged "
            f"below {MODELS} or beside it; put the folder there, or train it again"
        )
    with tempfile.TemporaryDirectory() as unused:
        merged = merge(
            [parents[parent.digest] or "" for parent in record.merged_from],
            [parent.weight for parent in record.merged_from],
            out=out or Path(unused) / "merged",
        ).record
    versions = {"huggingtweets": Comparison(recorded=record.version, now=merged.version)}
    weights = Comparison(recorded=record.model_digest, now=merged.model_digest)
    return Reproduction(
        model=record.name,
        identical=weights.identical,
        file=folder.weights_state,
        weights=weights,
        bits_per_byte=_figures(record, merged),
        environment={name: pair for name, pair in versions.items() if not pair.identical},
        seconds=merged.seconds[MERGE],
        out=str(out) if out else None,
    )


def _figures(before: Record, after: Record) -> tuple[float, float] | None:
    """Held-out bits per byte of both, where both have been measured."""
    values = [metric.value for record in (before, after) for metric in record.result.metrics[:1]]
    return (values[0], values[1]) if len(values) > 1 else None


def _differences(
    record: Record, model: FinetunedModel, environment: Mapping[str, str]
) -> dict[str, Comparison]:
    """What is not as it was: versions, hardware, threads, the base."""
    before = {**record.environment, "base": record.base.digest}
    after = {**environment, "base": model.base.digest}
    both = {
        name: Comparison(recorded=before.get(name, NOTHING), now=after.get(name, NOTHING))
        for name in (*before, *after)
    }
    return {name: pair for name, pair in both.items() if not pair.identical}


def _furthest(before: Sequence[CurvePoint], after: Sequence[CurvePoint]) -> float:
    """The largest difference between two curves, at the evaluations that both have."""
    return max(abs(a.bits_per_byte - b.bits_per_byte) for a, b in zip(before, after, strict=False))
