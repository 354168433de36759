"""The ledger of uploads: a JSON file below `home()` for each repository that was uploaded from this machine.

`lineage` reads it to name the published copy of a model, `forget` to list what has to be deleted on the Hub.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from ..files import whole_file
from ..files.home_folder import home
from ..types import Permission

FOLDER = "published"  # below home()


class LedgerEntry(Struct, frozen=True, kw_only=True):
    """The last upload of one repository."""

    url: str
    id: str  # owner/name
    kind: str  # "model" or "dataset"
    endpoint: str  # address of the Hub
    handles: tuple[str, ...]  # of all whose posts this model or one uploaded before was trained on
    permission: Permission
    model_digest: str
    files: tuple[str, ...]  # paths in the repository
    at: datetime
    commit: str = ""  # "" if the upload was not finished


def save(entry: LedgerEntry) -> None:
    """Write an entry. It replaces an earlier one of the same repository."""
    content = msgspec.json.format(msgspec.json.encode(entry)) + b"\n"
    whole_file(_path(entry.endpoint, entry.id, entry.kind), content)


def find(endpoint: str, repo_id: str, kind: str) -> LedgerEntry | None:
    """The entry of a repository; None if it was never uploaded from this machine."""
    return _read(_path(endpoint, repo_id, kind))


def entries() -> dict[Path, LedgerEntry]:
    """All entries by their file, the earliest upload first; damaged files are skipped."""
    by_file = {path: entry for path in (home() / FOLDER).glob("*.json") if (entry := _read(path))}
    return dict(sorted(by_file.items(), key=lambda item: item[1].at))


def _path(endpoint: str, repo_id: str, kind: str) -> Path:
    key = hashlib.sha256(f"{endpoint}\0{kind}\0{repo_id}".encode()).hexdigest()
    return home() / FOLDER / f"{key[:32]}.json"


def _read(path: Path) -> LedgerEntry | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=LedgerEntry)
    except (OSError, ValueError):
        return None
