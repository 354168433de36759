"""The person to be forgotten, and the digests by which the things made of their posts are recognised."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from unicodedata import normalize

from ...dataset.storage import METADATA, load_metadata
from ...files.home_folder import home
from ...model_folder import RECORD, ModelFolder, find_models, has_record
from ...text import NAME
from ...types import Author
from .._same_person import groups as groups_of_handles
from .trace import files_below

SHORT_DIGEST = 16  # hex digits of a digest in the names of folders
_NAME = re.compile(rf"[{NAME}.@-]+")
_DIGEST = re.compile(rf"[0-9a-f]{{{SHORT_DIGEST},}}")
_ADDRESS = re.compile(r"\w+://[^/]+\.[^/]+.*")
_CHUNK = 1 << 20  # bytes of a file that are searched at once
_OVERLAP = 1024  # bytes by which two chunks overlap, more than any match is long


@dataclass
class Subject:
    """A person, the digests that belong to them alone, and the models and datasets that led to these."""

    handle: str  # without a leading @
    other_handles: tuple[str, ...] = ()  # of the person's other places
    digests: set[str] = field(default_factory=set)
    feed_urls: set[str] = field(default_factory=set)
    models: list[ModelFolder] = field(default_factory=list)
    datasets: dict[Path, tuple[Author, ...]] = field(default_factory=dict)  # by folder

    @cached_property
    def spellings(self) -> set[str]:
        """Each handle as it was given, in Unicode's composed form, and as version 1.0 made it of a name.

        That version left vowel signs out; of any other character nothing is known.
        """
        spellings: set[str] = set()
        for given in (self.handle, *self.other_handles):
            handle = normalize("NFC", given)
            former = re.sub(r"[^\w.@-]+", "_", handle) if _NAME.fullmatch(handle) else handle
            spellings |= {given, handle, former}
        return spellings

    def has_handle(self, handle: str) -> bool:
        """Whether a handle is the person's. Case does not count."""
        given = normalize("NFC", handle.lstrip("@")).casefold()
        return given in map(str.casefold, self.spellings)

    def is_among(self, authors: Iterable[Author]) -> bool:
        """Whether the person is one of the authors."""
        return any(self.has_handle(author.account.handle) for author in authors)

    def is_in_model_name(self, name: str) -> bool:
        """Whether the name of a model, "a + b", contains the person's handle."""
        return any(map(self.has_handle, name.split(" + ")))

    def is_in_file_name(self, name: str) -> bool:
        """Whether the name of a file contains one of the person's digests."""
        return any(digest[:SHORT_DIGEST] in name for digest in self.digests)

    def pattern(self, *more_words: str) -> re.Pattern[bytes]:
        """A pattern that matches only files about the person.

        It matches a digest, or the handle where JSON names an author.

        Args:
            more_words: other words to match.
        """
        digests = [digest[:SHORT_DIGEST] for digest in self.digests]
        words = [re.escape(word) for word in (*digests, *more_words)]
        handles = "|".join(map(re.escape, sorted(self.spellings)))
        author = rf'"(?:handle|author)"\s*:\s*"@?(?:{handles})"'
        return re.compile("|".join([*words, author]).encode(), re.IGNORECASE)


def find_subject(handle: str, folders: Sequence[Path]) -> Subject:
    """Collect the models, datasets and digests of a person.

    A model belongs to the person if it was trained on their posts, merged from such a model, or trained with
    such a model, or what was exported of it, as its base, however many are between.

    Args:
        handle: the person's handle, with or without @.
        folders: where models are looked for, beside `home()`.
    """
    own, *other_handles = _all_handles(handle.strip().lstrip("@"))
    subject = Subject(own, tuple(other_handles))
    everybody: list[Author] = []
    for path in (file for file in files_below(home()) if file.name == METADATA):
        authors, digest = _dataset(path.parent)
        everybody += authors
        if subject.is_among(authors):
            subject.datasets[path.parent] = authors
            _add_digest(subject, digest)
    others = {model.path.resolve(): model for model in all_models(folders)}
    everybody += (author for model in others.values() for author in model.record.authors)
    # A model that is added has a digest, by which its descendants are recognised.
    while descendants := [model for model in others.values() if _belongs_to(model, subject)]:
        for model in descendants:
            del others[model.path.resolve()]
            record = model.record
            subject.models.append(model)
            _add_digest(subject, record.model_digest)
            if subject.is_among(record.authors):
                _add_digest(subject, record.dataset_digest)
    _add_inputs(subject, everybody)
    return subject


def _all_handles(handle: str) -> list[str]:
    """The handle, and those of the places of which the user has said that they are the same person's."""
    handles, groups = [handle], list(groups_of_handles().values())
    for known in handles:  # which grows meanwhile
        person = Subject(known)
        named = {other for group in groups if any(map(person.has_handle, group)) for other in group}
        handles += sorted(named.difference(handles))
    return handles


def file_matches(path: Path, pattern: re.Pattern[bytes]) -> bool:
    """Whether a pattern matches anywhere in a file, which is read in chunks; False if it cannot be read."""
    tail = b""
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                if pattern.search(tail + chunk):
                    return True
                tail = chunk[-_OVERLAP:]
    except OSError:
        return False
    return False


def _belongs_to(model: ModelFolder, subject: Subject) -> bool:
    record = model.record
    parents = {
        record.base.digest,
        *record.base.ancestors,
        *(parent.digest for parent in record.merged_from),
    }
    return subject.is_among(record.authors) or bool(parents & subject.digests)


def _add_inputs(subject: Subject, everybody: Iterable[Author]) -> None:
    """Add what the person's posts were read from; of a file with posts of others, too, they have things."""
    own_inputs: set[str] = set()
    other_inputs: set[str] = set()
    for author in everybody:
        is_own = subject.is_among([author])
        (own_inputs if is_own else other_inputs).update(author.input_digest.split())
        if is_own and _ADDRESS.fullmatch(author.account.url):
            subject.feed_urls.add(author.account.url)
    for digest in own_inputs - other_inputs:
        _add_digest(subject, digest)


def _add_digest(subject: Subject, digest: str) -> None:
    """Add a digest; a model of somebody else may give any text as one, which would match other files."""
    if _DIGEST.fullmatch(digest):
        subject.digests.add(digest)


def all_models(folders: Sequence[Path]) -> list[ModelFolder]:
    """The models in folders and below `home()`."""
    below_home = (ModelFolder(path.parent) for path in files_below(home()) if path.name == RECORD)
    return [
        *(model for folder in folders for model in find_models(folder)),
        *(model for model in below_home if has_record(model)),
    ]


def _dataset(folder: Path) -> tuple[tuple[Author, ...], str]:
    """Authors and digest of a dataset; nothing if it is damaged."""
    try:
        authors, _, digest = load_metadata(folder)
    except (OSError, ValueError):
        return (), ""
    return authors, digest
