"""What takes long to make and was used last, kept in memory for all visitors."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from contextlib import AbstractContextManager, nullcontext
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """A few values by their keys. One that is slow to make holds up nobody who asks for another."""

    def __init__(self, capacity: int) -> None:
        """Begin with none, and keep so many."""
        self._capacity = capacity
        self._values: OrderedDict[Key, Future[Value]] = OrderedDict()
        self._lock = threading.Lock()  # held for a moment, never while a value is made

    def get(
        self,
        key: Key,
        make: Callable[[], Value],
        waiting: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> Value:
        """The value of a key; who asks first makes it, and the others wait for it.

        Args:
            key: what is asked for.
            make: makes the value. Its error is raised to all who wait, and the next who asks tries again.
            waiting: gives what the others wait in; it may refuse to.
        """
        mine: Future[Value] = Future()
        with self._lock:
            value = self._values.setdefault(key, mine)
            self._values.move_to_end(key)
            while len(self._values) > self._capacity:
                self._values.popitem(last=False)
        if value is mine:
            self._make(key, mine, make)
        with nullcontext() if value.done() else waiting():
            return value.result()

    def drop(self, is_dropped: Callable[[Key], bool]) -> None:
        """Drop the values of some keys, also those that are being made."""
        with self._lock:
            for key in [key for key in self._values if is_dropped(key)]:
                del self._values[key]

    def _make(self, key: Key, mine: Future[Value], make: Callable[[], Value]) -> None:
        try:
            mine.set_result(make())
        except BaseException as error:  # noqa: BLE001 -- raised to all who wait for it
            with self._lock:
                if self._values.get(key) is mine:
                    del self._values[key]
            mine.set_exception(error)
