"""What was published from this machine: a note of each repository, so that it can be deleted there."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from ..files import home, whole_file
from ..types import Permission

FOLDER = "published"  # below home()


class Note(Struct, frozen=True, kw_only=True):
    """One repository, as it was last uploaded."""

    url: str
    id: str  # owner/name
    kind: str  # "model" or "dataset"
    endpoint: str
    handles: tuple[str, ...]  # of the people whose posts are behind it
    permission: Permission
    model_digest: str
    files: tuple[str, ...]
    at: datetime
    commit: str = ""  # "" where the upload did not end


def keep(note: Note) -> None:
    """Write a note, in place of an earlier one of the same repository."""
    content = msgspec.json.format(msgspec.json.encode(note)) + b"\n"
    whole_file(_place(note.endpoint, note.id, note.kind), content)


def find(endpoint: str, repo_id: str, kind: str) -> Note | None:
    """The note of a repository; None where nothing was published there from here."""
    return _read(_place(endpoint, repo_id, kind))


def notes() -> dict[Path, Note]:
    """Every note by its file, the earliest first; damaged ones are passed over."""
    found = {path: note for path in (home() / FOLDER).glob("*.json") if (note := _read(path))}
    return dict(sorted(found.items(), key=lambda item: item[1].at))


def _place(endpoint: str, repo_id: str, kind: str) -> Path:
    key = hashlib.sha256(f"{endpoint}\0{kind}\0{repo_id}".encode()).hexdigest()
    return home() / FOLDER / f"{key[:32]}.json"


def _read(path: Path) -> Note | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Note)
    except (OSError, msgspec.DecodeError):
        return None
