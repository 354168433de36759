"""Reads a visitor's posts in a process of its own, which is ended at a limit of time or memory.

A hostile file can keep a decoder busy without ever coming back to the caller. Only another process can be
stopped then, and only its memory can be bounded.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, SpawnContext
from pathlib import Path

from ..cleaning import EXAMPLES
from ..errors import HuggingtweetsError, LocationError, is_out_of_memory
from ..files.home_folder import at_home
from ..progress import Silence
from ..workflows.data import DataConfig
from ..workflows.inspect import Inspection, inspect
from .limits import Limits

NICE = 10  # priority below that of the page
_TOO_LONG = "reading takes too long for this page; run huggingtweets on your own machine"
_TOO_LARGE = "reading takes too much memory for this page; run huggingtweets on your own machine"


class Reader:
    """Reads within the limits of one visitor; the time is that of all calls together."""

    def __init__(self, limits: Limits, home: Path | None) -> None:
        """Begin to count the time.

        Args:
            limits: of the page; without a limit of time, posts are read in this process.
            home: where datasets and caches are; None: the home of this machine.
        """
        self._limits, self._home = limits, home
        self._end = time.monotonic() + limits.reading if limits.reading else None

    def inspect(self, data: DataConfig, examples: int = EXAMPLES) -> list[Inspection]:
        """Read and clean posts, as the workflow does.

        Raises:
            UserError: posts cannot be read, or a limit is reached.
        """
        if self._end is None:
            return inspect(data, examples=examples, watcher=PostLimit(self._limits))
        context = _context()
        results, sender = context.Pipe(duplex=False)
        process = context.Process(
            target=_read, args=(sender, data, examples, self._limits, self._home), daemon=True
        )
        process.start()
        sender.close()
        try:
            return _received(results, max(0.0, self._end - time.monotonic()))
        finally:
            process.kill()
            process.join()
            results.close()


class PostLimit(Silence):
    """A watcher that stops reading which finds too many posts."""

    def __init__(self, limits: Limits) -> None:
        """Count up to the limit."""
        self._most = limits.posts

    def read(self, posts: int, expected: int | None) -> None:
        """Check the limit.

        Raises:
            LocationError: it is reached.
        """
        del expected
        if self._most and posts > self._most:
            raise LocationError(
                f"more than {self._most:,} posts are too many for this page; "
                "run huggingtweets on your own machine"
            )


def _context() -> SpawnContext | ForkServerContext:
    """How processes are started: where it can be, as copies of one that has loaded what reading needs."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["__main__", __name__])
    return context


def _received(results: Connection, seconds: float) -> list[Inspection]:
    if not results.poll(seconds):
        raise LocationError(_TOO_LONG)
    try:
        result: list[Inspection] | Exception = results.recv()
    except EOFError as error:  # the system ended the process, for its memory
        raise LocationError(_TOO_LARGE) from error
    if isinstance(result, Exception):
        raise result
    return result


def _read(sender: Connection, data: DataConfig, examples: int, limits: Limits, home: Path | None) -> None:
    """Read posts in the new process, and send them or the error."""
    _bound(limits.memory)
    try:
        with at_home(home):
            sender.send(inspect(data, examples=examples, watcher=PostLimit(limits)))
    except HuggingtweetsError as error:
        sender.send(error)
    except Exception as error:  # noqa: BLE001 -- its traceback is logged by the page
        told = RuntimeError(f"{type(error).__name__}: {error}")
        sender.send(LocationError(_TOO_LARGE) if is_out_of_memory(error) else told)


def _bound(memory: int | None) -> None:
    """Bound the memory of this process, where the system can, and lower its priority."""
    if hasattr(os, "nice"):
        os.nice(NICE)
    try:
        import resource  # noqa: PLC0415 -- not on every system
    except ImportError:
        return
    if memory:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
