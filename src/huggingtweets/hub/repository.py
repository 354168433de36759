"""What goes to a target, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True)
class Upload:
    """One file of a repository: its path there, and its bytes or the file on disk that has them."""

    path: str
    content: bytes | Path

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.content) if isinstance(self.content, bytes) else self.content.stat().st_size


@dataclass(frozen=True)
class Repository:
    """A repository as it shall be. Files in it that are not named here are left alone, unless `gone`."""

    id: str  # owner/name
    kind: Literal["model", "dataset"]
    uploads: tuple[Upload, ...]
    private: bool
    gone: tuple[str, ...] = ()  # paths that an earlier upload of ours put there, and this one does not


@dataclass(frozen=True)
class Sent:
    """A repository's state after an upload."""

    url: str
    commit: str
    changed: bool  # False where all was there already, and no commit was made
