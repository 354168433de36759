"""Writing posts with a trained model, under guard."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from . import models, records
from .drafts import Written
from .errors import UserError
from .types import Sample, Sampling

if TYPE_CHECKING:
    from .evaluation.style import Style


class Picked(Sample, frozen=True, kw_only=True):
    """A post that was picked from several; these never stand on a card or in a report."""

    picked: str  # how, in words
    style_score: float  # nats


def generate(
    model: str | Path,
    prompt: str = "",
    *,
    count: int = 5,
    seed: int | None = None,
    sampling: Mapping[str, float] | None = None,
    guarded: bool = True,
    allowed: Collection[str] = (),
    best_of: int = 1,
    speaker: str | None = None,
) -> Written:
    """Write posts with a model folder, or with the one of that name below models/.

    Args:
        model: where the model is.
        prompt: how every post begins.
        count: how many to write; fewer come where guards refuse too many drafts.
        seed: the same seed on the same machine gives the same text.
        sampling: fields of `Sampling` that replace the model's own settings.
        guarded: whether copies of training posts, addresses, phone numbers and handles are refused.
        allowed: handles that may be named.
        best_of: draw so many for each, and keep the one with the highest style score.
        speaker: handle of the author who speaks, where the model knows several; None draws one a post.

    Raises:
        ModelError: there is no model, or it lacks what its guards or the style score need.
        UserError: a setting is out of range.
    """
    from .evaluation.guards import load_guards
    from .evaluation.style import load_style

    if best_of < 1:
        raise UserError(f"the best of {best_of} cannot be kept; expected 1 or more")
    folder = records.place(model)
    loaded = models.load(folder)
    guards = load_guards(folder, allowed=allowed) if guarded else ()
    style = load_style(folder) if best_of > 1 else None
    try:
        changed = msgspec.convert({**msgspec.to_builtins(loaded.sampling), **(sampling or {})}, Sampling)
    except msgspec.ValidationError as error:
        raise UserError(f"sampling: {error}") from error
    written = loaded.generate(
        prompt, count=count * best_of, sampling=changed, seed=seed, guards=guards, speaker=speaker
    )
    return _picked(written, style, best_of) if style else written


def _picked(written: Written, style: Style, best_of: int) -> Written:
    """The best of each group of drafts, in the order in which they came."""
    if not written.samples:
        return written
    scores = style.scores([sample.text for sample in written.samples]).tolist()
    scored = list(zip(scores, written.samples, strict=True))
    groups = (scored[start : start + best_of] for start in range(0, len(scored), best_of))
    best = [max(group, key=lambda found: found[0]) for group in groups]
    how = f"the best of {best_of}, by style score"
    samples = tuple(
        Picked(prompt=sample.prompt, text=sample.text, picked=how, style_score=score)
        for score, sample in best
    )
    return replace(written, samples=samples)
