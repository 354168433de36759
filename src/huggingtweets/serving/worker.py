"""The thread that samples. All requests of a model are sampled in one batch, and models take turns."""

from __future__ import annotations

import itertools
import logging
import queue
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import NamedTuple

from ..errors import HuggingtweetsError
from ..generation.batch import SamplingRequest, Text, TextBatch

_LOG = logging.getLogger(__name__)


class _Job(NamedTuple):
    """A text that a request waits for."""

    batch: TextBatch  # of the model
    request: SamplingRequest
    future: Future[Text]


class Worker:
    """Samples texts for any number of waiting requests."""

    def __init__(self) -> None:
        """Start the thread."""
        self._new: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._jobs: dict[int, _Job] = {}  # by the tickets of the batches
        self._tickets = itertools.count()
        self._thread = threading.Thread(target=self._work, name="sampling", daemon=True)
        self._thread.start()

    def sample(self, batch: TextBatch, request: SamplingRequest) -> Future[Text]:
        """Begin a text in the batch of a model, which nothing else uses. Cancelling the future ends it."""
        future: Future[Text] = Future()
        self._new.put(_Job(batch, request, future))
        return future

    def close(self) -> None:
        """End the thread; nobody waits for a text any more."""
        self._new.put(None)
        self._thread.join()

    def _work(self) -> None:
        while self._take():
            self._drop_cancelled()
            for batch in {id(job.batch): job.batch for job in self._jobs.values()}.values():
                self._advance(batch)

    def _take(self) -> bool:
        """Begin the new jobs, and wait for one where there are none; whether to go on."""
        while True:
            try:
                job = self._new.get(block=not self._jobs)
            except queue.Empty:
                return True
            if job is None:
                return False
            self._begin(job)

    def _begin(self, job: _Job) -> None:
        if job.future.cancelled():
            return
        ticket = next(self._tickets)
        try:
            job.batch.add(ticket, job.request)
        except Exception as error:  # noqa: BLE001 -- whatever it is, all others are still to be served
            _resolve(job.future, _logged(error))
        else:
            self._jobs[ticket] = job

    def _drop_cancelled(self) -> None:
        for ticket, job in list(self._jobs.items()):
            if job.future.cancelled():
                del self._jobs[ticket]
                job.batch.remove(ticket)

    def _advance(self, batch: TextBatch) -> None:
        finished: Sequence[tuple[int, Text | Exception]]
        try:
            finished = batch.advance()
        except Exception as error:  # noqa: BLE001 -- whatever it is, those who wait must hear of it
            finished = self._end(batch, _logged(error))
        for ticket, result in finished:
            if job := self._jobs.pop(ticket, None):
                _resolve(job.future, result)

    def _end(self, batch: TextBatch, error: Exception) -> list[tuple[int, Exception]]:
        """End all texts of a batch that failed, so that the batch can take others."""
        tickets = [ticket for ticket, job in self._jobs.items() if job.batch is batch]
        with suppress(Exception):  # what has failed once may fail here, too
            for ticket in tickets:
                batch.remove(ticket)
        return [(ticket, error) for ticket in tickets]


def _logged(error: Exception) -> Exception:
    """The error; the log tells of it where it is not the client's."""
    if not isinstance(error, HuggingtweetsError):
        _LOG.error("sampling failed", exc_info=error)
    return error


def _resolve(future: Future[Text], result: Text | Exception) -> None:
    if not future.set_running_or_notify_cancel():
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)
