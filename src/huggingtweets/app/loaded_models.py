"""The models in memory, so that the next post begins at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from .. import models
from ..files.home_folder import at_home
from ..generation.filters import filters_for, load_filters, objection_to_all
from ..generation.settings import with_changes
from ..generation.text_generator import Draft, TextFilter, TextGenerator
from ..model_folder import ModelFolder
from .language import _
from .lru_cache import LRUCache
from .messages import PageError

CAPACITY = 2  # models in memory, and as many that are being loaded
_Loaded = tuple[TextGenerator, Sequence[TextFilter]]


class LoadedModels:
    """A cache of the models that were used last, each with its text filters."""

    def __init__(self) -> None:
        """Begin with no model."""
        self._loaded: LRUCache[tuple[Path, str, bool], _Loaded] = LRUCache(CAPACITY)
        self._loading = threading.Semaphore(CAPACITY)  # memory is taken while a model is read, too

    def stream(
        self,
        folder: ModelFolder,
        prompt: str,
        *,
        count: int,
        sampling: Mapping[str, float],
        home: Path | None,
        speaker: str | None = None,
        base: bool = False,
    ) -> Iterator[tuple[Draft, ...]]:
        """Write posts with a model, all of them at the same time.

        Args:
            folder: the model.
            prompt: how every post begins.
            count: how many to write.
            sampling: fields of `Sampling` that replace the model's own settings.
            home: of the model's session, with its exact index of copies; None: that of this machine.
            speaker: handle of the author who speaks, where the model knows several.
            base: write with what the model was trained from, and with the model's own settings and filters.

        Yields:
            `count` drafts, each longer than before. A draft that is not `whole` in the last tuple had all its
            attempts refused by the text filters.

        Raises:
            UserError: a setting is out of range, or the model does not know the speaker.
        """
        model, filters = self._load(folder, home, base=base)
        own = folder.record.recipe.sampling if base else model.sampling
        settings = with_changes(own, sampling)
        if objection_to_all(filters, prompt):
            yield (Draft(),) * count
            return
        filters = filters_for(filters, prompt)
        for drafts in model.stream(prompt, count=count, sampling=settings, filters=filters, speaker=speaker):
            yield drafts.places

    def prepare(self, folder: ModelFolder, home: Path | None) -> None:
        """Load a model of a session that has this home, if it is not in memory."""
        self._load(folder, home)

    def unload(self, folder: Path) -> None:
        """Remove a model from memory, before its folder is deleted."""
        self._loaded.drop(lambda key: key[0] == folder)

    def _load(self, folder: ModelFolder, home: Path | None, *, base: bool = False) -> _Loaded:
        """A model from memory, where it is loaded if it is not there.

        A folder belongs to one session, so the home is no part of the key.
        """

        def load() -> _Loaded:
            with self._loading:
                model = _base(folder) if base else models.load_generator(folder.path)
                with at_home(home):
                    return model, load_filters(folder.path)

        return self._loaded.get((folder.path, folder.record.model_digest, base), load)


def _base(folder: ModelFolder) -> TextGenerator:
    """What a model was trained from.

    Raises:
        UserError: it was trained from nothing, or from other weights than those that the base has now.
    """
    base = models.load_base_of(folder.record)
    if base is None:
        raise PageError(_("this model began from nothing, so there is nothing to set beside it"))
    return base
