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
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakValueDictionary

from ..errors import ModelError, UserError
from ..files.home_folder import at_home, home
from ..model_folder import MODELS, ModelFolder, find_models
from .language import _
from .limits import Limits
from .messages import PageError
from .visitors import Visitors, current_address

KEY = re.compile(r"[\w-]{32}")
MOST_WAITING = 2  # events of a stranger that wait for another one
_GONE = "this model is not here any more; choose another"
_LAST_EVENT = "seen"  # an empty file of the time of the visitor's last event; the first one makes the folder


@dataclass(frozen=True)
class Session:
    """The folders of one visitor."""

    root: Path
    models: Path
    own_home: Path | None  # where its datasets and caches are; None: the home of this machine
    visitors: Visitors | None = None  # of a public page; None: nothing is counted
    address: str = ""  # of the visitor, where the event that is being handled comes from

    @property
    def runs(self) -> Path:
        """The folder of the training runs, each a folder of its own."""
        return self.root / "runs"

    @property
    def uploads(self) -> Path:
        """The folder of the files that the visitor uploaded."""
        return self.root / "uploads"

    def make(self) -> None:
        """Make the folder of the session, before something is kept in it.

        Raises:
            UserError: there are too many sessions, or too many of one address.
        """
        if self.visitors:
            self.visitors.make_folder(self.root, self.address)
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)

    def reading(self) -> AbstractContextManager[None]:
        """In a `with` of this, posts are read; a stranger's address does so only a few times at once.

        Raises:
            UserError: the address reads too much already.
        """
        return self.visitors.reading(self.address) if self.visitors else nullcontext()

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
        raise ModelError(_GONE)

    def require(self, folder: ModelFolder) -> None:
        """Raise ModelError where a model was deleted, or made anew, since its record was read."""
        now = self.model(folder.path.relative_to(self.models).as_posix())
        if now.record.model_digest != folder.record.model_digest:
            raise ModelError(_GONE)


class Sessions:
    """All sessions of a server."""

    def __init__(self, limits: Limits, on_delete: Callable[[Path], object] = lambda _: None) -> None:
        """Use the folder of sessions below the home of this machine.

        Args:
            limits: of visitors.
            on_delete: called with the folder of a session that was idle and is deleted.
        """
        self._limits, self._on_delete = limits, on_delete
        self._folder = home() / "visitors"
        self._visitors = Visitors(limits)
        self._locks: WeakValueDictionary[Path, SessionLock] = WeakValueDictionary()
        self._written_locks: WeakValueDictionary[Path, SessionLock] = WeakValueDictionary()

    def of(self, key: object) -> Session:
        """The session of a key; it has no folder until something is kept in it.

        Raises:
            UserError: it is no key.
        """
        if not self._limits.public:
            return Session(home() / "app", MODELS.resolve(), None)
        if not isinstance(key, str) or not KEY.fullmatch(key):
            raise PageError(_("this page has lost the key to your session; reload it"))
        root = self._folder / hashlib.sha256(key.encode()).hexdigest()[:32]
        if root.is_dir():
            (root / _LAST_EVENT).touch()
        return self._session(root)

    def lock(self, session: Session) -> SessionLock:
        """The lock to hold while the selection of a session is read or changed, which can take minutes."""
        most = MOST_WAITING if session.visitors else None
        return self._locks.setdefault(session.root, SessionLock(most))

    def written_lock(self, session: Session) -> SessionLock:
        """The lock to hold while what the models of a session wrote is changed.

        It is held for moments, so that any number of events may wait for it. Who needs both locks takes
        `lock` first.
        """
        return self._written_locks.setdefault(session.root, SessionLock(None))

    def all(self) -> Iterator[Session]:
        """Every session there is."""
        if not self._limits.public:
            yield self.of(None)
        elif self._folder.is_dir():
            yield from map(self._session, sorted(self._folder.iterdir()))

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
            self._on_delete(root)
        return len(idle)

    def _is_idle(self, session: Session) -> bool:
        last_event = session.root / _LAST_EVENT
        try:
            used = (last_event if last_event.exists() else session.root).stat().st_mtime
        except OSError:  # deleted meanwhile
            return False
        return time.time() - used > (self._limits.idle or 0)

    def _session(self, root: Path) -> Session:
        """The session of a visitor in a folder of its own."""
        return Session(root, root / "models", root / "home", self._visitors, current_address())


class SessionLock:
    """Lets one event of a session through at a time; few wait for it, as each takes a thread of the page."""

    def __init__(self, most: int | None) -> None:
        """Let so many events wait; None: any number."""
        self._lock, self._waiting, self._most = threading.Lock(), 0, most

    def __enter__(self) -> None:
        """Wait for the lock.

        Raises:
            UserError: too many events wait already.
        """
        if self._most is not None and self._waiting >= self._most:
            raise UserError("what you asked for before is still being done; wait a moment")
        self._waiting += 1
        try:
            self._lock.acquire()
        finally:
            self._waiting -= 1

    def __exit__(self, *_: object) -> None:
        """Give the lock back."""
        self._lock.release()
