"""Writing posts with a trained model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from . import records
from .errors import UserError
from .types import Sample, Sampling


def generate(
    model: str | Path,
    prompt: str = "",
    *,
    count: int = 5,
    seed: int | None = None,
    sampling: Mapping[str, float] | None = None,
) -> list[Sample]:
    """Write posts with a model folder, or with the one of that name below models/.

    Args:
        model: where the model is.
        prompt: how every post begins.
        count: how many to write.
        seed: the same seed on the same machine gives the same text.
        sampling: fields of `Sampling` that replace the model's own settings.

    Raises:
        ModelError: there is no model.
        UserError: a setting of the sampling is out of range.
    """
    from .generation import Generator

    generator = Generator(records.place(model))
    try:
        changed = msgspec.convert({**msgspec.to_builtins(generator.sampling), **(sampling or {})}, Sampling)
    except msgspec.ValidationError as error:
        raise UserError(f"sampling: {error}") from error
    return generator.generate(prompt, count=count, sampling=changed, seed=seed)
