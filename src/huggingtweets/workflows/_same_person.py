"""The handles of a person whose places have several, so that `forget` finds all of theirs by any of them.

They are kept on this machine alone: records and datasets may be published, and say nothing of other accounts.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ..files import whole_file
from ..files.home_folder import home

if TYPE_CHECKING:
    from .data import AuthorPosts

FOLDER = "same-person"  # below home()


class _Handle(msgspec.Struct):
    handle: str


def remember(authors: Iterable[AuthorPosts]) -> None:
    """Keep the handles of each author who has several.

    Raises:
        OutOfSpace: the disk is full.
        OutputExists: nothing can be written below `home()`.
    """
    for author in authors:
        if len(author.handles) > 1:
            content = msgspec.json.encode([_Handle(handle) for handle in sorted(author.handles)])
            folder = home() / FOLDER
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            whole_file(folder / f"{sha256(content).hexdigest()[:16]}.json", content)


def groups() -> dict[Path, list[str]]:
    """The handles of each such person, by the file that says so; damaged files are left out."""
    known: dict[Path, list[str]] = {}
    for path in sorted((home() / FOLDER).glob("*.json")):
        try:
            known[path] = [one.handle for one in msgspec.json.decode(path.read_bytes(), type=list[_Handle])]
        except (OSError, ValueError):
            continue
    return known
