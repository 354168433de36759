"""What an evaluation sets a trained model beside: the base that it was trained from, and a larger one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import cast

from msgspec import UNSET
from msgspec.structs import replace

from .. import models
from ..bases import embedded, named
from ..bases import names as base_names
from ..errors import BaseChanged
from ..models import Model
from ..progress import Watcher
from ..types import Recipe, Record


def base_of(record: Record, watcher: Watcher) -> Model | None:
    """What a model was trained from; None where that is nothing, or has other weights now.

    Raises:
        BaseError: it cannot be had.
    """
    try:
        return models.load_base_of(record)
    except BaseChanged as error:
        watcher.note(f"{error}; the evaluation goes without it")
        return None


@dataclass(frozen=True)
class _LargerModel:
    """An untrained base that reads posts, for `evaluation`."""

    name: str
    recipe: Recipe  # one whose base it is

    @cached_property
    def model(self) -> Model:
        """Loaded when it is asked for the first time: until then other models need the memory."""
        return cast("Model", models.load_base(self.recipe))

    def bits(self, texts: Sequence[str]) -> Sequence[float]:
        """What each text costs it in bits, its end counted."""
        return self.model.bits(texts)


def larger_model(*records: Record) -> _LargerModel | None:
    """The smallest base on this machine that is larger than the bases of these models. Nothing is fetched.

    A base that ships with the package does not count: it is too small to know what makes sense. It reads
    posts as they are, whatever opening a recipe puts before them.
    """
    record = max(records, key=lambda record: record.base.parameters)
    larger = {
        base.parameters: name
        for name in base_names()
        if (base := named.describe(name)).parameters > record.base.parameters
        and not embedded.recognises(name)
        and named.is_here(name)
    }
    if not larger:
        return None
    name = larger[min(larger)]
    return _LargerModel(name, replace(record.recipe, base=name, method="full", speakers=False, opening=UNSET))
