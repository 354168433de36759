"""The bots by name: a model, or one of the authors that a model knows."""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter, OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .. import models
from ..errors import ModelError, UserError
from ..generation.batch import TextBatch
from ..generation.filters import load_filters
from ..generation.text_generator import TextFilter, TextGenerator
from ..model_folder import ADAPTER_CONFIG, MODELS, RECORD, ModelFolder, find_models

CAPACITY = 3  # models in memory
ADAPTER_CAPACITY = 20  # of one base, in the place of a model: one takes a 23rd of SmolLM2-135M beside it
IDLE = 900.0  # seconds without a request after which a model is dropped
SPEAKER = ":"  # between the names of a model and of an author


@dataclass(frozen=True)
class LoadedModel:
    """A model in memory, with its text filters."""

    model: TextGenerator
    filters: Sequence[TextFilter]
    batch: TextBatch  # of all its texts; only the worker's thread uses it


@dataclass(frozen=True)
class BotName:
    """What a bot's name stands for."""

    folder: ModelFolder
    speaker: str | None  # handle of an author; None: whoever the model is, each author in turn
    created: int  # seconds since 1970


@dataclass
class _CacheEntry:
    loaded: LoadedModel
    version: tuple[int, int]  # of the folder that it was loaded from
    base: str  # whose memory it shares; a whole model shares it with none
    used: float = field(default_factory=time.monotonic)  # when it was asked for last


class Bots:
    """The bots of a server."""

    def __init__(self, given: Sequence[str | Path]) -> None:
        """Name the bots; none is loaded.

        Args:
            given: model folders, names below models/, or folders with models; none: all that are there.

        Raises:
            ModelError: one of them is no model.
            UserError: there are none, or two have one name.
        """
        folders = [folder for model in given for folder in _folders(model)] or find_models()
        if not folders:
            raise UserError(f"no model is below {MODELS}; train one, or say which folder holds one")
        self._models: dict[str, ModelFolder] = {}
        for folder in folders:
            name = Path(os.path.abspath(folder.path)).name  # noqa: PTH100 -- a link has a name of its own
            if self._models.setdefault(name, folder).path.resolve() != folder.path.resolve():
                raise UserError(
                    f"{self._models[name]} and {folder} would both be called {name}; serve one of them, or "
                    "rename a folder"
                )
        self.names = {bot: known for name in self._models for bot, known in _names(name, self._models[name])}
        self._cache: OrderedDict[Path, _CacheEntry] = OrderedDict()
        self._loading = asyncio.Lock()  # held while a model is loaded
        self._task: asyncio.Task[_CacheEntry] | None = None  # that loads it

    def check(self) -> None:
        """Load the model where there is only one, so that a damaged one is known before anybody asks.

        Raises:
            ModelError: it is damaged.
        """
        if len(self._models) == 1:
            [folder] = self._models.values()
            self._store(folder.path, _CacheEntry(_load(folder), _version(folder), _base(folder)))

    async def load(self, folder: ModelFolder) -> LoadedModel:
        """A model from memory, where it is loaded if it is not there.

        Loading that has begun goes on when nobody waits for it any more: who asks again finds the model.

        Raises:
            ModelError: the folder is not there any more, or is damaged.
        """
        entry = self._current(folder)
        if entry is None:  # what is in memory does not wait for what is loaded
            await self._loading.acquire()
            self._task = asyncio.create_task(self._load_in_turn(folder))
            entry = await asyncio.shield(self._task)
        self._store(folder.path, entry)
        return entry.loaded

    async def _load_in_turn(self, folder: ModelFolder) -> _CacheEntry:
        """Load a model that the one before did not load, and let the next be loaded."""
        try:
            version, entry = _version(folder), self._current(folder)
            entry = entry or _CacheEntry(await asyncio.to_thread(_load, folder), version, _base(folder))
            self._store(folder.path, entry)
        finally:
            self._loading.release()
        return entry

    def _current(self, folder: ModelFolder) -> _CacheEntry | None:
        """A model that is in memory as its folder is now.

        Raises:
            ModelError: the folder is not there any more.
        """
        entry, version = self._cache.get(folder.path), _version(folder)
        return entry if entry and entry.version == version else None

    def drop(self, folder: ModelFolder) -> None:
        """Drop a model, which is loaded anew when somebody asks for it."""
        self._cache.pop(folder.path, None)

    def drop_idle(self) -> None:
        """Drop the models that nobody has asked for in a while, or whose folders are gone."""
        now = time.monotonic()
        for path, entry in list(self._cache.items()):
            if now - entry.used > IDLE or not (path / RECORD).is_file():
                del self._cache[path]

    @property
    def loaded(self) -> int:
        """How many models are in memory."""
        return len(self._cache)

    def _store(self, path: Path, entry: _CacheEntry) -> None:
        entry.used = time.monotonic()
        self._cache[path] = entry
        self._cache.move_to_end(path)
        while self._places > CAPACITY:
            by_use = dict.fromkeys(each.base for each in reversed(self._cache.values()))
            self._drop_of(list(by_use)[-1])  # whose latest use is longest ago

    def _drop_of(self, base: str) -> None:
        """Drop what takes a place: of many adapters the one asked for longest ago, of few all."""
        paths = [path for path, entry in self._cache.items() if entry.base == base]
        for path in paths[:1] if len(paths) > ADAPTER_CAPACITY else paths:
            del self._cache[path]

    @property
    def _places(self) -> float:
        """How many models would take as much memory."""
        bases = Counter(entry.base for entry in self._cache.values())
        return sum(max(1, adapters / ADAPTER_CAPACITY) for adapters in bases.values())

    def __str__(self) -> str:
        return ", ".join(self._models)


def _names(name: str, folder: ModelFolder) -> list[tuple[str, BotName]]:
    """The names of a model: its own, and one for each author whose token it has."""
    record = folder.record
    created = int(record.created_at.timestamp())
    handles = [author.account.handle for author in record.authors] if record.recipe.speakers else []
    own = (name, BotName(folder, None, created))
    return [own, *((f"{name}{SPEAKER}{h}", BotName(folder, h, created)) for h in dict.fromkeys(handles))]


def _folders(model: str | Path) -> list[ModelFolder]:
    """The model of a name, or all below a folder that is none, such as the store of a fleet."""
    folder = ModelFolder.find(model)
    return [folder] if (folder.path / RECORD).is_file() else find_models(folder.path) or [folder]


def _base(folder: ModelFolder) -> str:
    """The base whose memory adapters share, a named one; the folder of any other model."""
    base = folder.record.base
    is_adapter = (folder.path / ADAPTER_CONFIG).is_file() and not base.revision
    return base.name if is_adapter else str(folder.path)


def _load(folder: ModelFolder) -> LoadedModel:
    model = models.load_generator(folder.path)
    return LoadedModel(model, load_filters(folder.path), model.batch())


def _version(folder: ModelFolder) -> tuple[int, int]:
    """What changes when a folder is replaced.

    Raises:
        ModelError: it is gone.
    """
    try:
        status = (folder.path / RECORD).stat()
    except OSError as error:
        raise ModelError("this model has been deleted") from error
    return status.st_ino, status.st_mtime_ns
