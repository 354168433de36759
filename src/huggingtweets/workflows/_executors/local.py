"""Work in processes of this machine."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Self

from ...errors import is_device_failure
from ...machine import cores
from ...signals import STOPPING, interrupt_main, raise_interrupts
from .interface import RECYCLED_AFTER, Died, Finished, Work, attempt

FOR_DRIVER = {*STOPPING} - {signal.SIGTERM}  # of a terminal, which sends them to workers, too
STOP_SECONDS = 30.0  # that a worker has to keep what it did, when it is asked to stop


@dataclass
class _Worker:
    """A process that does one item at a time."""

    process: BaseProcess
    connection: Connection
    item: Any = None
    is_busy: bool = False
    done: int = 0


class LocalExecutor:
    """Workers are processes of this machine, each with its share of the cores.

    They end when the driver ends, however it does.
    """

    def __init__(self, work: Work, workers: int) -> None:
        """Prepare the workers; each starts with its first item.

        Args:
            work: done for each item.
            workers: how many items are done at a time.
        """
        self._work, self._count = pickle.dumps(work), workers
        self._threads = max(1, cores() // workers)
        self._workers: list[_Worker] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        for worker in self._workers:
            worker.connection.close()
            if worker.is_busy:
                worker.process.terminate()
        for worker in self._workers:
            worker.process.join(STOP_SECONDS)
            worker.process.kill()
            worker.process.join()
        self._workers.clear()

    @property
    def free(self) -> int:
        """How many more items can be handed out now."""
        return self._count - sum(worker.is_busy for worker in self._workers)

    def submit(self, item: Any) -> None:
        """Hand out an item to a worker that is free."""
        worker = next((worker for worker in self._workers if not worker.is_busy), None) or self._start()
        worker.item, worker.is_busy = item, True
        with suppress(OSError):  # it has just died, which `wait` finds out
            worker.connection.send(item)

    def wait(self, seconds: float) -> list[Finished | Died]:
        """What ended, at the latest after so many seconds."""
        busy = [worker for worker in self._workers if worker.is_busy]
        wait([part for worker in busy for part in (worker.connection, worker.process.sentinel)], seconds)
        return [event for worker in busy if (event := self._event(worker))]

    def _event(self, worker: _Worker) -> Finished | Died | None:
        try:
            if not worker.connection.poll() and worker.process.is_alive():
                return None
            value, error, reason = worker.connection.recv()  # of a dead process it raises
        except (EOFError, OSError):
            worker.process.join()
            self._workers.remove(worker)
            worker.connection.close()
            return Died(worker.item, f"its process ended with code {worker.process.exitcode}", is_gone=True)
        worker.is_busy, worker.done = False, worker.done + 1
        if worker.done >= RECYCLED_AFTER or is_device_failure(reason):
            self._workers.remove(worker)
            worker.connection.close()
            worker.process.join(STOP_SECONDS)
            worker.process.kill()  # a GPU that failed may keep it
            worker.process.join()
        if reason:
            return Died(worker.item, reason, is_gone=True, error=error)
        return Finished(worker.item, value)

    def _start(self) -> _Worker:
        context = multiprocessing.get_context("spawn")  # a fork of a process with threads may hang
        own, other = context.Pipe()
        process = context.Process(target=_serve, args=(other, self._work, self._threads), daemon=True)
        process.start()
        other.close()
        self._workers.append(_Worker(process, own))
        return self._workers[-1]


def _serve(connection: Connection, pickled_work: bytes, threads: int) -> None:
    """Do the items that come through the connection, until it is closed or a stop is requested."""
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(threads)  # read when torch is imported
    for number in FOR_DRIVER:
        signal.signal(number, signal.SIG_IGN)
    raise_interrupts([signal.SIGTERM])
    threading.Thread(target=_end_with_driver, daemon=True).start()
    with suppress(EOFError, OSError, KeyboardInterrupt):
        work: Work = pickle.loads(pickled_work)  # noqa: S301 -- from the driver, which started this process
        while True:
            connection.send(attempt(work, connection.recv()))


def _end_with_driver() -> None:
    """Stop as if asked to, when the driver is gone; a worker that does not stop is ended."""
    driver = multiprocessing.parent_process()
    if driver is None:
        return
    driver.join()
    interrupt_main(signal.SIGTERM)
    threading.Event().wait(STOP_SECONDS)
    os._exit(1)
