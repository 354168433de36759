"""What `train` and `reproduce` make of trained weights: text filters, first results, and the report."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from .. import dataset, models, reporting
from ..dataset.beginnings import prompts
from ..evaluation.copies import SAMPLE_WORDS, Originals, own_run
from ..generation.filters import filters_for, load_filters, write_filters
from ..model_folder import STATISTICS, FinetunedModel, ModelFolder
from ..results import Evaluation, Metric
from ..types import MAX_SEED, NO_BASE, Dataset, Record, Sample, Sampling, TrainingResult

SAMPLES = 5  # for the first prompt; one for each of the others, for the picture


def write_copy_filters(data: Dataset, sampling: Sampling, folder: Path) -> None:
    """Write what `generate` needs to refuse copies, into the model folder and below the home folder.

    A copy is a run of words that the person's own later posts hardly ever share with earlier ones.
    """
    train, held_out = ([post.text for post in posts] for posts in (data.train, data.held_out))
    people = [author.account.handle for author in data.authors]
    longest = max(SAMPLE_WORDS, sampling.max_new_tokens)  # a word has at least one token
    write_filters(train, own_run(Originals(train), held_out, longest), folder, people)


def training_result(model: FinetunedModel, data: Dataset, seed: int) -> TrainingResult:
    """Held-out bits per byte beside the base's, and samples that pass the folder's text filters."""
    return TrainingResult(metrics=(_held_out(model, data),), samples=_samples(model.folder, data, seed))


def write_report(
    folder: ModelFolder,
    record: Record,
    avatars: Mapping[str, bytes],
    data: Dataset,
    evaluation: Evaluation | None = None,
) -> None:
    """Write card, pictures, avatars and statistics beside the weights."""
    statistics = msgspec.json.format(msgspec.json.encode(dataset.statistics(data)))
    folder.write({**reporting.render(record, avatars, evaluation), STATISTICS: statistics})


def _held_out(model: FinetunedModel, data: Dataset) -> Metric:
    """Bits per byte of the weights that were kept, as measured in training."""
    best = next(point for point in model.curve if point.step == model.step)
    return Metric(
        name="bits_per_byte",
        value=best.bits_per_byte,
        floor=model.curve[0].bits_per_byte if model.base.name != NO_BASE else None,
        count=len(data.held_out),
    )


def _samples(folder: Path, data: Dataset, seed: int) -> tuple[Sample, ...]:
    """Posts for several prompts, as they come."""
    generator, filters = models.load_generator(folder), load_filters(folder)
    texts, languages = [post.text for post in data.train], [author.language for author in data.authors]
    written = [
        generator.generate(
            prompt,
            count=1 if number else SAMPLES,
            seed=(seed + number) % (MAX_SEED + 1),  # of one seed, all would end with the same words
            filters=filters_for(filters, prompt),
        )
        for number, prompt in enumerate(prompts(texts, languages))
    ]
    return tuple(sample for each in written for sample in each.samples)
