"""What a person's things are known by: the digests that their posts led to, and their handle."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from ...files import home
from ...model_folder import RECORD, ModelFolder, find_models, has_record
from ...types import Author

SHORT = 16  # hex digits of a digest by which folders are named
_CHUNK = 1 << 20


@dataclass
class Subject:
    """A handle, the digests that belong to it alone, and what was found by following them."""

    handle: str
    digests: set[str] = field(default_factory=set)
    places: set[str] = field(default_factory=set)  # addresses of their feeds
    models: list[ModelFolder] = field(default_factory=list)
    datasets: dict[Path, tuple[Author, ...]] = field(default_factory=dict)

    def wrote(self, authors: Iterable[Author]) -> bool:
        """Whether some of the posts are theirs."""
        return any(self.is_called(author.account.handle) for author in authors)

    def in_group(self, name: str) -> bool:
        """Whether a model's name, "a + b", has them."""
        return any(map(self.is_called, name.split(" + ")))

    def is_called(self, handle: str) -> bool:
        """Whether a handle is theirs; case does not count."""
        return handle.lstrip("@").casefold() == self.handle.casefold()

    def named(self, name: str) -> bool:
        """Whether a file's name has one of their digests."""
        return any(digest[:SHORT] in name for digest in self.digests)

    def pattern(self, *more: str) -> re.Pattern[bytes]:
        """Finds in any bytes what only their things have: a digest, or the handle as JSON writes an author.

        Args:
            more: other words to find.
        """
        words = [re.escape(word) for word in (*(d[:SHORT] for d in self.digests), *more)]
        handle = re.escape(self.handle)
        return re.compile(
            "|".join([*words, rf'"(?:handle|author)"\s*:\s*"@?{handle}"']).encode(), re.IGNORECASE
        )


def person(handle: str, folders: Sequence[Path]) -> Subject:
    """Follow a handle through all models and datasets below `home()` and in these folders.

    A model belongs to a person if it learnt from their posts, was merged from such a model, or began as one.
    """
    found = Subject(handle.strip().lstrip("@"))
    for path in home().rglob("dataset.json"):
        authors, digest = _dataset(path)
        if found.wrote(authors):
            found.datasets[path.parent] = authors
            _learn(found, authors, digest)
    left = {model.path.resolve(): model for model in _models(folders)}
    while True:
        more = [model for model in left.values() if _descends(model, found)]
        if not more:
            return found
        for model in more:
            del left[model.path.resolve()]
            record = model.record
            found.models.append(model)
            found.digests.add(record.model_digest)
            if found.wrote(record.authors):
                _learn(found, record.authors, record.dataset_digest)


def has(path: Path, pattern: re.Pattern[bytes]) -> bool:
    """Whether a file has a match, read in pieces that overlap."""
    tail = b""
    try:
        with path.open("rb") as file:
            while piece := file.read(_CHUNK):
                if pattern.search(tail + piece):
                    return True
                tail = piece[-1024:]
    except OSError:
        return False
    return False


def _descends(model: ModelFolder, found: Subject) -> bool:
    record = model.record
    parents = {record.base.digest, *(parent.digest for parent in record.merged_from)}
    return found.wrote(record.authors) or bool(parents & found.digests)


def _learn(found: Subject, authors: Iterable[Author], digest: str) -> None:
    found.digests |= {digest} - {""}
    for author in authors:
        if found.wrote([author]):
            found.digests |= {author.input_digest} - {""}
            found.places |= {author.account.url} - {""}


def _models(folders: Sequence[Path]) -> list[ModelFolder]:
    below_home = (ModelFolder(path.parent) for path in home().rglob(RECORD))
    return [
        *(model for folder in folders for model in find_models(folder)),
        *(model for model in below_home if has_record(model)),
    ]


def _dataset(path: Path) -> tuple[tuple[Author, ...], str]:
    try:
        authors, _, digest = msgspec.json.decode(path.read_bytes(), type=tuple[tuple[Author, ...], str, str])
    except (OSError, msgspec.DecodeError):
        return (), ""
    return authors, digest
