"""The queue of training runs: one runs at a time, the others start in the order in which they were added."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from ..staging import one_at_a_time
from . import events, training_request
from .events import Queued, Running, Stopped
from .language import _
from .limits import Limits
from .messages import PageError
from .sessions import Session, Sessions
from .training_request import TrainingRequest, TrainingRun

_LOG = logging.getLogger(__name__)
DELETE_EVERY = 60.0  # seconds between two looks for idle sessions
POLL_EVERY = 0.5  # seconds between two looks at a run that an earlier server started
STOP_SECONDS = 20.0  # that a run has to save its state when it is stopped


class Queue:
    """Starts a process for one run after the other. The queue is on disk: the next server continues it."""

    def __init__(self, sessions: Sessions, limits: Limits) -> None:
        """Find the runs that an earlier server left, and start the thread that works through the queue."""
        self._sessions, self._limits = sessions, limits
        self._changed = threading.Condition()
        self._closing = False
        self._has_turn = False  # whether the current run is this page's, and no other one's
        runs = [run for session in sessions.all() for run in training_request.runs(session)]
        running = [run for run in runs if isinstance(run.state, Running)]
        queued = sorted((run for run in runs if isinstance(run.state, Queued)), key=lambda run: run.state.at)
        self._folders = [run.folder for run in [*running, *queued]]
        self._thread = threading.Thread(target=self._work, name="queue of runs", daemon=True)
        self._thread.start()

    def add(self, request: TrainingRequest, session: Session) -> str:
        """Add a request to the end of the queue; return the id of its run.

        Raises:
            UserError: the queue is full.
        """
        with self._changed:
            self._require_space(session)
            folder = training_request.save(request, session)
            self._append(folder)
        return folder.name

    def resume(self, run: TrainingRun, session: Session) -> None:
        """Add a stopped run to the end of the queue; training continues from its last state.

        Raises:
            UserError: the queue is full.
        """
        with self._changed:
            if not isinstance(training_request.load(run.folder).state, Running | Queued):
                # The run wrote that it stopped, but its process may still be ending.
                self._changed.wait_for(lambda: run.folder not in self._folders, STOP_SECONDS)
            if run.folder not in self._folders:
                self._require_space(session)
                self._append(run.folder)

    def stop(self, run: TrainingRun) -> None:
        """Stop a run, or take it out of the queue. It can be resumed.

        Raises:
            UserError: the process of the run is just starting.
        """
        with self._changed:
            state = training_request.load(run.folder).state
            if isinstance(state, Running):
                events.ask_to_stop(run.folder)
            elif run.folder in self._folders[1:]:
                self._folders.remove(run.folder)
                events.append(run.folder, Stopped())
            elif run.folder in self._folders:
                raise PageError(_("it is just starting; try again in a second"))

    def order(self) -> list[Path]:
        """The folders of the runs that are running or queued, in order."""
        with self._changed:
            return list(self._folders)

    def close(self) -> None:
        """Stop the current run, which saves its state, unless it is another page's, and start no other."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        if not self._has_turn:
            return
        for folder in self.order()[:1]:
            state = training_request.load(folder).state
            if isinstance(state, Running):
                events.ask_to_stop(folder)
        self._thread.join(STOP_SECONDS)

    def _require_space(self, session: Session) -> None:
        own = sum(folder.parent == session.runs for folder in self._folders)
        if len(self._folders) >= self._limits.queued or own >= self._limits.own_queued:
            raise PageError(_("too many runs wait already; try again when one of them is done"))

    def _append(self, folder: Path) -> None:
        events.stop_file(folder).unlink(missing_ok=True)
        events.append(folder, Queued())
        self._folders.append(folder)
        self._changed.notify()

    def _work(self) -> None:
        while not self._closing:
            with self._changed:
                if not self._folders:
                    self._changed.wait(DELETE_EVERY)
                folder = self._folders[0] if self._folders and not self._closing else None
            if folder:
                try:
                    _run(folder, own_home=self._limits.public, takes_turn=self._takes_turn)
                except Exception:  # noqa: BLE001 -- whatever it is, the next run has to start
                    _LOG.exception("a run could not be started")
                with self._changed:
                    self._has_turn = False
                    self._folders.remove(folder)
                    self._changed.notify_all()
            self._sessions.delete_idle(busy=self.order())

    def _takes_turn(self) -> bool:
        with self._changed:
            self._has_turn = not self._closing
            return self._has_turn


def _run(folder: Path, *, own_home: bool, takes_turn: Callable[[], bool] = lambda: True) -> None:
    """Run until it ends; a run whose process another server started is only waited for."""
    training_request.load(folder)  # where the run was deleted, the lock would make its folder anew
    with one_at_a_time(folder):  # two pages of a machine may have it in their queues
        if takes_turn():
            _run_in_turn(folder, own_home=own_home)


def _run_in_turn(folder: Path, *, own_home: bool) -> None:
    state = training_request.load(folder).state
    try:
        if isinstance(state, Running):
            # no child of this process: as a zombie it would be waited for without end
            while events.alive(state):
                time.sleep(POLL_EVERY)
        elif isinstance(state, Queued):
            _start(folder, own_home=own_home).wait()
    finally:  # or it would wait for its turn for ever, and nobody could be forgotten meanwhile
        if isinstance(events.state(events.load(folder)), Queued):
            events.append(folder, events.Failed(message="the process of this run could not be started"))


def _start(folder: Path, *, own_home: bool) -> subprocess.Popen[bytes]:
    """Start the process of a run; with `own_home` it finds the models and datasets of its session only."""
    session = folder.parent.parent
    return subprocess.Popen(
        [sys.executable, "-m", "huggingtweets.app.worker", str(folder)],
        cwd=session if own_home else None,
        env={**os.environ, **({"HUGGINGTWEETS_HOME": str(session / "home")} if own_home else {})},
        stdin=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C in the server's terminal does not reach it
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),  # the same on Windows
    )
