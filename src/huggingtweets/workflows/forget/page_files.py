"""What the web page keeps of a person: its runs, the posts that are selected, and the uploads these name.

A run has the events of its training, with what the model wrote. Its request names the person in its title
and nowhere else, so no digest and no author leads to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from ...files.home_folder import home
from .subject import Subject
from .trace import files_below

REQUEST, SELECTION = "lesson.json", "chosen.json"  # as the page names them
UPLOADS = "uploads"  # folder beside the selection; each of its folders has one file


class _Place(Struct):
    location: str = ""


class _PageFile(Struct):
    """What a request and a selection have in common."""

    title: str = ""  # handles of the authors, "a + b"
    person: str = ""  # of a selection: handle of the author, where a file names none or several
    locations: tuple[str, ...] = ()  # of a request
    places: tuple[_Place, ...] = ()  # of a selection

    def is_of(self, subject: Subject) -> bool:
        """Whether the person is one of those whose posts are meant."""
        return subject.is_in_model_name(self.title) or subject.has_handle(self.person)

    def uploads(self, path: Path) -> set[Path]:
        """The folders of uploads that it names, as the file at `path`."""
        session = path.parent if path.name == SELECTION else path.parents[2]
        locations = (*self.locations, *(place.location for place in self.places))
        folders = {Path(location).resolve().parent for location in locations}
        return {folder for folder in folders if folder.parent == (session / UPLOADS).resolve()}


def page_files(subject: Subject) -> dict[Path, str]:
    """What the page keeps of the person, each path with its kind.

    The uploads come first, since runs and selections lead to them. One that somebody else's run or selection
    names, too, is not among them.
    """
    own = {path: file for path, file in _all() if file.is_of(subject)}
    uploads = {upload for path, file in own.items() for upload in file.uploads(path) if upload.is_dir()}
    for path, file in _all():
        uploads -= file.uploads(path) if path not in own else set()
    return {
        **dict.fromkeys(sorted(uploads), "uploaded file"),
        **{path: "cache" for path in own if path.name == SELECTION},
        **{path.parent: "run of the web page" for path in own if path.name == REQUEST},
    }


def _all() -> Iterator[tuple[Path, _PageFile]]:
    """The requests and selections of all sessions; damaged ones are left out."""
    for path in files_below(home()):
        if path.name != SELECTION and not path.match(f"runs/*/{REQUEST}"):
            continue
        try:
            yield path, msgspec.json.decode(path.read_bytes(), type=_PageFile)
        except (OSError, ValueError):
            continue
