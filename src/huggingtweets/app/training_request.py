"""Training requests, and the runs that carry them out: one folder a run, with its request and its events.

A run exists from the moment it is requested, whether it is queued, running, stopped, done or failed. The page
and the process of the run share nothing but this folder.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from ..cleaning import CleaningRules
from ..errors import UserError
from ..files import whole_file
from ..model_folder import folder_name
from ..sources import ReadOptions
from ..types import Recipe
from . import events as run_events
from .events import AnyEvent, Done, State
from .language import _
from .messages import PageError
from .sessions import Session

FILE = "lesson.json"
OPENED = "opened"  # an empty file


class TrainingRequest(Struct, frozen=True, kw_only=True):
    """What to train: the posts, the recipe, and where the model goes."""

    title: str  # handles of the authors, as the page shows them
    locations: tuple[str, ...]
    options: ReadOptions
    rules: CleaningRules
    recipe: Recipe
    out: str  # folder of the model
    name: str  # of the model in the library
    tracker: str = "none"
    seconds: float | None = None  # that the run may take; None: no limit


@dataclass(frozen=True)
class TrainingRun:
    """A run of the page: a training request, and what happened to it so far."""

    folder: Path
    request: TrainingRequest
    events: Sequence[AnyEvent]

    @property
    def state(self) -> State:
        """Whether it is queued, running, stopped, done or failed."""
        return run_events.state(self.events)

    @property
    def id(self) -> str:
        """The name of the run's folder, by which the page asks for it."""
        return self.folder.name

    @property
    def has_model(self) -> bool:
        """Whether it is done, and its model has not been deleted since, wherever that is."""
        return isinstance(self.state, Done) and Path(self.request.out).is_dir()

    def is_of(self, session: Session) -> bool:
        """Whether its model is one of the session's; a page of another folder has other models."""
        return Path(self.request.out).resolve() == (session.models / self.request.name).resolve()

    @property
    def was_opened(self) -> bool:
        """Whether the model was opened since the run is done."""
        return (self.folder / OPENED).exists()


def save(request: TrainingRequest, session: Session) -> Path:
    """Write a request into the folder of a new run; return the folder."""
    folder = session.runs / f"{time.time_ns()}-{secrets.token_hex(4)}"
    folder.mkdir(mode=0o700, parents=True)
    (folder / FILE).write_bytes(msgspec.json.encode(request))
    return folder


def free_name(session: Session, name: str) -> str:
    """The name, numbered where a model or a run has it: a run that failed or was stopped can go on."""
    taken = {run.request.name for run in runs(session)}
    number, free = 1, name
    while free in taken or os.path.lexists(session.models / free):
        number += 1
        free = f"{name}-{number}"
    return free


def with_own_name(run: TrainingRun, session: Session) -> TrainingRun:
    """A run that is to begin or to go on, renamed where its model would take the place of another's."""
    others = [other.request.name for other in runs(session) if other.id != run.id]
    if run.request.name not in others and not os.path.lexists(run.request.out):
        return run
    name = free_name(session, folder_name(run.request.title))
    request = replace(run.request, name=name, out=str(session.models / name))
    whole_file(run.folder / FILE, msgspec.json.encode(request))
    return load(run.folder)


def load(folder: Path) -> TrainingRun:
    """The run in a folder.

    Raises:
        UserError: there is none.
    """
    try:
        request = msgspec.json.decode((folder / FILE).read_bytes(), type=TrainingRequest)
        return TrainingRun(folder, request, run_events.load(folder))
    except (OSError, ValueError) as error:
        raise PageError(_("this run is not here any more; begin a new one")) from error


def runs(session: Session) -> list[TrainingRun]:
    """The runs of a session, newest first; those whose files are damaged are left out."""
    loaded = []
    for folder in sorted(session.runs.iterdir(), reverse=True) if session.runs.is_dir() else ():
        try:
            loaded.append(load(folder))
        except UserError:
            continue
    return loaded


def find(session: Session, run_id: object) -> TrainingRun:
    """The run of a session with this id.

    Raises:
        UserError: there is none.
    """
    folders = {folder.name: folder for folder in session.runs.iterdir()} if session.runs.is_dir() else {}
    if not isinstance(run_id, str) or run_id not in folders:
        raise PageError(_("this run is not here any more; begin a new one"))
    return load(folders[run_id])


def mark_opened(session: Session, model: object) -> None:
    """Note that a model was opened, in the runs that made it."""
    for run in runs(session):
        if isinstance(run.state, Done) and run.request.name == model and run.is_of(session):
            (run.folder / OPENED).touch()
