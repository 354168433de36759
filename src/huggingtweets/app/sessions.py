"""Sessions: where the files of a visitor are. On one's own machine there is one; strangers have one each.

A stranger's room is found by a key that only their browser has. What is kept here is named by the key's
digest, so that nobody who sees names of folders can open a room.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from ..errors import ModelError, UserError
from ..files import at_home, home
from ..model_folder import MODELS, ModelFolder, find_models
from .limits import Limits

KEY = re.compile(r"[\w-]{32}")
_SEEN = "seen"


@dataclass(frozen=True)
class Session:
    """The folders of one visitor."""

    root: Path
    models: Path
    own_home: Path | None  # None: the machine's

    @property
    def runs(self) -> Path:
        """Where runs are, waiting, going and done."""
        return self.root / "runs"

    @property
    def uploads(self) -> Path:
        """Where the files are that were dropped on the page."""
        return self.root / "uploads"

    def entered(self) -> AbstractContextManager[None]:
        """In a `with` of this, datasets and caches are those of this room."""
        return at_home(self.own_home) if self.own_home else nullcontext()

    def library(self) -> list[tuple[str, ModelFolder]]:
        """The models made here, newest first, each with a name that says nothing of this machine."""
        return [(_shown(folder, self.models), folder) for folder in find_models(self.models)]

    def model(self, name: object) -> ModelFolder:
        """The model of that name.

        Raises:
            ModelError: there is none.
        """
        for known, folder in self.library():
            if known == name:
                return folder
        raise ModelError("this model is not here any more; choose another")


class Sessions:
    """All rooms of a server."""

    def __init__(self, limits: Limits) -> None:
        """Open the place where rooms are."""
        self._limits = limits
        self._visitors = home() / "visitors"
        self._locks: dict[Path, threading.Lock] = {}

    def of(self, key: object) -> Session:
        """The room that a key opens.

        Raises:
            UserError: it is no key, or all rooms are taken.
        """
        if not self._limits.public:
            return Session(home() / "app", MODELS.resolve(), None)
        if not isinstance(key, str) or not KEY.fullmatch(key):
            raise UserError("this page has no key to your room; reload it")
        root = self._visitors / hashlib.sha256(key.encode()).hexdigest()[:32]
        if not root.is_dir():
            if len(list(self.all())) >= self._limits.sessions:
                raise UserError("too many people are here just now; try again later, or run it yourself")
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
        (root / _SEEN).touch()
        return Session(root, root / "models", root / "home")

    def alone(self, session: Session) -> threading.Lock:
        """In a `with` of this, nothing else changes what was chosen in the room."""
        return self._locks.setdefault(session.root, threading.Lock())

    def all(self) -> Iterator[Session]:
        """Every room there is."""
        if not self._limits.public:
            yield self.of(None)
        elif self._visitors.is_dir():
            for root in sorted(self._visitors.iterdir()):
                yield Session(root, root / "models", root / "home")

    def clear(self, *, busy: Iterator[Path] | tuple[Path, ...] = ()) -> int:
        """Remove the rooms that nobody has visited for long; return how many.

        Args:
            busy: folders of runs that are going or waiting; their rooms stay.
        """
        if self._limits.kept is None:
            return 0
        used = {folder.parent.parent for folder in busy}
        old = [session.root for session in self.all() if session.root not in used and self._is_old(session)]
        for root in old:
            shutil.rmtree(root, ignore_errors=True)
            self._locks.pop(root, None)
        return len(old)

    def _is_old(self, session: Session) -> bool:
        try:
            seen = (session.root / _SEEN).stat().st_mtime
        except OSError:
            return True
        return time.time() - seen > (self._limits.kept or 0)


def _shown(folder: ModelFolder, models: Path) -> str:
    return folder.path.relative_to(models).as_posix()
