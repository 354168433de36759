"""An LRU cache for threads, of values that are slow to make."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from contextlib import AbstractContextManager, nullcontext
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class LRUCache(Generic[Key, Value]):
    """The values of the keys that were used last. While one is made, the others can be had."""

    def __init__(self, capacity: int) -> None:
        """Begin empty, and keep at most `capacity` values."""
        self._capacity = capacity
        self._values: OrderedDict[Key, Future[Value]] = OrderedDict()
        self._lock = threading.Lock()  # held for a moment, never while a value is made

    def get(
        self,
        key: Key,
        make: Callable[[], Value],
        waiting: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> Value:
        """The value of a key: the first caller makes it, the others wait for it.

        Args:
            key: which value.
            make: makes the value. Its error is raised to all callers that wait; the next call tries again.
            waiting: makes a context in which the others wait; it may refuse by an error.
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
        except BaseException as error:  # noqa: BLE001 -- raised to all callers that wait
            with self._lock:
                if self._values.get(key) is mine:
                    del self._values[key]
            mine.set_exception(error)
