"""What a tracker can do, and nothing more: the same few calls for every one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Protocol

from ..types import Sample, Stage, Tracked

EMPTY: Final[Mapping[str, Any]] = MappingProxyType({})


class Run(Protocol):
    """The record of one stage while it happens."""

    def log(self, metrics: Mapping[str, float], step: int) -> None:
        """Record figures at a step; cheap enough for every step. Steps never go back within a run."""

    def log_samples(self, samples: Sequence[Sample], step: int) -> None:
        """Record generated posts at a step, as a table."""

    def log_pictures(self, pictures: Mapping[str, Path]) -> None:
        """Record image files under their titles."""

    def use(self, artifact: str) -> None:
        """Record an artifact as this run's input; `artifact` is what `save` returned.

        One that was saved long ago and is no longer there is passed over.
        """

    def save(
        self,
        name: str,
        *,
        kind: str,
        files: Mapping[str, Path] = EMPTY,
        references: Mapping[str, str] = EMPTY,
        metadata: Mapping[str, object] = EMPTY,
    ) -> str:
        """Record an artifact as this run's output and return its name with its version.

        What a run takes in from outside, it saves and then uses.

        Args:
            name: Any text; the tracker makes it a name it accepts.
            kind: What sort of thing it is, "dataset" or "model". A name keeps its kind for ever.
            files: Path inside the artifact -> file, whose bytes are copied.
            references: Path inside the artifact -> URI (`file://`, `hf://`), whose bytes stay where they
                are. A `file://` must exist and is recorded with its digest; nothing remote is asked. A
                remote tracker is given no `file://`: it says nothing elsewhere, and may name a person.
            metadata: What describes it, a digest for example. It is the content of an artifact that
                has nothing else.

        Returns:
            For example "kite-train-dataset:v0". Content that was saved before keeps its version.
        """
        ...


class Tracker(Protocol):
    """A place where runs and artifacts are kept."""

    remote: bool
    """Whether what is saved is made to leave this machine, so that no posts may be handed over."""

    @property
    def later(self) -> str:
        """The command that sends what was kept on this machine and not sent, "" where there is none."""
        ...

    def run(self, stage: Stage, *, group: str, config: Mapping[str, object]) -> AbstractContextManager[Run]:
        """Record one stage, from entering to leaving the block.

        Args:
            stage: what is done.
            group: What the stages of one model have in common: the model's name.
            config: The stage's settings.
        """
        ...

    def where(self) -> Tracked:
        """Where the record can be explored, and which artifacts were saved so far."""
        ...
