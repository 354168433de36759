"""Reproducing a model: train it again from its record, and compare the result.

record -> posts; if they are the same -> train again -> compare digests, bits per byte, curves and environment
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from .. import dataset, models
from ..cleaning import CleaningRules
from ..errors import ModelError, OutputExists, UserError
from ..files import temporary_folder, whole_folder
from ..model_folder import MODELS, FinetunedModel, ModelFolder
from ..progress import Clock, Silence, Watcher
from ..sources import ReadOptions
from ..types import CurvePoint, Dataset, Recipe, Record, Stage, Tracked
from ._trained import training_result, write_copy_filters, write_report
from .data import DataConfig, build_dataset, most_posts, posts_of, read, require_home
from .lineage import find_by_digest
from .merge import MERGE, merge

RECORDED_OPTIONS = ("handle", "name", "text_column", "one_author", "encoding")
NOBODY, NOTHING = "nobody", "nothing"  # stand for a person or a value that one side does not have


class Comparison(Struct, frozen=True, kw_only=True):
    """A value of the record, and the same value now."""

    recorded: str
    now: str

    @property
    def identical(self) -> bool:
        """Whether both are the same."""
        return self.recorded == self.now


class PostsComparison(Struct, frozen=True, kw_only=True):
    """The posts, compared with those that the model was trained on."""

    digest: Comparison  # of the dataset
    only_recorded: int | None = None  # how many posts are in the training data and not in these
    only_now: int | None = None  # the reverse; both None if the training data is not on this machine
    input_digests: dict[str, Comparison] = field(default={}, name="people")  # by handle, if they differ


class Reproduction(Struct, frozen=True, kw_only=True):
    """The result of a reproduction. If the posts differ, nothing is trained, and `weights` is None."""

    model: str
    identical: bool  # both posts and weights
    weights_state: str = field(name="file")  # INTACT, CHANGED or MISSING: the model's own file of weights
    posts: PostsComparison | None = None  # None for a merged model, which is made from models
    weights: Comparison | None = None  # digests
    bits_per_byte: tuple[float, float] | None = None  # held out, recorded and now
    max_curve_difference: float | None = field(default=None, name="furthest")  # bits per byte
    environment: dict[str, Comparison] = {}  # only what differs
    seconds: float = 0.0  # that training or merging took
    out: str | None = None  # the folder of the new model


def reproduce(
    model: str | Path | ModelFolder,
    data: Sequence[str] = (),
    *,
    options: ReadOptions | None = None,
    out: Path | None = None,
    watcher: Watcher | None = None,
) -> Reproduction:
    """Train a model again, or merge it again, and compare the result with the record.

    If the posts differ, nothing is trained, since the weights could not be the same.

    Args:
        model: a model folder, or its name below models/.
        data: locations of the posts, which are read and cleaned by the recorded rules; empty for the posts
            that are stored on this machine or in the model folder.
        options: how the posts are requested from services; whose posts they are comes from the record.
        out: the folder to write the new model to; None keeps no model.
        watcher: receives the events of the job.

    Raises:
        UserError: there is no such model, its posts are not on this machine, or `out` exists.
    """
    watcher, folder = watcher or Silence(), ModelFolder.find(model)
    record = folder.record
    if out and out.exists():
        raise OutputExists(f"{out} exists already; choose another with --out, or remove it first")
    if record.merged_from:
        if data:
            raise UserError(f"{folder} was merged from models, and reads no posts; leave --data out")
        return _merge_again(folder, out, watcher)
    posts = _posts(folder, data, options or ReadOptions(), watcher)
    posts_comparison = _compare_posts(folder, posts)
    if not posts_comparison.digest.identical:
        return Reproduction(
            model=record.name, identical=False, weights_state=folder.weights_state, posts=posts_comparison
        )
    if out:
        require_home()
    clock = Clock()
    with (
        temporary_folder() as temporary,
        whole_folder(out or temporary / "model") as path,
        _recorded_threads(record, watcher),
    ):
        watcher.stage(Stage.TRAIN, f"{record.recipe.name} on {len(posts.train):,} posts")
        recipe, dtype = _pinned_recipe(record), record.base.dtype
        with clock.measure(Stage.TRAIN):
            new_model, environment = models.train(posts, recipe, path, watcher, dtype=dtype)
        if out:
            dataset.store(posts)
            _write_model_folder(folder, new_model, environment, posts, clock.seconds[Stage.TRAIN])
    weights = Comparison(recorded=record.model_digest, now=new_model.digest)
    saved_point = next(point for point in new_model.curve if point.step == new_model.step)
    return Reproduction(
        model=record.name,
        identical=weights.identical,
        weights_state=folder.weights_state,
        posts=posts_comparison,
        weights=weights,
        bits_per_byte=(record.result.metrics[0].value, saved_point.bits_per_byte),
        max_curve_difference=_max_difference(record.curve, new_model.curve),
        environment=_compare_environment(record, new_model, environment),
        seconds=clock.seconds[Stage.TRAIN],
        out=str(out) if out else None,
    )


def _posts(folder: ModelFolder, data: Sequence[str], options: ReadOptions, watcher: Watcher) -> Dataset:
    """The posts to train on: read and cleaned again, or the stored ones with a digest of what they are now.

    Raises:
        ModelError: no locations are given, and the posts are not stored on this machine.
    """
    if data:
        return _read_posts(folder.record, data, options, watcher)
    try:
        posts = posts_of(folder)
    except ModelError as error:
        raise ModelError(
            f"the posts that {folder} learnt from are neither in it nor kept on this machine; give the "
            "archive that it was made of with --data LOCATION"
        ) from error
    return replace(posts, digest=dataset.digest(posts.train, posts.held_out))


def _read_posts(record: Record, data: Sequence[str], options: ReadOptions, watcher: Watcher) -> Dataset:
    """Read and clean the posts as the record says; if it does not say how, by the default rules."""
    config, preparation = DataConfig(locations=tuple(data), options=options), record.prepared
    if preparation is None:
        watcher.note("the model does not say by which rules its posts were cleaned: taking the usual ones")
        held_out, train = (sum(getattr(a, part) for a in record.authors) for part in ("held_out", "train"))
        share = held_out / (train + held_out)
    else:
        config = replace(
            config,
            options=replace(options, **{name: getattr(preparation, name) for name in RECORDED_OPTIONS}),
            source=preparation.source,
            rules=msgspec.convert(preparation.rules, CleaningRules),
            same_person=preparation.same_person,
        )
        share = preparation.held_out
    return build_dataset(read(config, watcher, most=most_posts(record.recipe, share)), share)


def _compare_posts(folder: ModelFolder, data: Dataset) -> PostsComparison:
    """Compare posts with the training data: its digest, the digests of what was read, and the posts."""
    digest = Comparison(recorded=folder.record.dataset_digest, now=data.digest)
    if digest.identical:
        return PostsComparison(digest=digest)
    recorded, now = (
        {author.account.handle: author.input_digest for author in authors}
        for authors in (folder.record.authors, data.authors)
    )
    comparison = PostsComparison(digest=digest, input_digests=_differences(recorded, now, missing=NOBODY))
    try:
        recorded_posts, posts = _encoded_posts(posts_of(folder)), _encoded_posts(data)
    except ModelError:
        return comparison
    return replace(
        comparison, only_recorded=len(recorded_posts - posts), only_now=len(posts - recorded_posts)
    )


def _differences(recorded: Mapping[str, str], now: Mapping[str, str], missing: str) -> dict[str, Comparison]:
    """The values that differ, by name; `missing` stands for a value that one side does not have."""
    comparisons = {
        name: Comparison(recorded=recorded.get(name, missing), now=now.get(name, missing))
        for name in (*recorded, *now)
    }
    return {name: comparison for name, comparison in comparisons.items() if not comparison.identical}


def _encoded_posts(data: Dataset) -> set[bytes]:
    """The posts in a form that can be compared as sets."""
    return {msgspec.json.encode(post) for post in (*data.train, *data.held_out)}


def _pinned_recipe(record: Record) -> Recipe:
    """The recipe with the recorded commit of a base on the Hub: models and branches change."""
    pinned = f"{record.base.name.partition('@')[0]}@{record.base.revision}"
    return replace(record.recipe, base=pinned) if record.base.revision else record.recipe


def _recorded_threads(record: Record, watcher: Watcher) -> AbstractContextManager[None]:
    """As many threads as the training had: sums are split among them, which changes the rounding."""
    if "threads" not in record.environment:  # an n-gram model only counts
        return nullcontext()
    from ..machine.device import recorded_threads  # noqa: PLC0415 -- imports torch

    return recorded_threads(int(record.environment["threads"]), watcher.note)


def _write_model_folder(
    original: ModelFolder, model: FinetunedModel, environment: dict[str, str], data: Dataset, seconds: float
) -> None:
    """Complete the folder of the new weights: text filters, samples, card, pictures and record."""
    record = original.record
    write_copy_filters(data, record.recipe.sampling, model.folder)
    new_record = replace(
        record,
        created_at=datetime.now(UTC).replace(microsecond=0),
        version=version("huggingtweets"),
        base=model.base,
        model_digest=model.digest,
        curve=model.curve,
        result=training_result(model, data, record.recipe.seed),
        seconds={Stage.TRAIN: seconds},
        environment=environment,
        tracked=Tracked(tracker="none"),
        stopped=model.stopped,
    )
    write_report(ModelFolder(model.folder), new_record, original.avatars(), data)
    ModelFolder(model.folder).save_record(new_record)


def _merge_again(folder: ModelFolder, out: Path | None, watcher: Watcher) -> Reproduction:
    """Merge the parents again.

    Raises:
        ModelError: a parent is not on this machine.
    """
    record = folder.record
    parents = [find_by_digest(parent.digest, folder.path) for parent in record.merged_from]
    missing = [one.name for one, found in zip(record.merged_from, parents, strict=True) if not found]
    if missing:
        raise ModelError(
            f"{folder} was merged from models of which {' and '.join(missing)} cannot be found unchanged "
            f"below {MODELS} or beside it; put the folder there, or train it again"
        )
    with temporary_folder() as temporary:
        merged = merge(
            list(filter(None, parents)),
            [parent.weight for parent in record.merged_from],
            out=out or temporary / "merged",
            watcher=watcher,
        ).record
    weights = Comparison(recorded=record.model_digest, now=merged.model_digest)
    return Reproduction(
        model=record.name,
        identical=weights.identical,
        weights_state=folder.weights_state,
        weights=weights,
        bits_per_byte=_bits_per_byte(record, merged),
        environment=_differences(
            {"huggingtweets": record.version}, {"huggingtweets": merged.version}, missing=NOTHING
        ),
        seconds=merged.seconds[MERGE],
        out=str(out) if out else None,
    )


def _bits_per_byte(recorded: Record, now: Record) -> tuple[float, float] | None:
    """Held-out bits per byte of both models; None if one has not been measured."""
    values = [metric.value for record in (recorded, now) for metric in record.result.metrics[:1]]
    return (values[0], values[1]) if len(values) > 1 else None


def _compare_environment(
    record: Record, model: FinetunedModel, environment: Mapping[str, str]
) -> dict[str, Comparison]:
    """The versions, the hardware, the threads and the base, as far as they differ."""
    recorded, now = {"base": record.base.digest}, {"base": model.base.digest}
    return _differences({**record.environment, **recorded}, {**environment, **now}, missing=NOTHING)


def _max_difference(recorded: Sequence[CurvePoint], now: Sequence[CurvePoint]) -> float:
    """The largest difference of two curves in bits per byte, over the evaluations that both have."""
    pairs = zip(recorded, now, strict=False)
    return max(abs(before.bits_per_byte - after.bits_per_byte) for before, after in pairs)
