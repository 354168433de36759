"""The whole job, from posts to a model folder, in the order in which it happens. Read this file first.

READ -> PREPROCESS -> TRAIN -> EVALUATE -> REPORT: a model folder, whole or not at all
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from .. import bases, dataset, models, tracking
from ..bases.hub import cached_hub_answers
from ..files import CheckpointConfig, temporary_folder, whole_folder
from ..files.home_folder import UNFINISHED, home
from ..model_folder import FinetunedModel, ModelFolder
from ..progress import Clock, Silence, Watcher
from ..results import ENOUGH, Evaluation
from ..text.counting import counted
from ..tracking import Artifacts, Run
from ..types import Dataset, Preparation, Recipe, Record, Stage, Tracked, TrainingResult
from ._other_people import other_people
from ._same_person import remember
from ._stages import Stages
from ._tracked import (
    preprocess_settings,
    record_evaluation,
    record_model,
    record_posts,
    record_report,
    source_settings,
    train_settings,
)
from ._trainable import require_trainable
from ._trained import training_result, write_copy_filters, write_report
from .data import (
    AuthorPosts,
    DataConfig,
    build_dataset,
    check_posts,
    most_posts,
    preparation_of,
    read,
    require_home,
)
from .evaluate import evaluate_folder

HOLDS_POSTS = (
    "Such a model holds most of the posts that it learnt from, nearly word for word: give its folder only to "
    "those who may have the posts."
)
SHORT_EVALUATION = 64  # written for the short evaluation that ends a training


class TrainConfig(Struct, frozen=True, kw_only=True):
    """All that decides what `train` does."""

    data: DataConfig
    recipe: Recipe
    out: Path | None = None  # None: models/<handle>
    overwrite: bool = False
    tracker: str = "trackio"
    share_data: bool = False  # whether a tracker elsewhere may have the posts
    with_dataset: bool = False
    evaluate: bool = True  # whether all questions of the evaluation are asked at the end
    checkpoint_seconds: float = 120.0  # between two checkpoints of an unfinished run
    fresh: bool = False  # whether an unfinished run of the same job is forgotten
    checkpoint_folder: Path | None = None  # of the unfinished run; None: below the home folder
    name: str | None = None  # of the model; None: the handles of its authors


@cached_hub_answers()
def train(
    config: TrainConfig, watcher: Watcher | None = None, authors: Sequence[AuthorPosts] = ()
) -> ModelFolder:
    """Turn posts into a model folder.

    Args:
        config: all that decides what is done.
        watcher: told of each stage, and of progress.
        authors: what was read before; empty: it is read from the locations of `config`.

    Raises:
        UserError: something that was given cannot be used; no folder was written.
        InternalError: something else went wrong; no folder was written.
    """
    watcher, clock, tracker = watcher or Silence(), Clock(), tracking.open_tracker(config.tracker)
    preparation = preparation_of(config.data)
    require_home()
    require_trainable(config.recipe, watcher)
    with clock.measure(Stage.READ):
        authors = authors or read(config.data, watcher, most=_most(config))
    name = config.name or " + ".join(author.account.handle for author in authors)
    target = ModelFolder.target(name, config.out, overwrite=config.overwrite, inputs=config.data.locations)
    check_posts(authors, config.recipe, watcher)
    artifacts = Artifacts(name, tracker, share_data=config.share_data)
    stage = Stages(name, watcher, clock, tracker)

    with stage(Stage.READ, source_settings(authors), announce=False) as run:
        latest = record_posts(authors, config.data, artifacts, run)

    with stage(Stage.PREPROCESS, preprocess_settings(config.data)) as run:
        run.use(latest)
        data, latest = _preprocess(authors, config.data, artifacts, run)

    with whole_folder(target.path, replace=config.overwrite) as path:
        folder = ModelFolder(path)
        with stage(Stage.TRAIN, train_settings(config.recipe), _amount(config.recipe, data)) as run:
            run.use(latest)
            recorded, checkpoints = artifacts.watcher(watcher, run), _checkpoints(data, config)
            model, environment = models.train(data, config.recipe, path, recorded, checkpoints)
            latest = record_model(model, config.recipe, artifacts, run)
            write_copy_filters(data, config.recipe.sampling, path)
        if models.holds_posts(config.recipe):
            watcher.note(HOLDS_POSTS)

        evaluates = _is_evaluated(data, config, watcher)
        with stage(Stage.EVALUATE, {"evaluated": SHORT_EVALUATION if evaluates else 0}) as run:
            run.use(latest)
            result = training_result(model, data, config.recipe.seed)
            run.log_samples(result.samples, step=model.step)
            record = _record(name, config, data, model, result, environment, preparation)
            evaluation = None
            if evaluates:
                evaluation = _evaluate(folder, record, authors, data, config, watcher)
                latest = record_evaluation(evaluation, folder, artifacts, run, step=model.step)

        with stage(Stage.REPORT, {}) as run:
            run.use(latest)
            record = replace(record, tracked=tracker.where(), seconds=clock.seconds)
            write_report(folder, record, _avatars(authors), data, evaluation)
            if config.with_dataset:
                folder.dataset.mkdir()
                dataset.save(data, folder.dataset)
            record_report(folder, artifacts, run)
        folder.save_record(record)
    shutil.rmtree(checkpoints.folder, ignore_errors=True)
    return target


def train_share(config: TrainConfig) -> None:
    """Compute this process's share of each batch, in every process of a distributed run but the first.

    The process reads the same posts as `train`, which runs in the first process and does the rest.
    """
    authors = read(config.data, Silence(), most=_most(config))
    data = build_dataset(authors, config.data.held_out)
    with temporary_folder() as unused:
        models.train(data, config.recipe, unused, Silence(), _checkpoints(data, config))


def unfinished(data: Dataset, recipe: Recipe) -> Path:
    """The folder of the checkpoints of an unfinished run on these posts by this recipe.

    Its name begins with the digest of the posts, so that whose it is can be found out.
    """
    key = hashlib.sha256(data.digest.encode() + msgspec.json.encode(recipe, order="sorted"))
    return home() / UNFINISHED / f"{data.digest[:16]}-{key.hexdigest()[:16]}"


def _most(config: TrainConfig) -> int | None:
    """How many posts of each author are kept."""
    return most_posts(config.recipe, config.data.held_out)


def _checkpoints(data: Dataset, config: TrainConfig) -> CheckpointConfig:
    """Where checkpoints are written; those of an earlier run are deleted where `fresh` is set."""
    folder = config.checkpoint_folder or unfinished(data, config.recipe)
    if config.fresh:
        shutil.rmtree(folder, ignore_errors=True)
    return CheckpointConfig(folder, config.checkpoint_seconds)


def _preprocess(
    authors: Sequence[AuthorPosts], config: DataConfig, artifacts: Artifacts, run: Run
) -> tuple[Dataset, str]:
    """Split the posts and keep the dataset on this machine; return it and its version in the tracker."""
    data = build_dataset(authors, config.held_out)
    run.log(tracking.funnel_metrics(author.cleaned.funnel for author in authors), step=0)
    remember(authors)
    return data, artifacts.train_dataset(run, data, dataset.store(data))


def _is_evaluated(data: Dataset, config: TrainConfig, watcher: Watcher) -> bool:
    """Whether the model is evaluated; where there are too few posts, the watcher gets a note."""
    if config.evaluate and len(data.train) < ENOUGH:
        posts = counted(len(data.train), "training post")
        watcher.note(f"{posts}: an evaluation needs {ENOUGH}, so nothing is evaluated")
        return False
    return config.evaluate


def _evaluate(
    folder: ModelFolder,
    record: Record,
    authors: Sequence[AuthorPosts],
    data: Dataset,
    config: TrainConfig,
    watcher: Watcher,
) -> Evaluation:
    """The short evaluation that ends a training."""
    return evaluate_folder(
        folder,
        record,
        data,
        other_people((), watcher),
        count=SHORT_EVALUATION,
        seed=config.recipe.seed,
        show_posts=config.with_dataset,
        avatars=_avatars(authors),
        watcher=watcher,
    )


def _record(
    name: str,
    config: TrainConfig,
    data: Dataset,
    model: FinetunedModel,
    result: TrainingResult,
    environment: dict[str, str],
    preparation: Preparation,
) -> Record:
    """What is known of the model before it is reported: without seconds and the tracker's addresses."""
    recipe, is_merged = config.recipe, config.recipe.merge_adapter or model.is_merged
    return Record(
        name=name,
        created_at=datetime.now(UTC).replace(microsecond=0),
        version=version("huggingtweets"),
        recipe=replace(recipe, base=bases.as_path(recipe.base), merge_adapter=is_merged),
        base=model.base,
        authors=data.authors,
        split_by=data.split_by,
        dataset_digest=data.digest,
        model_digest=model.digest,
        curve=model.curve,
        result=result,
        seconds={},
        environment=environment,
        tracked=Tracked(tracker=config.tracker),
        stopped=model.stopped,
        prepared=preparation,
    )


def _avatars(authors: Sequence[AuthorPosts]) -> dict[str, bytes]:
    return {a.account.handle: a.account.avatar for a in authors if a.account.avatar}


def _amount(recipe: Recipe, data: Dataset) -> str:
    return f"{recipe.name} on {counted(len(data.train), 'post')}, {len(data.held_out):,} held out"
