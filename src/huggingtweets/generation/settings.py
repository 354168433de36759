"""How text is sampled: the settings of a model, and changes of them."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ..errors import UserError, unfit
from ..types import Sampling


def as_sampling(generation_config: Mapping[str, object]) -> Sampling:
    """The settings of a generation_config.json; what it lacks, or gives as null, is as by default.

    Raises:
        ValueError: one is out of range, or of another type.
    """
    names = Sampling.__struct_fields__
    given = {name: generation_config[name] for name in names if generation_config.get(name) is not None}
    return msgspec.convert(given, Sampling)


def with_changes(own: Sampling, changes: Mapping[str, float]) -> Sampling:
    """A model's own settings with changes.

    Raises:
        UserError: one is out of range.
    """
    given = {**msgspec.to_builtins(own), **changes}
    try:
        return msgspec.convert(given, Sampling)
    except msgspec.ValidationError as error:
        raise UserError(unfit(error, given, Sampling)) from error
