"""Models in memory, so that the next post begins at once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from .. import models
from ..drafts import Draft, Guard
from ..errors import UserError
from ..evaluation.guards import load_guards
from ..models import Model
from ..records import Trained
from ..types import Sampling

HELD = 2  # models in memory


class Voices:
    """The models that spoke last."""

    def __init__(self) -> None:
        """Hold none."""
        self._held: OrderedDict[tuple[Path, str], tuple[Model, Sequence[Guard]]] = OrderedDict()
        self._lock = threading.Lock()

    def say(
        self, trained: Trained, prompt: str, *, count: int, sampling: Mapping[str, float]
    ) -> Iterator[tuple[Draft, ...]]:
        """Write posts, all of them together.

        Yields:
            Each post as it grows, in its place; at the end, one that is not whole is one whose drafts the
            guards refused, all of them.
        """
        with self._lock:
            model, guards = self._of(trained)
        try:
            asked = msgspec.convert({**msgspec.to_builtins(model.sampling), **sampling}, Sampling)
        except msgspec.ValidationError as error:
            raise UserError(f"this cannot be set: {error}") from error
        for drafts in model.stream(prompt, count=count, sampling=asked, guards=guards):
            yield drafts.places

    def forget(self, folder: Path) -> None:
        """Let go of a model that is deleted."""
        with self._lock:
            for key in [key for key in self._held if key[0] == folder]:
                del self._held[key]

    def _of(self, trained: Trained) -> tuple[Model, Sequence[Guard]]:
        key = (trained.folder, trained.record.model_digest)
        if key not in self._held:
            self._held[key] = models.load(trained.folder), load_guards(trained.folder)
        self._held.move_to_end(key)
        while len(self._held) > HELD:
            self._held.popitem(last=False)
        return self._held[key]
