"""A cache of the base that was loaded last, for jobs that train many models from one base."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Generic, Protocol, TypeVar

from ..types import Base

MOST_PARAMETERS = 250_000_000  # of a base in the cache: 1 GB; a larger one is read again each time


class Loaded(Protocol):
    """A base with its model and tokenizer."""

    @property
    def base(self) -> Base:
        """What it is called, and how large it is."""


AnyLoaded = TypeVar("AnyLoaded", bound=Loaded)


class BaseCache(Generic[AnyLoaded]):
    """A base and by which arguments it was loaded. A copy in another process begins empty."""

    def __init__(self) -> None:
        """Begin without a base."""
        self._arguments: tuple[str, float] | None = None
        self._base: AnyLoaded | None = None

    def copy_of(self, name: str, dropout: float, load: Callable[[], AnyLoaded]) -> AnyLoaded:
        """The base of these arguments, which may be changed; it is loaded where the cache has another."""
        if self._base is not None and self._arguments == (name, dropout):
            return copy.deepcopy(self._base)
        self._base = None  # before the next one is in memory
        loaded = load()
        if loaded.base.parameters > MOST_PARAMETERS:
            return loaded
        self._arguments, self._base = (name, dropout), loaded
        return copy.deepcopy(loaded)

    def __reduce__(self) -> tuple[type[BaseCache[AnyLoaded]], tuple[()]]:
        return BaseCache, ()


_CACHE: ContextVar[BaseCache[Any] | None] = ContextVar("the base that load_base() copies", default=None)


@contextmanager
def use_base_cache(cache: BaseCache[Any]) -> Iterator[None]:
    """Make `load_base` use this cache inside the block."""
    token = _CACHE.set(cache)
    try:
        yield
    finally:
        _CACHE.reset(token)


def current_base_cache() -> BaseCache[Any] | None:
    """The cache that `use_base_cache` was given; None outside of its block."""
    return _CACHE.get()
