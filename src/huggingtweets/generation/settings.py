"""How text is sampled, as transformers' generation_config.json says it."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ..types import Sampling


def as_sampling(generation_config: Mapping[str, object]) -> Sampling:
    """The settings of a generation config; what it lacks, or gives as null, is as by default.

    Raises:
        ValueError: one is out of range, or of another type.
    """
    names = Sampling.__struct_fields__
    given = {name: generation_config[name] for name in names if generation_config.get(name) is not None}
    return msgspec.convert(given, Sampling)
