"""The whole job in the order in which it happens. Read this file first.

read -> preprocess -> teach -> evaluate -> judge -> dress: a model folder, whole or not at all

Each stage is also a run of the tracker, and what it makes is an artifact there.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from . import judging, models, records
from .cleaning import Rules
from .evaluation.verdict import require_enough
from .files import Keeping, whole_folder
from .progress import Clock, Silence, Watcher
from .reading import Person, read
from .records import Trained
from .sources import ReadOptions
from .types import NO_BASE, Checkpoint, Dataset, Metric, Preparation, Recipe, Record, Report, Tracked

if TYPE_CHECKING:
    from .figures import Evaluation
    from .tracking import Artifacts, Run
PROMPT = "My dream is"  # since 2020
SAMPLES = 5  # for PROMPT
MORE_PROMPTS = ("I like", "Today", "Why")  # one sample each, for the picture
HOLDS_POSTS = (
    "Such a model holds most of the posts that it learnt from, nearly word for word: give its folder only to "
    "those who may have the posts."
)
JUDGED = 64  # posts written for the short evaluation that ends a training


class Job(Struct, frozen=True, kw_only=True):
    """All that decides what `train` does."""

    locations: tuple[str, ...]
    recipe: Recipe
    options: ReadOptions = ReadOptions()
    source: str | None = None  # None: found out by looking
    rules: Rules = Rules()
    held_out: float = 0.1  # share of the posts
    out: Path | None = None  # None: models/<handle>
    overwrite: bool = False
    tracker: str = "trackio"
    share_data: bool = False  # whether a tracker elsewhere may have the posts
    with_dataset: bool = False
    judge: bool = True  # whether the model is evaluated at the end
    checkpoint_seconds: float = 120.0  # between two checkpoints of an unfinished run
    fresh: bool = False  # whether an unfinished run of the same job is forgotten


def train(job: Job, watcher: Watcher | None = None) -> Trained:
    """Turn posts into a model folder.

    Raises:
        UserError: something that was given cannot be used; no folder was written.
        InternalError: something else went wrong; no folder was written.
    """
    from . import tracking

    watcher = watcher or Silence()
    clock = Clock()
    tracker = tracking.open_tracker(job.tracker)
    prepared = _prepared(job)
    with clock.measure("read"):
        people = read(job.locations, job.options, job.source, job.rules, watcher)
    name = " + ".join(person.account.handle for person in people)
    target = records.target(name, job.out, overwrite=job.overwrite)
    watcher.said(require_enough([post.text for person in people for post in person.cleaned.posts]).text)
    artifacts = tracking.Artifacts(name, tracker, share_data=job.share_data)

    with tracker.run("download", group=name, config=_sources(people)) as run:
        raw = download(people, job, artifacts, run)

    watcher.stage("preprocess")
    with clock.measure("preprocess"), tracker.run("preprocess", group=name, config=_settings(job)) as run:
        run.use(raw)
        data, learnt = preprocess(people, job, artifacts, run)

    with whole_folder(target, replace=job.overwrite) as folder:
        watcher.stage(
            "train", f"{job.recipe.name} on {len(data.train):,} posts, {len(data.held_out):,} held out"
        )
        with tracker.run("train", group=name, config=msgspec.to_builtins(job.recipe)) as run:
            run.use(learnt)
            with clock.measure("train"):
                checkpoint, environment = models.teach(
                    data, job.recipe, folder, tracking.Recorded(watcher, run), _keeping(data, job)
                )
            run.use(artifacts.pretrained_model(run, checkpoint))
            model = artifacts.finetuned_model(run, checkpoint, holds_posts=models.holds_posts(job.recipe))
        if models.holds_posts(job.recipe):
            watcher.said(HOLDS_POSTS)

        watcher.stage("evaluate")
        with clock.measure("evaluate"):
            report = evaluate(checkpoint, data, job.recipe)
        record = replace(
            _record(name, job, data, checkpoint, report, prepared),
            seconds=clock.seconds,
            environment=environment,
            tracked=tracker.where(),
        )
        measured, shown = None, model
        with tracker.run("evaluate", group=name, config={"judged": JUDGED if job.judge else 0}) as run:
            run.use(model)
            run.log_samples(report.samples, step=checkpoint.step)
            if job.judge:
                with clock.measure("judge"):
                    measured = judge(folder, record, people, data, job, watcher)
                run.log(tracking.measures(measured), step=checkpoint.step)
                shown = artifacts.report(run, folder, shows_posts=job.with_dataset)
        record = replace(record, tracked=tracker.where())

        watcher.stage("dress")
        with clock.measure("dress"), tracker.run("dress", group=name, config={}) as run:
            run.use(shown)
            dress(folder, record, people, data, measured, with_dataset=job.with_dataset)
            run.log_pictures({path.stem: path for path in sorted(folder.glob("*.png"))})
            artifacts.card(run, folder)
        records.save(record, folder)
    shutil.rmtree(records.unfinished(data, job.recipe), ignore_errors=True)
    return Trained(target, record)


def follow(job: Job) -> None:
    """Do the part of a follower in `train`, when a launcher started several processes for one run.

    Followers read the same posts and compute their share of each batch; the first process does the rest.
    """
    people = read(job.locations, job.options, job.source, job.rules, Silence())
    data = dataset_of(people, job.held_out)
    with tempfile.TemporaryDirectory() as nowhere:
        models.teach(data, job.recipe, Path(nowhere), Silence(), _keeping(data, job))


def _keeping(data: Dataset, job: Job) -> Keeping:
    """Where the run is kept; what was kept before is forgotten where a fresh start is asked for."""
    folder = records.unfinished(data, job.recipe)
    if job.fresh:
        shutil.rmtree(folder, ignore_errors=True)
    return Keeping(folder, job.checkpoint_seconds)


def dataset_of(people: Sequence[Person], held_out: float) -> Dataset:
    """The posts of all people, this share of them held out."""
    from . import dataset

    parts = [
        dataset.Part(p.account, p.cleaned.funnel, p.cleaned.posts, p.cleaned.language, p.digest)
        for p in people
    ]
    return dataset.build(parts, held_out=held_out)


def download(people: Sequence[Person], job: Job, artifacts: Artifacts, run: Run) -> str:
    """Record what was read; return its version in the tracker."""
    read_posts = {p.account.handle: (p.digest, p.cleaned.funnel) for p in people}
    run.log({"posts/read": sum(person.cleaned.funnel.read for person in people)}, step=0)
    files = [path for path in map(Path, job.locations) if path.is_file()]
    return artifacts.raw_dataset(run, read_posts, files)


def preprocess(people: Sequence[Person], job: Job, artifacts: Artifacts, run: Run) -> tuple[Dataset, str]:
    """Split the posts and keep the dataset on this machine; return it and its version in the tracker."""
    from . import dataset, tracking

    data = dataset_of(people, job.held_out)
    run.log(tracking.counts(person.cleaned.funnel for person in people), step=0)
    return data, artifacts.train_dataset(run, data, dataset.keep(data))


def evaluate(checkpoint: Checkpoint, data: Dataset, recipe: Recipe) -> Report:
    """Held-out figures of the checkpoint beside its base's, guards, and samples as they come."""
    from .evaluation.guards import load_guards, write_guards

    best = next(point for point in checkpoint.curve if point.step == checkpoint.step)
    predicts = Metric(
        name="bits_per_byte",
        value=best.bits_per_byte,
        floor=checkpoint.curve[0].bits_per_byte if checkpoint.base.name != NO_BASE else None,
        count=len(data.held_out),
    )
    write_guards([p.text for p in data.train], [p.text for p in data.held_out], checkpoint.folder)
    model, guards = models.load(checkpoint.folder), load_guards(checkpoint.folder)
    samples = model.generate(PROMPT, count=SAMPLES, seed=recipe.seed, guards=guards).samples
    for prompt in MORE_PROMPTS:
        samples += model.generate(prompt, count=1, seed=recipe.seed, guards=guards).samples
    return Report(metrics=(predicts,), samples=samples)


def judge(
    folder: Path, record: Record, people: Sequence[Person], data: Dataset, job: Job, watcher: Watcher
) -> Evaluation:
    """The short evaluation that ends a training."""
    return judging.judge(
        folder,
        record,
        data,
        judging.other_people(record, (), watcher),
        count=JUDGED,
        seed=job.recipe.seed,
        show_posts=job.with_dataset,
        avatars=_avatars(people),
        watcher=watcher,
    )


def dress(
    folder: Path,
    record: Record,
    people: Sequence[Person],
    data: Dataset,
    measured: Evaluation | None,
    *,
    with_dataset: bool,
) -> None:
    """Write card, pictures, avatars and statistics beside the weights."""
    from . import dataset, reporting

    for name, content in reporting.render(record, _avatars(people), measured).items():
        (folder / name).write_bytes(content)
    (folder / "statistics.json").write_bytes(
        msgspec.json.format(msgspec.json.encode(dataset.statistics(data)))
    )
    if with_dataset:
        (folder / "dataset").mkdir()
        dataset.save(data, folder / "dataset")


def _record(
    name: str, job: Job, data: Dataset, checkpoint: Checkpoint, report: Report, prepared: Preparation
) -> Record:
    """What is known of the model; seconds, environment and tracker are still to come."""
    return Record(
        name=name,
        created_at=datetime.now(UTC).replace(microsecond=0),
        version=version("huggingtweets"),
        recipe=job.recipe,
        base=checkpoint.base,
        authors=data.authors,
        split_by=data.split_by,
        dataset_digest=data.digest,
        model_digest=checkpoint.digest,
        curve=checkpoint.curve,
        report=report,
        seconds={},
        environment={},
        tracked=Tracked(tracker=job.tracker),
        stopped=checkpoint.stopped,
        prepared=prepared,
    )


def _avatars(people: Sequence[Person]) -> dict[str, bytes]:
    return {p.account.handle: p.account.avatar for p in people if p.account.avatar}


def _prepared(job: Job) -> Preparation:
    """How the posts are read now, for whoever wants to do it again."""
    return Preparation(
        read_at=datetime.now(UTC).replace(microsecond=0),
        held_out=job.held_out,
        rules=msgspec.to_builtins(job.rules),
        source=job.source,
        handle=job.options.handle,
        name=job.options.name,
        text_column=job.options.text_column,
    )


def _sources(people: Sequence[Person]) -> dict[str, object]:
    """Who was read from what kind of place; not the locations, which name the user's folders."""
    return {"sources": {p.account.handle: p.account.source for p in people}}


def _settings(job: Job) -> dict[str, object]:
    """What preprocessing depends on; not the locations, which name the user's folders."""
    return {"held_out": job.held_out, **msgspec.to_builtins(job.rules)}
