"""The queue of runs: one at a time learns, the others wait, in the order in which they were asked for."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from ..errors import UserError
from . import events, training_request
from .events import Running, Stopped, Waiting
from .limits import Limits
from .sessions import Session, Sessions
from .training_request import RequestedRun, TrainingRequest

_LOG = logging.getLogger(__name__)
CLEAR_EVERY = 60.0  # seconds
LOOK_EVERY = 0.5  # seconds, at a run that an earlier server began
PATIENCE = 20.0  # seconds a run has to put itself away when the server ends


class Queue:
    """Starts a process for one run after the other. What waits is on disk, and found again at the start."""

    def __init__(self, sessions: Sessions, limits: Limits) -> None:
        """Find what was left, and begin."""
        self._rooms, self._limits = sessions, limits
        self._folders: list[Path] = []
        self._changed = threading.Condition()
        self._ending = False
        left = [run for session in sessions.all() for run in training_request.runs(session)]
        going = [run for run in left if isinstance(run.state, Running)]
        waiting = sorted((r for r in left if isinstance(r.state, Waiting)), key=lambda run: run.state.at)
        self._folders = [run.folder for run in [*going, *waiting]]
        self._thread = threading.Thread(target=self._work, name="queue of runs", daemon=True)
        self._thread.start()

    def add(self, given: TrainingRequest, session: Session) -> str:
        """Let a lesson wait for its turn; return the run's name.

        Raises:
            UserError: too many wait.
        """
        with self._changed:
            self._require_room(session)
            folder = training_request.put_down(given, session)
            self._put(folder)
        return folder.name

    def go_on(self, run: RequestedRun, session: Session) -> None:
        """Let a stopped run wait for its turn again; it goes on from where it stood."""
        with self._changed:
            if not isinstance(
                training_request.load(run.folder).state, Running | Waiting
            ):  # its process may still end
                self._changed.wait_for(lambda: run.folder not in self._folders, PATIENCE)
            if run.folder not in self._folders:
                self._require_room(session)
                self._put(run.folder)

    def stop(self, run: RequestedRun) -> None:
        """Stop a run, or let it wait no longer. It can go on later."""
        with self._changed:
            now = training_request.load(run.folder).state
            if isinstance(now, Running):
                os.kill(now.pid, signal.SIGINT)
            elif run.folder in self._folders[1:]:
                self._folders.remove(run.folder)
                events.append(run.folder, Stopped())
            elif run.folder in self._folders:
                raise UserError("it begins this very moment; try again in a second")

    def order(self) -> list[Path]:
        """The folders of the runs that are going or waiting, in order."""
        with self._changed:
            return list(self._folders)

    def close(self) -> None:
        """Stop the run that is going, which keeps itself, and start no more."""
        with self._changed:
            self._ending = True
            self._changed.notify()
        for folder in self.order()[:1]:
            now = training_request.load(folder).state
            if isinstance(now, Running):
                os.kill(now.pid, signal.SIGINT)
        self._thread.join(PATIENCE)

    def _require_room(self, session: Session) -> None:
        mine = sum(folder.parent == session.runs for folder in self._folders)
        if len(self._folders) >= self._limits.waiting or mine >= self._limits.own_waiting:
            raise UserError("too many runs wait already; try again when one of them is done")

    def _put(self, folder: Path) -> None:
        events.append(folder, Waiting())
        self._folders.append(folder)
        self._changed.notify()

    def _work(self) -> None:
        while not self._ending:
            with self._changed:
                if not self._folders:
                    self._changed.wait(CLEAR_EVERY)
                folder = self._folders[0] if self._folders and not self._ending else None
            if folder:
                try:
                    _run(folder, own_home=self._limits.public)
                except Exception:  # noqa: BLE001 -- whatever it is, the next one shall have its turn
                    _LOG.exception("a run could not be started")
                with self._changed:
                    self._folders.remove(folder)
                    self._changed.notify_all()
            self._rooms.clear(busy=tuple(self.order()))


def _run(folder: Path, *, own_home: bool) -> None:
    """Run until it ends; one that is going already, since before this server, is waited for."""
    now = training_request.load(folder).state
    if isinstance(now, Running):
        while events.alive(now):  # no child of ours: it may stay a zombie, for which waiting has no end
            time.sleep(LOOK_EVERY)
    elif isinstance(now, Waiting):
        _process(folder, own_home=own_home).wait()
    found = events.events(folder)
    if isinstance(events.state(found), Waiting):
        events.append(folder, events.Failed(message="the process of this run could not be started"))


def _process(folder: Path, *, own_home: bool) -> subprocess.Popen[bytes]:
    """Start a process; that of a stranger's run finds other models and datasets in their room only."""
    session = folder.parent.parent
    return subprocess.Popen(
        [sys.executable, "-m", "huggingtweets.app.worker", str(folder)],
        cwd=session if own_home else None,
        env={**os.environ, **({"HUGGINGTWEETS_HOME": str(session / "home")} if own_home else {})},
        stdin=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C in the server's terminal is not meant for it
    )
