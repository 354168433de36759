"""The interface of a tracker and of its runs, which every tracker implements, and names that all accept."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Protocol

from ..types import Sample, Stage, Tracked

EMPTY: Final[Mapping[str, Any]] = MappingProxyType({})

_MAX_NAME_LENGTH = 128  # characters: wandb's limit; its other rules are weaker than trackio's


class Run(Protocol):
    """The record of one stage, open while the stage runs."""

    def log(self, metrics: Mapping[str, float], step: int) -> None:
        """Record metrics at a step; cheap enough for every step. Within a run, steps never decrease."""

    def log_samples(self, samples: Sequence[Sample], step: int) -> None:
        """Record generated posts at a step, as a table of prompts and texts."""

    def log_pictures(self, pictures: Mapping[str, Path]) -> None:
        """Record image files, given by their titles."""

    def use(self, artifact: str) -> None:
        """Record an artifact as an input of this run.

        An artifact that the tracker does not know any more is ignored.

        Args:
            artifact: what `save` returned for it, name and version.
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
        """Record an artifact as an output of this run and return its name with its version.

        A run that takes in something from outside saves it first and then uses it.

        Args:
            name: any text; `valid_name` turns it into a name that the tracker accepts.
            kind: type of the artifact, "dataset" or "model" for example. It never changes for a name.
            files: path inside the artifact -> file, whose bytes are copied.
            references: path inside the artifact -> URI (`file://`, `hf://`), whose bytes are not copied.
                A `file://` must exist and is recorded with its digest; other URIs are not requested. A remote
                tracker gets no `file://`: it leads nowhere on other machines, and may name a person.
            metadata: describes the artifact, with a digest for example. For an artifact with neither files
                nor references it is the content.

        Returns:
            For example "kite-train-dataset:v0". Unchanged content keeps its version.
        """
        ...


class Tracker(Protocol):
    """A place where runs and artifacts are recorded."""

    remote: bool
    """Whether records are sent to another machine, now or later, so that they must hold no posts."""

    @property
    def sync_command(self) -> str:
        """The shell command that sends what is recorded only on this machine; "" where there is none."""
        ...

    def run(self, stage: Stage, *, group: str, config: Mapping[str, object]) -> AbstractContextManager[Run]:
        """Record one stage, from entering the block to leaving it.

        Args:
            stage: the stage of the pipeline.
            group: name of the model, which groups the runs of all its stages.
            config: settings of the stage.
        """
        ...

    def where(self) -> Tracked:
        """Where the record can be viewed, and the artifacts that have been saved so far."""
        ...


def valid_name(text: str) -> str:
    """Turn any text into a name of ASCII letters, digits, ".", "_" and "-", at most 128 characters long.

    A text that is such a name already is returned unchanged. Any other gets a short digest of the whole text
    as its ending, so that two people whose handles look alike in ASCII never share a name.
    """
    ascii_only = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", ascii_only).strip("-.")
    if name == text and 0 < len(name) <= _MAX_NAME_LENGTH:
        return name
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{name[: _MAX_NAME_LENGTH - len(digest) - 1]}-{digest}".lstrip("-")
