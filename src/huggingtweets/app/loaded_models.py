"""Models in memory, so that the next post begins at once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from .. import models
from ..errors import UserError
from ..generation.filters import load_filters
from ..generation.writer import Draft, TextFilter
from ..model_folder import ModelFolder
from ..models import Model
from ..types import Sampling

HELD = 2  # models in memory


class LoadedModels:
    """The models that spoke last."""

    def __init__(self) -> None:
        """Hold none."""
        self._held: OrderedDict[tuple[Path, str], tuple[Model, Sequence[TextFilter]]] = OrderedDict()
        self._lock = threading.Lock()

    def say(
        self, folder: ModelFolder, prompt: str, *, count: int, sampling: Mapping[str, float]
    ) -> Iterator[tuple[Draft, ...]]:
        """Write posts, all of them together.

        Yields:
            Each post as it grows, in its place; at the end, one that is not whole is one whose drafts the
            filters refused, all of them.
        """
        with self._lock:
            model, filters = self._of(folder)
        try:
            asked = msgspec.convert({**msgspec.to_builtins(model.sampling), **sampling}, Sampling)
        except msgspec.ValidationError as error:
            raise UserError(f"this cannot be set: {error}") from error
        for drafts in model.stream(prompt, count=count, sampling=asked, filters=filters):
            yield drafts.places

    def forget(self, folder: Path) -> None:
        """Let go of a model that is deleted."""
        with self._lock:
            for key in [key for key in self._held if key[0] == folder]:
                del self._held[key]

    def _of(self, folder: ModelFolder) -> tuple[Model, Sequence[TextFilter]]:
        key = (folder.path, folder.record.model_digest)
        if key not in self._held:
            self._held[key] = models.load(folder.path), load_filters(folder.path)
        self._held.move_to_end(key)
        while len(self._held) > HELD:
            self._held.popitem(last=False)
        return self._held[key]
