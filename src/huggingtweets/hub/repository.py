"""A repository to be uploaded to the Hub, its files, and the result of the upload."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True)
class Upload:
    """One file of a repository: its path there, and its bytes or the file on disk that holds them."""

    path: str
    content: bytes | Path

    @property
    def size(self) -> int:
        """Size in bytes."""
        return len(self.content) if isinstance(self.content, bytes) else self.content.stat().st_size


@dataclass(frozen=True)
class Repository:
    """The state that an upload gives to a repository. Files that are named nowhere here stay as they are."""

    id: str  # owner/name
    kind: Literal["model", "dataset"]
    uploads: tuple[Upload, ...]
    private: bool
    deletions: tuple[str, ...] = ()  # paths that an earlier upload from here wrote, and this one does not


@dataclass(frozen=True)
class UploadResult:
    """The state of a repository after an upload."""

    url: str
    commit: str
    changed: bool  # False if the repository had the same files already, and no commit was made
