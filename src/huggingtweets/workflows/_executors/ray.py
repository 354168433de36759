"""Work on a Ray cluster: one that runs already, or one made on this machine for as long as the work takes.

Workers are actors, which keep what they have loaded. Ray starts a process for each task that uses a GPU, and
reserves no memory for a share of one; so each actor limits itself to its share.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Self

from ...errors import UserError, first_line, is_device_failure
from ...machine import cores
from .interface import RECYCLED_AFTER, Died, Finished, Work, attempt

NO_REPORTS = {"RAY_USAGE_STATS_ENABLED": "0"}  # Ray sends usage reports, unless this is set
NO_UV = {
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0"
}  # it gives the driver's whole environment to workers, keys included


IDLE_SECONDS = 30.0  # that a worker waits for its next item, before it gives its place back
CONNECT_SECONDS = 10.0  # that a cluster has to answer


class _Worker:
    """What an actor does: items, one at a time."""

    def __init__(self, work: Work, share_of_gpu: float) -> None:
        self._work = work
        if 0 < share_of_gpu < 1:
            import torch  # noqa: PLC0415 -- only where there is a GPU

            torch.cuda.set_per_process_memory_fraction(share_of_gpu)

    def do(self, item: Any) -> tuple[Any, UserError | None, str]:
        """Do an item; return its value, or the error and a line about it."""
        return attempt(self._work, item)


class RayExecutor:
    """Workers are actors, each with a core and maybe a share of a GPU.

    Secrets are those in the environment of each machine: nothing of the driver's environment is sent.
    """

    def __init__(self, work: Work, *, workers: int | None, address: str | None, gpus: float) -> None:
        """Prepare the workers; each is made for its first item.

        Args:
            work: done for each item.
            workers: how many items are done at a time; None: as many as the cluster has place for.
            address: of a cluster, "auto" for the one that this machine belongs to; None: one is made.
            gpus: the share of a GPU for each worker.
        """
        os.environ.update(NO_REPORTS | NO_UV)  # read when Ray is imported
        import ray  # noqa: PLC0415 -- an extra, which require_executor() looked for

        self._ray, self._work, self._count = ray, work, workers
        self._address, self._gpus = address, gpus
        self._idle: list[tuple[Any, int, float]] = []  # actors, the items each has done, and since when
        self._busy: dict[Any, tuple[Any, int, Any]] = {}  # actor, count and item, by the future result

    def __enter__(self) -> Self:
        place: dict[str, Any] = {"address": self._address}
        if not self._address:
            place = {"address": "local", "num_cpus": self._count or cores(), "include_dashboard": False}
        try:
            _require_answer(self._address or "")
            with _same_handler(signal.SIGTERM):
                self._ray.init(**place, log_to_driver=False, logging_level=logging.ERROR)
        except (OSError, RuntimeError, ValueError) as error:
            raise UserError(
                f"--address {self._address}: no Ray cluster answers ({first_line(error)}); start one: "
                "ray start --head"
            ) from error
        if self._places() < 1:
            raise UserError(
                f"the cluster has no GPU for --gpus-per-author {self._gpus:g}; it has "
                f"{self._ray.cluster_resources().get('CPU', 0):g} cores"
            )
        self._shared = self._ray.put(self._work)
        self._actor = self._ray.remote(num_cpus=1, num_gpus=self._gpus or None, max_restarts=0)(_Worker)
        return self

    def __exit__(self, *error: object) -> None:
        for actor, *_ in (*self._idle, *self._busy.values()):
            self._kill(actor)
        self._ray.shutdown()

    @property
    def free(self) -> int:
        """How many more items can be handed out now."""
        return max(0, (self._count or self._places()) - len(self._busy))  # a cluster that shrank has fewer

    def submit(self, item: Any) -> None:
        """Hand out an item to a worker that is free."""
        if not self._idle:
            self._idle.append((self._actor.remote(self._shared, self._gpus), 0, time.monotonic()))
        actor, done, _ = self._idle.pop(0)  # not the one that may just have failed for its machine
        self._busy[actor.do.remote(item)] = actor, done, item

    def wait(self, seconds: float) -> list[Finished | Died]:
        """What ended, at the latest after so many seconds."""
        ended, _ = self._ray.wait(list(self._busy), num_returns=1, timeout=seconds)
        if not ended:
            self._release_idle()
        return [self._event(future) for future in ended]

    def _event(self, future: Any) -> Finished | Died:
        actor, done, item = self._busy.pop(future)
        try:
            value, error, reason = self._ray.get(future)
        except self._ray.exceptions.RayError as death:
            self._kill(actor)
            return Died(item, f"its worker died ({type(death).__name__})", is_gone=False)
        if done + 1 >= RECYCLED_AFTER or is_device_failure(reason):
            self._kill(actor)
        else:
            self._idle.append((actor, done + 1, time.monotonic()))
        return Died(item, reason, is_gone=True, error=error) if reason else Finished(item, value)

    def _release_idle(self) -> None:
        """End workers that have waited for long, as one that is to be made may need their place."""
        long_ago = time.monotonic() - IDLE_SECONDS
        for actor, _, since in self._idle:
            if since < long_ago:
                self._kill(actor)
        self._idle = [worker for worker in self._idle if worker[2] >= long_ago]

    def _kill(self, actor: Any) -> None:
        with suppress(self._ray.exceptions.RayError):
            self._ray.kill(actor)

    def _places(self) -> int:
        """How many workers the cluster has place for."""
        resources = self._ray.cluster_resources()
        if self._gpus:
            return int(resources.get("GPU", 0) / self._gpus)
        return int(resources.get("CPU", 0))


def _require_answer(address: str) -> None:
    """Connect to an address with a port: Ray itself would try for minutes.

    Raises:
        OSError: nobody answers.
    """
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if host and port.isdecimal():
        socket.create_connection((host.strip("[]"), int(port)), CONNECT_SECONDS).close()


@contextmanager
def _same_handler(number: signal.Signals) -> Iterator[None]:
    """Undo what the block does to the handler of a signal: that of Ray ends the driver at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(number)
    try:
        yield
    finally:
        signal.signal(number, before)
