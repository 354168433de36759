"""A wrapper of trackers whose failures do not end a training run.

It makes names valid, converts values to what JSON can hold, and catches errors. The first failure of a
tracker is logged as a warning; after it, every call does nothing. Only `Exception` is caught, so Ctrl-C still
stops the program.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from ..types import Sample, Stage, Tracked
from ._connection import with_public_addresses
from ._interface import EMPTY, Run, Tracker, valid_name
from .none import NullRun

_log = logging.getLogger(__name__)
_T = TypeVar("_T")


class ResilientTracker:
    """Wraps a tracker so that its errors are logged instead of raised."""

    def __init__(self, name: str, tracker: Tracker) -> None:
        self.remote = tracker.remote
        self._name = name
        self._tracker = tracker
        self._failed = False
        self.saved: dict[str, str] = {}  # name passed to `save` -> "name:version" that it returned

    @contextmanager
    def run(self, stage: Stage, *, group: str, config: Mapping[str, object]) -> Iterator[Run]:
        """Record one stage. Errors of the block are raised, those of the tracker are logged."""
        exits = ExitStack()
        run = self.attempt(
            lambda: exits.enter_context(self._tracker.run(stage, group=group, config=_plain(config)))
        )
        try:
            yield _ResilientRun(run or NullRun(), self)
        except BaseException as error:
            self._close(exits, error)
            raise
        self._close(exits, None)

    @property
    def sync_command(self) -> str:
        """The command that sends what is recorded only on this machine."""
        return self._tracker.sync_command

    def where(self) -> Tracked:
        """Where the record can be viewed; the artifacts have the names that were passed to `save`."""
        try:
            place = self._tracker.where()
        except Exception as error:  # noqa: BLE001 -- whatever a tracker raises, the model is written
            self._fail(error)
            place = Tracked(tracker=self._name)
        return msgspec.structs.replace(place, artifacts=dict(self.saved))

    def attempt(self, action: Callable[[], _T]) -> _T | None:
        """Return the result of `action`; None if it fails, or if the tracker has failed before."""
        if self._failed:
            return None
        try:
            return action()
        except Exception as error:  # noqa: BLE001 -- whatever a tracker raises, training goes on
            self._fail(error)
            return None

    def _close(self, exits: ExitStack, error: BaseException | None) -> None:
        """Close the tracker's run, also after a failure, since it may hold threads and files."""
        try:
            exits.__exit__(type(error) if error else None, error, error.__traceback__ if error else None)
        except Exception as failure:  # noqa: BLE001 -- whatever a tracker raises, the stage is done
            self._fail(failure)

    def _fail(self, error: Exception) -> None:
        if not self._failed:
            message = with_public_addresses(" ".join(str(error).split())) or type(error).__name__
            advice = f"; to send what was kept: {self.sync_command}" if self.sync_command else ""
            _log.warning("tracker %s failed: %s; going on without it%s", self._name, message, advice)
        self._failed = True


class _ResilientRun:
    """Wraps a run so that its errors are logged, and collects the versions of its artifacts."""

    def __init__(self, run: Run, tracker: ResilientTracker) -> None:
        self._run = run
        self._tracker = tracker

    def log(self, metrics: Mapping[str, float], step: int) -> None:
        self._tracker.attempt(lambda: self._run.log(metrics, step))

    def log_samples(self, samples: Sequence[Sample], step: int) -> None:
        self._tracker.attempt(lambda: self._run.log_samples(samples, step))

    def log_pictures(self, pictures: Mapping[str, Path]) -> None:
        self._tracker.attempt(lambda: self._run.log_pictures(pictures))

    def use(self, artifact: str) -> None:
        if artifact:  # "" is what `save` returns where nothing is recorded
            self._tracker.attempt(lambda: self._run.use(artifact))

    def save(
        self,
        name: str,
        *,
        kind: str,
        files: Mapping[str, Path] = EMPTY,
        references: Mapping[str, str] = EMPTY,
        metadata: Mapping[str, object] = EMPTY,
    ) -> str:
        if self._tracker.remote:
            references = {inside: uri for inside, uri in references.items() if not uri.startswith("file:")}

        def save() -> str:
            plain = _plain(metadata)
            with _content(files, references, plain) as content:
                return self._run.save(
                    valid_name(name), kind=kind, files=content, references=references, metadata=plain
                )

        version = self._tracker.attempt(save) or ""
        if version:
            self._tracker.saved[name] = version
        return version


@contextmanager
def _content(
    files: Mapping[str, Path], references: Mapping[str, str], metadata: dict[str, Any]
) -> Iterator[Mapping[str, Path]]:
    """Yield an artifact's files; without files and references, one file with its metadata.

    Trackers compute the version of an artifact from its content, so it needs some.
    """
    if files or references:
        yield files
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "metadata.json")
        file.write_bytes(msgspec.json.encode(metadata, order="sorted"))
        yield {file.name: file}


def _plain(values: Mapping[str, object]) -> dict[str, Any]:
    """Convert structs, dates and paths to what JSON can hold."""
    plain: dict[str, Any] = msgspec.to_builtins(dict(values), str_keys=True, enc_hook=str)
    return plain
