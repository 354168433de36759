"""Judging trained models: does it sound like them, does it only repeat them?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from . import models, reading, records
from .cleaning import Rules
from .errors import ModelError, UserError
from .figures import Evaluation, Game
from .progress import Silence, Watcher
from .sources import ReadOptions
from .types import Dataset, Post, Record

if TYPE_CHECKING:
    from .evaluation.comparison import Difference
    from .models import Model
    from .reporting.compared import Compared

CARD = "README.md"
REPORT = "report.json"
PAGE = "report.html"
SHOWN = 20  # samples in the report, the first that came
DRAWN = 400  # posts that are written to be judged, by the model and by its base


@dataclass(frozen=True)
class Judged:
    """A model and what was measured of it."""

    folder: Path
    record: Record
    evaluation: Evaluation


def evaluate(
    model: str | Path,
    against: Sequence[str] = (),
    *,
    count: int = DRAWN,
    seed: int = 0,
    show_posts: bool = False,
    tracker: str | None = None,
    watcher: Watcher | None = None,
) -> Judged:
    """Measure a model, write report.json and report.html into its folder, and its card anew.

    Args:
        model: a model folder, or its name below models/.
        against: locations of other people's posts, beside those of other models and of the sample.
        count: posts to write with the model and with its base.
        seed: of every draw.
        show_posts: whether the report shows training posts beside samples, for one's own eyes.
        tracker: where this is recorded; None: where training was.
        watcher: told of each stage.

    Raises:
        ModelError: there is no such model, or its posts are not on this machine.
    """
    from . import reporting, tracking

    watcher = watcher or Silence()
    folder = records.place(model)
    record = records.load(folder)
    data = posts(folder, record)
    kept = tracking.open_tracker(tracker) if tracker else tracking.reopen(record.tracked)
    artifacts = tracking.Artifacts(record.name, kept)
    with kept.run("evaluate", group=record.name, config={"judged": count, "seed": seed}) as run:
        run.use(record.tracked.artifacts.get(artifacts.finetuned_name, ""))
        measured = judge(
            folder,
            record,
            data,
            other_people(record, against, watcher),
            count=count,
            seed=seed,
            show_posts=show_posts,
            avatars=avatars_of(folder, record),
            watcher=watcher,
        )
        run.log(tracking.measures(measured), step=0)
        artifacts.report(run, folder, shows_posts=show_posts)
    pictures = sorted(path.name for path in folder.glob("*.png"))
    (folder / CARD).write_text(reporting.model_card(record, pictures=pictures, evaluation=measured), "utf-8")
    return Judged(folder, record, measured)


def judge(
    folder: Path,
    record: Record,
    data: Dataset,
    others: Mapping[str, Sequence[str]],
    *,
    count: int,
    seed: int,
    show_posts: bool,
    watcher: Watcher,
    avatars: Mapping[str, bytes] = MappingProxyType({}),
) -> Evaluation:
    """Measure the model in `folder`, and write what was found there.

    Args:
        folder: a model folder, whole or in the making.
        record: what is known of it.
        data: the posts it was made of.
        others: real posts of other people, by handle.
        count: posts to write with the model and with its base.
        seed: of every draw.
        show_posts: whether the report shows training posts beside samples; model folders are published.
        watcher: told of each stage.
        avatars: image files by handle, for the report.
    """
    from . import evaluation, reporting
    from .evaluation.style import write_style

    train, held_out = [p.text for p in data.train], [p.text for p in data.held_out]
    watcher.stage("write", f"{count} by each model")
    model, base = models.load(folder), models.load_base(record.recipe)
    written, generic = (_written(one, record, count, seed) if one else [] for one in (model, base))
    measured = evaluation.measure(
        train,
        held_out,
        written,
        base=generic,
        others=others,
        bits=model.bits(held_out, [p.author for p in data.held_out]),
        base_bits=base.bits(held_out) if base else (),
        hours=[post.created_at.hour for post in data.train if post.created_at],
        seed=seed,
        progress=lambda question, *_: watcher.stage(question),
    )
    write_style(train, others, generic, folder)
    measured = replace(measured, game=_played(folder))
    page = reporting.report_html(
        record,
        measured,
        _beside(written[:SHOWN], train, show_posts=show_posts),
        avatars=avatars,
        copying_curve=[(point.step, point.copied) for point in record.curve if point.copied is not None],
    )
    (folder / PAGE).write_text(page, "utf-8")
    save(measured, folder)
    return measured


def load(folder: Path) -> Evaluation:
    """What was measured of a model.

    Raises:
        ModelError: nothing was, or its report is damaged.
    """
    try:
        return msgspec.json.decode((folder / REPORT).read_bytes(), type=Evaluation)
    except (OSError, msgspec.DecodeError) as error:
        raise ModelError(
            f"{folder / REPORT} cannot be read ({error}); run huggingtweets evaluate {folder}"
        ) from error


def save(measured: Evaluation, folder: Path) -> None:
    """Write what was measured of a model, for machines."""
    (folder / REPORT).write_bytes(msgspec.json.format(msgspec.json.encode(measured)))


def _played(folder: Path) -> Game | None:
    """The game that somebody played with this model, which a new evaluation does not undo."""
    try:
        return load(folder).game
    except ModelError:
        return None


def _beside(samples: Sequence[str], train: Sequence[str], *, show_posts: bool) -> list[Compared]:
    """Samples as they came, each with the training post that it is most like."""
    from .evaluation.copying import Originals
    from .reporting.compared import Compared

    originals = Originals(train)
    found = zip(samples, originals.nearest(samples), originals.longest_runs(samples), strict=True)
    return [
        Compared(
            text=text,
            similarity=near.similarity,
            run=int(run),
            nearest=train[near.position] if show_posts else "",
        )
        for text, near, run in found
    ]


def compare(
    models: Sequence[str | Path], *, count: int = DRAWN, seed: int = 0, watcher: Watcher | None = None
) -> list[tuple[Judged, Mapping[str, Difference]]]:
    """Set several models of the same held-out posts side by side.

    Returns:
        Each model with the difference of every figure to the first one's.

    Raises:
        UserError: the models do not share their held-out posts, so nothing can be compared.
    """
    from .evaluation.comparison import compare as difference

    judged = [evaluate(model, count=count, seed=seed, watcher=watcher) for model in models]
    digests = {one.record.dataset_digest for one in judged}
    if len(digests) > 1:
        raise UserError(
            f"the {len(models)} models were made of {len(digests)} different datasets; "
            "only models with the same held-out posts can be compared: train them from the same archive"
        )
    first = judged[0].evaluation
    return [(one, difference(one.evaluation, first, seed=seed)) for one in judged]


def other_people(record: Record, against: Sequence[str], watcher: Watcher) -> dict[str, list[str]]:
    """Real posts of others: of given locations, of other models made here, and of the sample's account.

    They are numbered, not named: reports lie in model folders, and those are published.
    """
    watcher.stage("others")
    found: dict[str, list[str]] = {}
    locations = [*against, reading.sample_archive()]
    for person in reading.read(locations, ReadOptions(), None, Rules(), watcher):
        found[person.account.handle] = [post.text for post in person.cleaned.posts]
    for other in records.find():
        theirs: dict[str, list[str]] = {}
        for post in _kept(other.record):
            theirs.setdefault(post.author, []).append(post.text)
        found = {**theirs, **found}
    mine = {author.account.handle.casefold() for author in record.authors}
    theirs_alone = [texts for handle, texts in sorted(found.items()) if handle.casefold() not in mine]
    return {f"person {number}": texts for number, texts in enumerate(theirs_alone, start=1)}


def _kept(record: Record) -> tuple[Post, ...]:
    from . import dataset

    try:
        return dataset.kept(record.dataset_digest).train
    except ModelError:
        return ()


def posts(folder: Path, record: Record) -> Dataset:
    """The posts behind a model: in its own folder, or kept on this machine."""
    from . import dataset

    inside = folder / "dataset"
    return dataset.load(inside) if inside.is_dir() else dataset.kept(record.dataset_digest)


def avatars_of(folder: Path, record: Record) -> dict[str, bytes]:
    """The people's pictures as the model folder has them."""
    drawn = {a.account.handle: folder / f"avatar-{n}.png" for n, a in enumerate(record.authors, start=1)}
    return {handle: path.read_bytes() for handle, path in drawn.items() if path.is_file()}


def _written(model: Model, record: Record, count: int, seed: int) -> list[str]:
    """Posts as they come, unguarded: guards would hide what is to be measured."""
    written = model.generate(count=count, sampling=record.recipe.sampling, seed=seed)
    return [sample.text for sample in written.samples]
