"""The driver: hands out authors until all have ended. It holds no truth; what counts is in the store."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ...errors import BaseError, OutOfSpace, StoreUnavailable, UserError
from ...progress import Watcher, duration
from ...signals import Noted
from ...text.counting import counted
from ...tracking import Run
from .._executors.interface import Died, Executor, Finished
from . import leases
from .config import AuthorRequest, Outcome, State
from .records import save_outcome
from .store import Store
from .worker import Assignment

MOST_HELD = 10.0  # seconds until an author whose lease is held is looked at again
WAIT = 0.5  # seconds between two looks at what ended
TELL_SECONDS = 5.0  # between two lines of progress
MOST_FAILURES = 3  # authors in a row that found no base, or no place for a model, before no more begin


@dataclass
class Driver:
    """One run of the driver: which authors wait, which are worked on, and how often workers died on each."""

    store: Store
    executor: Executor
    watcher: Watcher
    run: Run
    lease_seconds: float
    attempts: int
    total: int
    ended: dict[str, Outcome] = field(default_factory=dict)
    _waiting: deque[AuthorRequest] = field(default_factory=deque)
    _held: list[tuple[float, AuthorRequest]] = field(default_factory=list)  # by others; when to look again
    _deaths: Counter[str] = field(default_factory=Counter)
    _states: Counter[State] = field(default_factory=Counter)
    _working: int = 0
    _failures: int = 0
    _failure: UserError | None = None  # the last of these
    _started: float = field(default_factory=time.monotonic)
    _at_start: int = 0
    _told: float = 0.0

    def hand_out(self, requests: Sequence[AuthorRequest], stop: Noted) -> None:
        """Hand out all authors that have not ended, until all have or a stop is requested.

        After failures that are no author's, nothing is handed out while workers are still busy: one machine
        of several may lack the base or have a full disk, and who ends an author shows that others do not.

        Raises:
            StoreUnavailable: the store failed to the last try, for several authors in a row and nobody works.
            OutOfSpace: the disk of a worker was full, for as many.
            BaseError: workers could not have the base, for as many.
        """
        self._waiting.extend(request for request in requests if request.name not in self.ended)
        self._at_start = len(self.ended)
        self._states = Counter(outcome.state for outcome in self.ended.values())
        announced = False
        while self._working or (not stop.number and (self._waiting or self._held)):
            if stop.number and not announced:
                announced = True
                authors = counted(self._working, "author")
                self.watcher.note(f"stopping after {authors} in progress; once more to stop at once")
            self._return_held()
            while not stop.number and self._waiting and self.executor.free and not self._is_in_doubt:
                self._submit(self._waiting.popleft())
            for event in self._wait():
                self._working -= 1
                self._note(event)
            if self._failure and self._is_in_doubt and not self._working:
                raise self._failure

    @property
    def _is_in_doubt(self) -> bool:
        """Whether it may be that no worker can end an author any more."""
        return self._failures >= MOST_FAILURES

    def _submit(self, request: AuthorRequest) -> None:
        self.executor.submit(Assignment(request=request, owner=leases.new_owner()))
        self._working += 1

    def _wait(self) -> Sequence[Finished | Died]:
        if self._working:
            return self.executor.wait(WAIT)
        time.sleep(WAIT)
        return ()

    def _return_held(self) -> None:
        now = time.monotonic()
        self._waiting.extend(request for due, request in self._held if due <= now)
        self._held = [(due, request) for due, request in self._held if due > now]

    def _note(self, event: Finished | Died) -> None:
        request = event.item.request
        if isinstance(event, Died):
            self._died(event, request, event.item.owner)
        elif event.value is None:  # held by somebody else
            self._hold(request)
        else:
            self._failures = 0
            self._end(event.value)

    def _hold(self, request: AuthorRequest) -> None:
        """Look at an author again after a while."""
        self._held.append((time.monotonic() + min(self.lease_seconds / 3, MOST_HELD), request))

    def _died(self, event: Died, request: AuthorRequest, owner: str) -> None:
        """Let the author be tried again, after all others, unless too many workers died on it."""
        again = f"{request.name}: {event.reason}; it will be tried again"
        if isinstance(event.error, StoreUnavailable | OutOfSpace | BaseError):
            self._failures, self._failure = self._failures + 1, event.error
            self.watcher.note(again)
            self._hold(request)  # the store may not have let the lease go
            return
        self._deaths[request.name] += 1
        if event.is_gone:
            leases.release_of(self.store, owner)
        if self._deaths[request.name] < self.attempts:
            self.watcher.note(again)
            if event.is_gone:
                self._waiting.append(request)
            else:
                self._hold(request)  # its lease is left to expire
            return
        workers = counted(self.attempts, "worker")
        reason = f"{workers} died on it, the last one since {event.reason}"
        outcome = Outcome(
            name=request.name,
            state=State.FAILED,
            reason=reason,
            handle=request.handle or "",
            permission=request.permission,
            ended_at=datetime.now(UTC).replace(microsecond=0),
        )
        save_outcome(self.store, outcome)
        self._end(outcome)

    def _end(self, outcome: Outcome) -> None:
        self.ended[outcome.name] = outcome
        self._states[outcome.state] += 1
        metrics = {"fleet/done": self._states[State.DONE], "fleet/failed": self._states[State.FAILED]}
        self.run.log(metrics, step=len(self.ended))
        if outcome.state is State.FAILED:
            self.watcher.note(f"  {outcome.name} failed: {outcome.reason}")
        now = time.monotonic()
        if now - self._told >= TELL_SECONDS or len(self.ended) == self.total:
            self._told = now
            self.watcher.note(self._progress(outcome))

    def _progress(self, outcome: Outcome) -> str:
        figure = (
            f"; {outcome.name} {outcome.bits_per_byte:.3f} bits per byte" if outcome.bits_per_byte else ""
        )
        seconds = (time.monotonic() - self._started) / max(1, len(self.ended) - self._at_start)
        remaining = self.total - len(self.ended)
        left = f", about {duration(seconds * remaining)} left" if remaining else ""
        return (
            f"  {len(self.ended):,} of {self.total:,} ended, {self._states[State.FAILED]:,} of them failed"
            f"{left}{figure}"
        )
