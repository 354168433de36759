"""What is done once for every tracker: names made valid, values made plain, failures contained.

The first failure of a tracker is warned about; after it every call does nothing. Only `Exception` is
contained: Ctrl-C passes through.
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
from ._interface import EMPTY, Run, Tracker
from ._names import valid_name
from .none import NullRun

_log = logging.getLogger(__name__)
_T = TypeVar("_T")


class ResilientTracker:
    """Any tracker, made unable to end a training run."""

    def __init__(self, name: str, tracker: Tracker) -> None:
        self.remote = tracker.remote
        self._name = name
        self._tracker = tracker
        self._failed = False
        self.saved: dict[str, str] = {}  # name given -> name:version

    @contextmanager
    def run(self, stage: Stage, *, group: str, config: Mapping[str, object]) -> Iterator[Run]:
        """Record one stage; errors of the block pass through, those of the tracker do not."""
        ending = ExitStack()
        run = self.attempt(
            lambda: ending.enter_context(self._tracker.run(stage, group=group, config=_plain(config)))
        )
        try:
            yield _ResilientRun(run or NullRun(), self)
        except BaseException as error:
            self._end(ending, error)
            raise
        self._end(ending, None)

    @property
    def later(self) -> str:
        """The command that sends what was kept."""
        return self._tracker.later

    def where(self) -> Tracked:
        """Where the record can be explored; the artifacts are keyed by the names given to `save`."""
        return msgspec.structs.replace(self._tracker.where(), artifacts=dict(self.saved))

    def attempt(self, action: Callable[[], _T]) -> _T | None:
        """Do what `action` does, or nothing: None after the tracker has failed."""
        if self._failed:
            return None
        try:
            return action()
        except Exception as error:  # noqa: BLE001 -- whatever a tracker raises, training goes on
            self._fail(error)
            return None

    def _end(self, ending: ExitStack, error: BaseException | None) -> None:
        """Close the tracker's run, also after a failure: it may hold threads and files."""
        try:
            ending.__exit__(type(error) if error else None, error, error.__traceback__ if error else None)
        except Exception as trouble:  # noqa: BLE001 -- whatever a tracker raises, the stage is done
            self._fail(trouble)

    def _fail(self, error: Exception) -> None:
        if not self._failed:
            told = " ".join(str(error).split()) or type(error).__name__
            kept = f"; to send what was kept: {self.later}" if self.later else ""
            _log.warning("tracker %s failed: %s; going on without it%s", self._name, told, kept)
        self._failed = True


class _ResilientRun:
    """A run whose every call is attempted, and whose artifacts are noted."""

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
        if artifact:  # "" is what `save` returns where nothing is kept
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
    """Yield an artifact's files. Where it has no content, its metadata is what gives it versions."""
    if files or references:
        yield files
        return
    with tempfile.TemporaryDirectory() as folder:
        only = Path(folder, "metadata.json")
        only.write_bytes(msgspec.json.encode(metadata, order="sorted"))
        yield {only.name: only}


def _plain(values: Mapping[str, object]) -> dict[str, Any]:
    """Structs, dates and paths as what JSON can hold."""
    plain: dict[str, Any] = msgspec.to_builtins(dict(values), str_keys=True, enc_hook=str)
    return plain
