"""Writing posts with a trained model, under guard."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from . import records
from .errors import UserError
from .types import Sampling

if TYPE_CHECKING:
    from .generation import Written


def generate(
    model: str | Path,
    prompt: str = "",
    *,
    count: int = 5,
    seed: int | None = None,
    sampling: Mapping[str, float] | None = None,
    guarded: bool = True,
    allowed: Collection[str] = (),
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

    Raises:
        ModelError: there is no model, or it lacks what its guards need.
        UserError: a setting of the sampling is out of range.
    """
    from .evaluation.guards import load_guards
    from .generation import Generator

    folder = records.place(model)
    generator = Generator.load(folder)
    guards = load_guards(folder, allowed=allowed) if guarded else ()
    try:
        changed = msgspec.convert({**msgspec.to_builtins(generator.sampling), **(sampling or {})}, Sampling)
    except msgspec.ValidationError as error:
        raise UserError(f"sampling: {error}") from error
    return generator.generate(prompt, count=count, sampling=changed, seed=seed, guards=guards)
