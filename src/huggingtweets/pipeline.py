"""The whole job in the order in which it happens. Read this file first.

read -> preprocess -> teach -> evaluate -> dress: a model folder, whole or not at all
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.resources import files
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from . import cleaning, records, sources
from .cleaning import Cleaned, Rules
from .errors import OutputExists
from .evaluation.verdict import Verdict, require_enough, verdict
from .files import whole_folder
from .progress import Clock, Silence, Watcher
from .records import Trained
from .sources import ReadOptions
from .types import (
    Account,
    Checkpoint,
    CurvePoint,
    Dataset,
    Metric,
    Post,
    Recipe,
    Record,
    Report,
)

if TYPE_CHECKING:
    from .tracking import Run

PROJECT = "huggingtweets"  # of the tracker
PROMPT = "My dream is"  # since 2020
SAMPLES = 5  # for PROMPT
MORE_PROMPTS = ("I like", "Today", "Why")  # one sample each, for the picture
COUNT_EVERY = 500  # posts read between two words to the watcher


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
    with_dataset: bool = False


@dataclass(frozen=True)
class Person:
    """One author, and what cleaning kept of their posts."""

    account: Account
    cleaned: Cleaned
    digest: str  # of what was read


@dataclass(frozen=True)
class Inspection:
    """What the locations hold of one person, and whether it is enough."""

    person: Person
    verdict: Verdict

    def summary(self) -> dict[str, object]:
        """The same for machines."""
        cleaned = self.person.cleaned
        return {
            "account": msgspec.structs.replace(self.person.account, avatar=None),
            "funnel": cleaned.funnel,
            "verdict": self.verdict,
            "dropped": cleaned.examples,
            "kept": [post.text for post in cleaned.some()],
        }


def sample_archive() -> str:
    """The archive of a made-up account that ships with the package."""
    return str(files(__package__) / "data" / "sample-archive.zip")


def inspect(
    locations: Sequence[str],
    *,
    options: ReadOptions | None = None,
    source: str | None = None,
    rules: Rules | None = None,
    watcher: Watcher | None = None,
) -> list[Inspection]:
    """Read and clean what the locations hold, one inspection per person; nothing is trained or written."""
    people = read(locations, options or ReadOptions(), source, rules or Rules(), watcher or Silence())
    return [Inspection(person, verdict([post.text for post in person.cleaned.posts])) for person in people]


def train(job: Job, watcher: Watcher | None = None) -> Trained:
    """Turn posts into a model folder.

    Raises:
        UserError: something that was given cannot be used; no folder was written.
        InternalError: something else went wrong; no folder was written.
    """
    from . import tracking

    watcher = watcher or Silence()
    clock = Clock()
    tracker = tracking.open_tracker(job.tracker, project=PROJECT)
    with clock.measure("read"):
        people = read(job.locations, job.options, job.source, job.rules, watcher)
    name = " + ".join(person.account.handle for person in people)
    target = job.out or records.MODELS / records.folder_name(name)
    if target.exists() and not job.overwrite:
        raise OutputExists(
            f"{target} exists already; choose another with --out, or replace it with --overwrite"
        )
    watcher.said(require_enough([post.text for person in people for post in person.cleaned.posts]).text)

    watcher.stage("preprocess")
    with clock.measure("preprocess"), tracker.run("preprocess", group=name, config=_settings(job)) as run:
        data, data_version = preprocess(people, job, name, run, posts_may_go=not tracker.remote)

    with whole_folder(target, replace=job.overwrite) as folder:
        watcher.stage(
            "train", f"{job.recipe.name} on {len(data.train):,} posts, {len(data.held_out):,} held out"
        )
        with tracker.run("train", group=name, config=msgspec.to_builtins(job.recipe)) as run:
            run.use(data_version)
            with clock.measure("train"):
                checkpoint, environment = teach(data, job.recipe, name, folder, run, watcher)
            watcher.stage("evaluate")
            with clock.measure("evaluate"):
                report = evaluate(checkpoint, data, job.recipe)
            run.log_samples(report.samples, step=checkpoint.step)
        record = Record(
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
            seconds=clock.seconds,
            environment=environment,
            tracked=tracker.where(),
        )
        watcher.stage("dress")
        with clock.measure("dress"):
            dress(folder, record, people, data, with_dataset=job.with_dataset)
        records.save(record, folder)
    return Trained(target, record)


def read(
    locations: Sequence[str], options: ReadOptions, source: str | None, rules: Rules, watcher: Watcher
) -> list[Person]:
    """Read and clean every location; several of one person are joined."""
    accounts: dict[str, Account] = {}
    digests: dict[str, list[str]] = {}
    posts: dict[str, list[Iterable[Post]]] = {}
    for location in locations:
        timeline = sources.read(location, options, source=source)
        watcher.stage("read", f"{location} ({timeline.account.source})")
        who = timeline.account.handle.casefold()
        accounts.setdefault(who, timeline.account)
        digests.setdefault(who, []).append(timeline.digest)
        posts.setdefault(who, []).append(_counted(timeline.posts, timeline.expected, watcher))
    return [
        Person(account, cleaning.clean(chain.from_iterable(posts[who]), rules), " ".join(digests[who]))
        for who, account in accounts.items()
    ]


def preprocess(
    people: Sequence[Person], job: Job, name: str, run: Run, *, posts_may_go: bool
) -> tuple[Dataset, str]:
    """Split the posts and keep the dataset on this machine; return it and its version in the tracker."""
    from . import dataset

    parts = [
        dataset.Part(p.account, p.cleaned.funnel, p.cleaned.posts, p.cleaned.language, p.digest)
        for p in people
    ]
    data = dataset.build(parts, held_out=job.held_out)
    stored = dataset.keep(data)
    places = [Path(location) for location in job.locations]
    raw = run.save(
        f"{name}-raw-dataset",
        kind="raw-dataset",
        references={
            place.name: place.resolve().as_uri() for place in places if place.is_file() and posts_may_go
        },
        metadata={p.account.handle: {"digest": p.digest, "posts": p.cleaned.funnel.read} for p in people},
    )
    run.use(raw)
    return data, run.save(
        f"{name}-train-dataset",
        kind="train-dataset",
        files=stored if posts_may_go else {},
        metadata={"digest": data.digest, "train": len(data.train), "held_out": len(data.held_out)},
    )


def teach(
    data: Dataset, recipe: Recipe, name: str, folder: Path, run: Run, watcher: Watcher
) -> tuple[Checkpoint, dict[str, str]]:
    """Train the recipe's base on the dataset, into `folder`; return checkpoint and environment."""
    from . import training

    device = training.choose_device()
    base = training.load_base(recipe.base, dropout=recipe.dropout)
    run.use(run.save("pretrained-model", kind="pretrained-model", metadata=msgspec.to_builtins(base.base)))
    checkpoint = training.train(data, recipe, base, folder, device=device, watcher=_Recorded(watcher, run))
    run.save(
        f"{name}-finetuned-model",
        kind="finetuned-model",
        files={path.name: path for path in sorted(folder.iterdir())},
        metadata={"digest": checkpoint.digest, "step": checkpoint.step},
    )
    return checkpoint, training.environment(device)


def evaluate(checkpoint: Checkpoint, data: Dataset, recipe: Recipe) -> Report:
    """Held-out figures of the checkpoint beside its base's, and samples as they come."""
    from .generation import Generator

    best = min(checkpoint.curve, key=lambda point: point.bits_per_byte)
    predicts = Metric(
        name="bits_per_byte",
        value=best.bits_per_byte,
        floor=checkpoint.curve[0].bits_per_byte,
        count=len(data.held_out),
    )
    generator = Generator(checkpoint.folder)
    samples = generator.generate(PROMPT, count=SAMPLES, seed=recipe.seed)
    for prompt in MORE_PROMPTS:
        samples += generator.generate(prompt, count=1, seed=recipe.seed)
    return Report(metrics=(predicts,), samples=tuple(samples))


def dress(
    folder: Path, record: Record, people: Sequence[Person], data: Dataset, *, with_dataset: bool
) -> None:
    """Write card, pictures, avatars and statistics beside the weights."""
    from . import dataset, reporting

    avatars = {p.account.handle: p.account.avatar for p in people if p.account.avatar}
    for name, content in reporting.render(record, avatars).items():
        (folder / name).write_bytes(content)
    (folder / "statistics.json").write_bytes(
        msgspec.json.format(msgspec.json.encode(dataset.statistics(data)))
    )
    if with_dataset:
        (folder / "dataset").mkdir()
        dataset.save(data, folder / "dataset")


class _Recorded(Silence):
    """A watcher that also writes the figures into the tracker's run."""

    def __init__(self, watcher: Watcher, run: Run) -> None:
        self._watcher, self._run = watcher, run

    def stepped(self, step: int, steps: int, loss: float, tokens_per_second: float) -> None:
        self._watcher.stepped(step, steps, loss, tokens_per_second)
        self._run.log({"train/loss": loss, "train/tokens_per_second": tokens_per_second}, step=step)

    def evaluated(self, point: CurvePoint) -> None:
        self._watcher.evaluated(point)
        self._run.log({"held_out/bits_per_byte": point.bits_per_byte}, step=point.step)


def _counted(posts: Iterable[Post], expected: int | None, watcher: Watcher) -> Iterator[Post]:
    for number, post in enumerate(posts, start=1):
        if number % COUNT_EVERY == 0:
            watcher.read(number, expected)
        yield post


def _settings(job: Job) -> dict[str, object]:
    """What preprocessing depends on; not the locations, which name the user's folders."""
    return {"held_out": job.held_out, **msgspec.to_builtins(job.rules)}
