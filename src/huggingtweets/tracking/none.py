"""No record at all: a null object, so that nobody asks whether there is a tracker."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from ..types import Sample, Stage, Tracked
from ._interface import EMPTY


def create(project: str) -> NullTracker:  # noqa: ARG001 -- every tracker is created alike
    """Keep nothing of `project`."""
    return NullTracker()


class NullTracker:
    """Keeps nothing."""

    remote = False
    later = ""

    @contextmanager
    def run(self, stage: Stage, *, group: str, config: Mapping[str, object]) -> Iterator[NullRun]:  # noqa: ARG002 -- keeps nothing
        """Yield a run that keeps nothing."""
        yield NullRun()

    def where(self) -> Tracked:
        """Nowhere."""
        return Tracked(tracker="none")


class NullRun:
    """Keeps nothing."""

    def log(self, metrics: Mapping[str, float], step: int) -> None:
        """Keep nothing."""

    def log_samples(self, samples: Sequence[Sample], step: int) -> None:
        """Keep nothing."""

    def log_pictures(self, pictures: Mapping[str, Path]) -> None:
        """Keep nothing."""

    def use(self, artifact: str) -> None:
        """Keep nothing."""

    def save(
        self,
        name: str,  # noqa: ARG002 -- keeps nothing
        *,
        kind: str,  # noqa: ARG002 -- keeps nothing
        files: Mapping[str, Path] = EMPTY,  # noqa: ARG002 -- keeps nothing
        references: Mapping[str, str] = EMPTY,  # noqa: ARG002 -- keeps nothing
        metadata: Mapping[str, object] = EMPTY,  # noqa: ARG002 -- keeps nothing
    ) -> str:
        """Return "": no version of anything."""
        return ""
