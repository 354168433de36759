"""No tracker: a null object that records nothing, so that callers need no `if tracker`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from ..types import Sample, Stage, Tracked
from ._interface import EMPTY


def create(project: str) -> NullTracker:  # noqa: ARG001 -- every tracker is created alike
    """Return a tracker that records nothing."""
    return NullTracker()


class NullTracker:
    """A tracker that records nothing."""

    remote = False
    sync_command = ""

    @contextmanager
    def run(self, stage: Stage, *, group: str, config: Mapping[str, object]) -> Iterator[NullRun]:  # noqa: ARG002 -- records nothing
        """Yield a run that records nothing."""
        yield NullRun()

    def where(self) -> Tracked:
        """Say that there is no record."""
        return Tracked(tracker="none")


class NullRun:
    """A run that records nothing."""

    def log(self, metrics: Mapping[str, float], step: int) -> None:
        """Do nothing."""

    def log_samples(self, samples: Sequence[Sample], step: int) -> None:
        """Do nothing."""

    def log_pictures(self, pictures: Mapping[str, Path]) -> None:
        """Do nothing."""

    def use(self, artifact: str) -> None:
        """Do nothing."""

    def save(
        self,
        name: str,  # noqa: ARG002 -- records nothing
        *,
        kind: str,  # noqa: ARG002 -- records nothing
        files: Mapping[str, Path] = EMPTY,  # noqa: ARG002 -- records nothing
        references: Mapping[str, str] = EMPTY,  # noqa: ARG002 -- records nothing
        metadata: Mapping[str, object] = EMPTY,  # noqa: ARG002 -- records nothing
    ) -> str:
        """Return "", which stands for no artifact."""
        return ""
