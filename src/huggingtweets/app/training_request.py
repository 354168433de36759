"""A lesson: all that a run of the page needs, in a file that its process reads."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from msgspec import Struct

from ..cleaning import CleaningRules
from ..errors import UserError
from ..sources import ReadOptions
from ..types import Recipe
from . import events as log
from .events import AnyEvent, Done, Failed, Running, Stopped, Waiting
from .sessions import Session

FILE = "lesson.json"


class TrainingRequest(Struct, frozen=True, kw_only=True):
    """Whose posts are learnt from, and how."""

    title: str  # for people
    locations: tuple[str, ...]
    options: ReadOptions
    rules: CleaningRules
    recipe: Recipe
    out: str  # folder of the model
    name: str  # of the model in the library
    tracker: str = "none"  # where it is recorded
    seconds: float | None = None  # it may take
    asked: float = 0.0  # when, in seconds since 1970


@dataclass(frozen=True)
class RequestedRun:
    """A lesson and what became of it so far."""

    folder: Path
    request: TrainingRequest
    events: Sequence[AnyEvent]

    @property
    def state(self) -> Waiting | Running | Stopped | Done | Failed:
        """Where it stands."""
        return log.state(self.events)

    @property
    def id(self) -> str:
        """What the page calls it by."""
        return self.folder.name


def put_down(request: TrainingRequest, session: Session) -> Path:
    """Write a new lesson down; return the folder of its run."""
    folder = session.runs / f"{time.time_ns()}-{secrets.token_hex(4)}"
    folder.mkdir(mode=0o700, parents=True)
    (folder / FILE).write_bytes(msgspec.json.encode(msgspec.structs.replace(request, asked=time.time())))
    return folder


def load(folder: Path) -> RequestedRun:
    """The run in a folder.

    Raises:
        UserError: there is none.
    """
    try:
        request = msgspec.json.decode((folder / FILE).read_bytes(), type=TrainingRequest)
        return RequestedRun(folder, request, log.events(folder))
    except (OSError, msgspec.DecodeError) as error:
        raise UserError("this run is not here any more; begin a new one") from error


def runs(session: Session) -> list[RequestedRun]:
    """The runs of a room, newest first; damaged ones are passed over."""
    found = []
    for folder in sorted(session.runs.iterdir(), reverse=True) if session.runs.is_dir() else ():
        try:
            found.append(load(folder))
        except UserError:
            continue
    return found


def find(session: Session, name: object) -> RequestedRun:
    """The run of a room that is called so.

    Raises:
        UserError: there is none.
    """
    known = {folder.name: folder for folder in session.runs.iterdir()} if session.runs.is_dir() else {}
    if not isinstance(name, str) or name not in known:
        raise UserError("this run is not here any more; begin a new one")
    return load(known[name])
