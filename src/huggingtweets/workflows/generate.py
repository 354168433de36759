"""Write posts with a trained model, each looked at by the text filters before it is shown."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from msgspec.structs import replace

from .. import models
from ..errors import UserError
from ..evaluation.style import StyleScorer, load_style
from ..generation.filters import filters_for, load_filters, objection_to_all
from ..generation.settings import with_changes
from ..generation.text_generator import TextFilter, Written
from ..generation.wildness import as_wildness, temperature
from ..model_folder import ModelFolder
from ..progress import Silence, Watcher
from ..types import Sample, Sampling


class PickedSample(Sample, frozen=True, kw_only=True):
    """A post that was picked from several; these never stand on a card or in a report."""

    picked: str  # how, in words
    style_score: float  # nats


def generate(
    model: str | Path | ModelFolder,
    prompt: str = "",
    *,
    count: int = 5,
    seed: int | None = None,
    sampling: Mapping[str, float] | None = None,
    wildness: str | None = None,
    filtered: bool = True,
    allowed: Collection[str] = (),
    best_of: int = 1,
    speaker: str | None = None,
    watcher: Watcher | None = None,
) -> Written:
    """Write posts with a model folder, or with the one of that name below models/.

    Args:
        model: where the model is.
        prompt: how every post begins.
        count: how many to write; fewer come where filters refuse too many drafts.
        seed: the same seed on the same machine gives the same text.
        sampling: fields of `Sampling` that replace the model's own settings.
        wildness: "careful", "balanced" or "wild": a temperature beside the model's own; None leaves that.
        filtered: whether copies of training posts, addresses, phone numbers and handles are refused.
        allowed: handles that may be named.
        best_of: write so many for each, and keep the one with the highest style score.
        speaker: handle of the author who speaks, where the model knows several; None: a random one.
        watcher: told of progress.

    Raises:
        ModelError: there is no model, or it lacks what its filters or the style score need.
        UserError: a setting is out of range, or the filters refuse all posts that begin so.
    """
    if best_of < 1:
        raise UserError(f"the best of {best_of} cannot be kept; expected 1 or more")
    watcher, drafts = watcher or Silence(), count * best_of
    folder = ModelFolder.find(model)
    watcher.stage("generate")
    generator = models.load_generator(folder.path)
    filters = _filters(folder, prompt, allowed) if filtered else ()
    scorer = load_style(folder.path) if best_of > 1 else None
    settings = _settings(generator.sampling, sampling or {}, wildness)
    written = generator.generate(
        prompt,
        count=drafts,
        sampling=settings,
        seed=seed,
        filters=filters,
        speaker=speaker,
        progress=lambda done: watcher.written(done, drafts),
    )
    return _best_of_each(written, scorer, best_of) if scorer else written


def _filters(folder: ModelFolder, prompt: str, allowed: Collection[str]) -> Sequence[TextFilter]:
    """The filters of a model.

    Raises:
        UserError: no post with this prompt could pass them; drafts would be written in vain.
    """
    filters = load_filters(folder.path, allowed=allowed)
    if objection := objection_to_all(filters, prompt):
        raise UserError(
            f"the prompt {objection}, and no such post is shown; begin with other words, or allow all posts "
            "with --no-filters"
        )
    return filters_for(filters, prompt)


def _settings(own: Sampling, changes: Mapping[str, float], wildness: str | None) -> Sampling:
    """The model's own settings with changes.

    Raises:
        UserError: one is out of range, or the temperature is given twice.
    """
    if wildness is not None and "temperature" in changes:
        raise UserError("--wildness and --temperature both set the temperature; give one of them")
    if wildness is not None:
        changes = {**changes, "temperature": temperature(as_wildness(wildness), own.temperature)}
    return with_changes(own, changes)


def _best_of_each(written: Written, scorer: StyleScorer, best_of: int) -> Written:
    """The best of each group of drafts, in the order in which they came.

    Where filters refused some, each post is the best of as many as the others, or of one fewer.
    """
    if not written.samples:
        return written
    scores = scorer.scores([sample.text for sample in written.samples]).tolist()
    scored = list(zip(scores, written.samples, strict=True))
    posts = math.ceil(len(scored) / best_of)
    ends = [number * len(scored) // posts for number in range(posts + 1)]
    samples = tuple(_best(scored[begin:end]) for begin, end in pairwise(ends))
    return replace(written, samples=samples)


def _best(drafts: Sequence[tuple[float, Sample]]) -> PickedSample:
    score, sample = max(drafts, key=lambda draft: draft[0])
    how = f"the best of {len(drafts)}, by style score"
    return PickedSample(prompt=sample.prompt, text=sample.text, picked=how, style_score=score)
