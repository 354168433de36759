"""Evaluate a model: ask all questions of its posts, and write the answers into its folder."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from types import MappingProxyType

from msgspec.structs import replace

from .. import dataset, evaluation, models, reporting, tracking
from ..bases.hub import cached_hub_answers
from ..errors import ModelError
from ..evaluation import Material
from ..evaluation.floors import LargerModel
from ..evaluation.reference import known_words
from ..evaluation.style import write_style
from ..files import whole_file
from ..generation.text_generator import TextGenerator
from ..model_folder import ModelFolder
from ..progress import Silence, Watcher
from ..reporting.compared import Compared
from ..results import BASE, EVALUATED_POSTS, MODEL, Evaluation, Game
from ..results.drawings import Headline
from ..types import NO_BASE, Dataset, Reason, Record, Sampling, Stage
from ._base_posts import cached_base_posts
from ._floors import base_of, larger_model
from ._other_people import comparable, other_people
from ._shares import as_written
from .data import posts_of

SHOWN = 20  # samples in the report, the first that came


@dataclass(frozen=True)
class EvaluatedModel:
    """A model and its evaluation."""

    model: ModelFolder
    evaluation: Evaluation

    @property
    def headlines(self) -> list[Headline]:
        """The answers in words, with the sentence that each rests on."""
        return reporting.headlines(self.model.record, self.evaluation)


@cached_hub_answers()
def evaluate(
    model: str | Path | ModelFolder,
    against: Sequence[str] = (),
    *,
    count: int = EVALUATED_POSTS,
    seed: int = 0,
    show_posts: bool = False,
    tracker: str | None = None,
    watcher: Watcher | None = None,
) -> EvaluatedModel:
    """Evaluate a model; write report.json and report.html into its folder, and its card anew.

    Args:
        model: a model folder, or its name below models/.
        against: locations of other people's posts, beside those that ship with the package.
        count: posts to write with the model and with its base.
        seed: of every draw.
        show_posts: whether the report shows training posts beside samples, for one's own eyes.
        tracker: where this is recorded; None: where training was.
        watcher: told of each stage.

    Raises:
        ModelError: there is no such model, or its posts are not on this machine.
        OutputExists: nothing can be written into its folder.
    """
    watcher = watcher or Silence()
    folder = ModelFolder.find(model)
    record = folder.record
    folder.require_writable()
    data = posts_of(folder)
    record_keeper = tracking.open_tracker(tracker) if tracker else tracking.reopen(record.tracked)
    artifacts = tracking.Artifacts(record.name, record_keeper)
    settings = {"evaluated": count, "seed": seed}
    with record_keeper.run(Stage.EVALUATE, group=record.name, config=settings) as run:
        if tracker in {None, record.tracked.tracker}:  # another one has no such version, or one of its own
            run.use(record.tracked.artifacts.get(artifacts.finetuned_name, ""))
        result = evaluate_folder(
            folder,
            record,
            data,
            other_people(against, watcher),
            count=count,
            seed=seed,
            show_posts=show_posts,
            avatars=folder.avatars(),
            watcher=watcher,
            larger=larger_model(record),
        )
        run.log(tracking.evaluation_metrics(result), step=0)
        artifacts.report(run, folder)
    pictures = [picture.name for picture in folder.pictures()]
    card = reporting.model_card(record, pictures=pictures, evaluation=result)
    whole_file(folder.card, card.encode())
    return EvaluatedModel(folder, result)


def evaluate_folder(
    folder: ModelFolder,
    record: Record,
    data: Dataset,
    others: Mapping[str, Sequence[str]],
    *,
    count: int,
    seed: int,
    show_posts: bool,
    watcher: Watcher,
    avatars: Mapping[str, bytes] = MappingProxyType({}),
    larger: LargerModel | None = None,
) -> Evaluation:
    """Evaluate the model in a folder, and write report.json, report.html and the style scorer into it.

    Args:
        folder: a model folder, whole or still being written.
        record: what is known of the model.
        data: the posts that it was made of.
        others: real posts of other people, by name.
        count: posts to write with the model and with its base.
        seed: of every draw.
        show_posts: whether the report shows training posts beside samples; model folders are published.
        watcher: told of each stage.
        avatars: image files by handle, for the report.
        larger: an independent model that reads the posts; None for none.
    """
    answers, material = measure_folder(
        folder, record, data, others, count=count, seed=seed, watcher=watcher, larger=larger
    )
    result = replace(answers, game=_last_game(folder))
    posts, base_posts = (material.groups.get(name, ()) for name in (MODEL, BASE))
    write_style(material.train, others, base_posts, material.imitations, folder.path)
    samples = _beside_originals(posts[:SHOWN], material, show_posts=show_posts)
    page = reporting.report_html(record, result, samples, avatars=avatars)
    evaluation.save(result, folder)
    whole_file(folder.report_page, page.encode())  # last: who sees the page finds the figures, too
    return result


def measure_folder(
    folder: ModelFolder,
    record: Record,
    data: Dataset,
    others: Mapping[str, Sequence[str]],
    *,
    count: int,
    seed: int,
    watcher: Watcher,
    larger: LargerModel | None = None,
) -> tuple[Evaluation, Material]:
    """Write posts and ask all questions of them, as `evaluate_folder` does; no file is written.

    Returns:
        The answers, and what they were measured on.
    """
    watcher.stage("write", f"{count} by each model")
    # each is freed before the next is loaded: a machine that could train the model can hold one of them
    posts, bits = _of_model(folder, record, data, count, seed, watcher)
    base_posts, base_bits = _of_base(record, data, count, seed, watcher)
    language, known = _word_list(record)
    material = Material.gather(
        [post.text for post in dataset.taking_turns(data.train)],
        [post.text for post in data.held_out],
        posts,
        typical=[post.text for post in dataset.taking_turns(as_written(data.train, record))],
        own=[post.text for post in as_written(data.held_out, record)],
        fit_ngram=models.ngram_floor,
        base=base_posts,
        others=comparable(others, record),
        seed=seed,
    )
    material = dataclasses.replace(
        material,
        days=_days(data),
        bits=bits,
        base_bits=base_bits,
        repeats=_repeats(record),
        hours=_hours(data),
        language=language,
        known_words=known,
        larger=larger,
    )
    return evaluation.measure(material, watcher), material


def _of_model(
    folder: ModelFolder, record: Record, data: Dataset, count: int, seed: int, watcher: Watcher
) -> tuple[Sequence[str], Sequence[float]]:
    """Posts of the model, and what each held-out post costs it in bits."""
    total = count if record.base.name == NO_BASE else 2 * count
    generator = models.load_generator(folder.path)
    posts = _posts(record.recipe.sampling, count, seed, generator, lambda done: watcher.written(done, total))
    del generator  # before what predicts is loaded
    authors = [post.author for post in data.held_out]
    return posts, models.load(folder.path).bits([post.text for post in data.held_out], authors)


def _of_base(
    record: Record, data: Dataset, count: int, seed: int, watcher: Watcher
) -> tuple[Sequence[str], Sequence[float]]:
    """The same of what the model was trained from; nothing where there is nothing to compare with."""
    base, total = base_of(record, watcher), 2 * count
    if base is None:
        return [], []
    bits = base.bits([post.text for post in data.held_out])  # first: to write, it copies its weights
    posts = cached_base_posts(
        record,
        count,
        seed,
        lambda sampling: _posts(
            sampling, count, seed, base, lambda done: watcher.written(count + done, total)
        ),
    )
    watcher.written(total, total)  # also where they are those of an earlier evaluation
    return posts, bits


def _days(data: Dataset) -> list[int]:
    """The day of each held-out post, counted from the first one; none where a date is missing."""
    days = [post.created_at.toordinal() for post in data.held_out if post.created_at]
    first = min(days, default=0)
    return [day - first for day in days] if len(days) == len(data.held_out) else []


def _hours(data: Dataset) -> list[int]:
    """The hours of training posts, by UTC; none of people whose posts have a date and no time of day."""
    timed = {post.author for post in data.train if post.created_at and post.created_at.time() != time.min}
    return [post.created_at.hour for post in data.train if post.created_at and post.author in timed]


def _repeats(record: Record) -> tuple[int, int] | None:
    """How many posts cleaning dropped for repeating an earlier one, and of how many.

    None where a person's posts were read in several places: what stands in two of them is no habit.
    """
    if any(" " in author.input_digest for author in record.authors):
        return None
    funnels = [author.funnel for author in record.authors]
    reasons = (Reason.DUPLICATE, Reason.NEAR_DUPLICATE)
    repeats = sum(funnel.dropped.get(reason, 0) for funnel in funnels for reason in reasons)
    unique = sum(funnel.kept + funnel.dropped.get(Reason.SAMPLED, 0) for funnel in funnels)
    posts = repeats + unique  # what is more than a recipe takes was left out after repeats were
    return (repeats, posts) if posts else None


def _word_list(record: Record) -> tuple[str, frozenset[str]]:
    """The authors' languages, and the words of all of them; no words where one has no list."""
    languages = sorted({author.language for author in record.authors if author.language})
    lists = [known_words(language) for language in languages]
    return ", ".join(languages), frozenset().union(*lists) if all(lists) else frozenset()


def _posts(
    sampling: Sampling, count: int, seed: int, generator: TextGenerator, progress: Callable[[int], None]
) -> list[str]:
    """Posts of a model as they come, unfiltered: filters would hide what is measured."""
    written = generator.generate(count=count, sampling=sampling, seed=seed, progress=progress)
    return [sample.text for sample in written.samples]


def _beside_originals(samples: Sequence[str], material: Material, *, show_posts: bool) -> list[Compared]:
    """Samples as they came, each with the training post that it is most like."""
    originals = material.originals
    rows = zip(samples, originals.nearest(samples), originals.longest_runs(samples), strict=True)
    return [
        Compared(
            text=text,
            similarity=nearest.similarity,
            run=int(run),
            nearest=material.train[nearest.position] if show_posts else "",
        )
        for text, nearest, run in rows
    ]


def _last_game(folder: ModelFolder) -> Game | None:
    """The game that somebody played with this model; a new evaluation keeps it."""
    try:
        return evaluation.load(folder).game
    except ModelError:
        return None
