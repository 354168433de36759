"""Work for the executors of a fleet, simple enough to know how it ends, and an executor without processes."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import Any, ClassVar, Self

from fsspec.implementations.memory import MemoryFileSystem

from huggingtweets.errors import UserError
from huggingtweets.workflows._executors.interface import Died, Finished, attempt


def work(item: Any) -> Any:
    """Double a number; "die", "wait" and "refuse" do what they say, "close" as where a terminal is closed.

    Who waits prints so, as soon as that begins.
    """
    if item == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if item == "close":
        os.kill(os.getpid(), signal.SIGHUP)
        return os.getpid()
    if item == "wait":
        print("waits", flush=True)  # noqa: T201 -- read by the test
        time.sleep(600)
    if item == "break":
        raise RuntimeError("CUDA error: an illegal memory access was encountered")
    if item == "refuse":
        raise UserError("not this one")
    return (os.getpid(), 2 * item)


class InlineExecutor:
    """Does an item when it is waited for, in this process."""

    def __init__(self, work: Any, workers: int = 1, died: int = 0) -> None:
        self._work, self._workers, self._died, self._items = work, workers, died, []

    def __enter__(self) -> Self:
        """Do nothing."""
        return self

    def __exit__(self, *error: object) -> None:
        """Do nothing."""

    @property
    def free(self) -> int:
        """How many more items can be handed out."""
        return self._workers - len(self._items)

    def submit(self, item: Any) -> None:
        """Keep an item."""
        self._items.append(item)

    def wait(self, seconds: float) -> list[Finished | Died]:
        """Do one item, or say that its worker died, as often as was asked for."""
        del seconds
        item = self._items.pop(0)
        if self._died:
            self._died -= 1
            return [Died(item, "it was made to", is_gone=True)]
        value, error, reason = attempt(self._work, item)
        return [Died(item, reason, is_gone=True, error=error) if reason else Finished(item, value)]


class FailingFileSystem(MemoryFileSystem):
    """A file system in memory, whose next operations fail."""

    protocol = "failing"
    store: ClassVar[dict[str, Any]] = {}
    pseudo_dirs: ClassVar[list[str]] = [""]
    failures = 0
    lock = threading.Lock()

    def cat_file(self, path, *arguments, **options):
        """Read a file, unless it is to fail."""
        self._fail()
        return super().cat_file(path, *arguments, **options)

    def pipe_file(self, path, value, mode="overwrite", **options):
        """Write a file, unless it is to fail."""
        self._fail()
        return super().pipe_file(path, value, mode=mode, **options)

    def _fail(self) -> None:
        with FailingFileSystem.lock:
            if FailingFileSystem.failures:
                FailingFileSystem.failures -= 1
                raise ConnectionResetError("the connection was reset")
