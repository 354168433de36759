"""Sessions: the folders of a visitor, with their uploads, training runs and models.

On the owner's machine there is one session. On a public page each visitor has their own. It is opened by a
random key that only the visitor's browser has, and its folder is named by the digest of the key: whoever sees
the names of folders cannot open a session.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from ..errors import ModelError, UserError
from ..files import at_home, home
from ..model_folder import MODELS, ModelFolder, find_models
from .limits import Limits

KEY = re.compile(r"[\w-]{32}")
_LAST_EVENT = "seen"  # an empty file, whose modification time is that of the visitor's last event


@dataclass(frozen=True)
class Session:
    """The folders of one visitor."""

    root: Path
    models: Path
    own_home: Path | None  # where its datasets and caches are; None: the home of this machine

    @property
    def runs(self) -> Path:
        """The folder of the training runs, each a folder of its own."""
        return self.root / "runs"

    @property
    def uploads(self) -> Path:
        """The folder of the files that the visitor uploaded."""
        return self.root / "uploads"

    def use_home(self) -> AbstractContextManager[None]:
        """In a `with` of this, datasets and caches are those of the session."""
        return at_home(self.own_home) if self.own_home else nullcontext()

    def library(self) -> list[tuple[str, ModelFolder]]:
        """The models of the session, newest first, each with its name: its path below `models`."""
        return [
            (folder.path.relative_to(self.models).as_posix(), folder) for folder in find_models(self.models)
        ]

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
    """All sessions of a server."""

    def __init__(self, limits: Limits) -> None:
        """Use the folder of sessions below the home of this machine."""
        self._limits = limits
        self._visitors = home() / "visitors"
        self._locks: dict[Path, threading.Lock] = {}

    def of(self, key: object) -> Session:
        """The session of a key; a new one where the key is new.

        Raises:
            UserError: it is no key, or there are too many sessions.
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
        (root / _LAST_EVENT).touch()
        return _session(root)

    def lock(self, session: Session) -> threading.Lock:
        """The lock to hold while the selection of a session is changed."""
        return self._locks.setdefault(session.root, threading.Lock())

    def all(self) -> Iterator[Session]:
        """Every session there is."""
        if not self._limits.public:
            yield self.of(None)
        elif self._visitors.is_dir():
            yield from map(_session, sorted(self._visitors.iterdir()))

    def delete_idle(self, *, busy: Collection[Path] = ()) -> int:
        """Delete the sessions without an event for longer than the limit; return how many.

        Args:
            busy: folders of runs that are queued or running; their sessions stay.
        """
        if self._limits.idle is None:
            return 0
        used = {folder.parent.parent for folder in busy}
        idle = [session.root for session in self.all() if session.root not in used and self._is_idle(session)]
        for root in idle:
            shutil.rmtree(root, ignore_errors=True)
            self._locks.pop(root, None)
        return len(idle)

    def _is_idle(self, session: Session) -> bool:
        try:
            last = (session.root / _LAST_EVENT).stat().st_mtime
        except OSError:
            return True
        return time.time() - last > (self._limits.idle or 0)


def _session(root: Path) -> Session:
    """The session of a visitor in a folder of its own."""
    return Session(root, root / "models", root / "home")
