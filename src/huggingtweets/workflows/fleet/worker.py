"""What a worker does for one author: take the lease, train as `train` does, put the model into the store."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from ... import evaluation
from ...bases.base_cache import BaseCache, use_base_cache
from ...errors import (
    BaseError,
    HuggingtweetsError,
    ModelError,
    OutOfSpace,
    StoreUnavailable,
    is_device_failure,
)
from ...files import CHECKPOINT, sha256, temporary_folder
from ...model_folder import ModelFolder
from ...progress import Silence
from ...sources import ReadOptions
from ..data import DataConfig
from ..train import TrainConfig, train
from . import leases
from .authors import input_bytes
from .config import AuthorRequest, Job, Outcome, State
from .leases import Lease, LeaseLost
from .records import load_outcome, save_outcome
from .store import CHECKPOINTS, MODELS, POSTS, Store

CHECKPOINT_SECONDS = 60.0  # between two checkpoints of a training


class Assignment(Struct, frozen=True, kw_only=True):
    """An author, and the name under which a worker takes the lease; it is used once."""

    request: AuthorRequest
    owner: str


@dataclass(frozen=True)
class AuthorWorker:
    """Trains one author at a time, in whatever process it is called."""

    store_address: str
    job: Job
    lease_seconds: float
    cache: BaseCache[Any] = field(default_factory=BaseCache)  # of the process that this is in

    def __call__(self, assignment: Assignment) -> Outcome | None:
        """Train one author; return how it ended, or None where another worker has it.

        Raises:
            StoreUnavailable: the store failed to the last try; the author is not ended.
            OutOfSpace: the disk of this machine is full; the same.
            RuntimeError: the GPU failed, and does nothing more for this process; the same.
            BaseError: this machine cannot have the base that all are trained from; the same.
            KeyboardInterrupt: somebody asked to stop; the training is kept in the store.
        """
        store, request = Store(self.store_address), assignment.request
        lease = leases.acquire(store, request.name, assignment.owner, self.lease_seconds)
        if lease is None:
            return load_outcome(store, request.name)
        with temporary_folder() as folder:
            checkpoint = _StoredCheckpoint(store, request.name, folder / "checkpoint" / CHECKPOINT)
            with leases.renewed(lease, checkpoint.upload), use_base_cache(self.cache):
                ended = load_outcome(store, request.name)
                return ended or self._train(store, request, lease, folder, checkpoint)

    def _train(
        self, store: Store, request: AuthorRequest, lease: Lease, folder: Path, checkpoint: _StoredCheckpoint
    ) -> Outcome | None:
        started, size = time.perf_counter(), input_bytes(request)
        try:
            checkpoint.download()
            outcome = self._make(store, request, lease, folder)
        except LeaseLost:
            return None
        except StoreUnavailable:
            raise
        except (KeyboardInterrupt, OutOfSpace):
            checkpoint.upload()
            raise
        except Exception as error:
            if isinstance(error, BaseError) and not request.recipe:
                raise  # this machine lacks the base of all
            if is_device_failure(str(error)):
                raise  # and so would every author after this one in this process
            outcome = self._failed(request, reason(error))
        seconds = round(time.perf_counter() - started, 3)
        outcome = replace(_completed(outcome, request, seconds, lease.owner), input_bytes=size)
        try:
            lease.check()
        except LeaseLost:  # nothing is kept, so that nothing may be said to have ended
            return None
        save_outcome(store, outcome)
        checkpoint.remove()
        return outcome

    def _make(self, store: Store, request: AuthorRequest, lease: Lease, folder: Path) -> Outcome:
        """Train the model, and bring it into the store.

        Raises:
            LeaseLost: nobody heard of this worker for too long.
        """
        model = train(_train_config(store, request, self.job, folder), _Watcher(lease.check))
        lease.check()
        return done(request, model, upload(store, request.name, model.path, lease.check))

    def _failed(self, request: AuthorRequest, why: str) -> Outcome:
        return Outcome(name=request.name, state=State.FAILED, reason=why)


class _Watcher(Silence):
    """Stops a training whose lease is lost."""

    def __init__(self, check: Callable[[], None]) -> None:
        self._check = check

    def stepped(self, step: int, steps: int, loss: float, tokens_per_second: float) -> None:
        """Check the lease."""
        del step, steps, loss, tokens_per_second
        self._check()


class _StoredCheckpoint:
    """The checkpoint of a training, on this disk and in the store."""

    def __init__(self, store: Store, name: str, file: Path) -> None:
        self._store, self._path, self._file = store, f"{CHECKPOINTS}/{name}", file
        self._stored = 0  # when the file that the store has was written
        self._uploading = threading.Lock()  # of one thread at a time: the training's, or that of the lease

    def download(self) -> None:
        """Go on with what another worker has left."""
        if self._store.download(self._path, self._file):
            self._stored = self._file.stat().st_mtime_ns

    def upload(self) -> None:
        """Bring the file into the store, where it is newer."""
        with self._uploading, suppress(FileNotFoundError):
            written = self._file.stat().st_mtime_ns
            if written != self._stored:
                self._store.upload(self._file, self._path)
                self._stored = written

    def remove(self) -> None:
        """Forget what the store has."""
        with self._uploading:
            self._store.remove(self._path)


def data_config(store: Store, request: AuthorRequest, job: Job, folder: Path) -> DataConfig:
    """Where the posts of an author are; rows that the store holds are copied into a folder."""
    locations = request.locations
    if not locations:
        part = folder / f"{request.name}.jsonl"
        store.download(f"{POSTS}/{request.name}.jsonl", part)
        locations = (str(part),)
    return DataConfig(
        locations=locations,
        options=ReadOptions(handle=request.handle, name=request.person),
        rules=job.rules,
        held_out=job.held_out,
        same_person=len(locations) > 1,
    )


def _train_config(store: Store, request: AuthorRequest, job: Job, folder: Path) -> TrainConfig:
    return TrainConfig(
        data=data_config(store, request, job, folder),
        recipe=request.recipe or job.recipe,
        out=folder / "model",
        tracker="none",
        evaluate=job.evaluate,
        checkpoint_seconds=CHECKPOINT_SECONDS,
        checkpoint_folder=folder / "checkpoint",
    )


def upload(store: Store, name: str, folder: Path, check: Callable[[], None]) -> dict[str, str]:
    """Copy a model folder into the store, in the place of what a killed worker left; return its digests.

    Args:
        store: of the fleet.
        name: of the model.
        folder: what is copied.
        check: called before each file; raises where the lease is lost.
    """
    store.remove(f"{MODELS}/{name}")
    files = {
        path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()
    }
    for relative, path in files.items():
        check()
        store.upload(path, f"{MODELS}/{name}/{relative}")
    return {relative: sha256(path) for relative, path in files.items()}


def done(request: AuthorRequest, model: ModelFolder, files: dict[str, str]) -> Outcome:
    """How an author ended whose model is in the store."""
    record = model.record
    (metric,) = record.result.metrics
    rows = _evaluated_rows(model)
    return Outcome(
        name=request.name,
        state=State.DONE,
        handle=record.authors[0].account.handle,
        recipe=record.recipe.name,
        posts=sum(author.train for author in record.authors),
        held_out=sum(author.held_out for author in record.authors),
        bits_per_byte=metric.value,
        base_bits_per_byte=metric.floor,
        copied=rows.get("copying.copied"),
        invented=rows.get("sense.invented"),
        files=files,
    )


def _evaluated_rows(model: ModelFolder) -> dict[str, float]:
    """The model's value in each row of its evaluation; nothing where it was not evaluated."""
    try:
        rows = evaluation.load(model).rows()
    except ModelError:
        return {}
    return {path: row.model.value for path, row in rows.items() if row.model}


def _completed(outcome: Outcome, request: AuthorRequest, seconds: float, owner: str) -> Outcome:
    return replace(
        outcome,
        handle=outcome.handle or request.handle or "",
        permission=request.permission,
        seconds=seconds,
        worker=owner,
        ended_at=datetime.now(UTC).replace(microsecond=0),
    )


def reason(error: Exception) -> str:
    """An error in one line, for the table of results."""
    text = " ".join(str(error).split())
    return text if isinstance(error, HuggingtweetsError) else f"unexpected {type(error).__name__}: {text}"
