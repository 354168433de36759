"""Keeps the base that was loaded last in memory, for whoever trains one model after the other from it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Generic, Protocol, TypeVar

from ..types import Base

MOST_PARAMETERS = 250_000_000  # of a base that is kept: 1 GB; a larger one is read again each time


class Loaded(Protocol):
    """A base with its model and tokenizer."""

    @property
    def base(self) -> Base:
        """What it is called, and how large it is."""


AnyLoaded = TypeVar("AnyLoaded", bound=Loaded)


class KeptBase(Generic[AnyLoaded]):
    """A base and by which arguments it was loaded. A copy in another process begins empty."""

    def __init__(self) -> None:
        """Begin without a base."""
        self._arguments: tuple[str, float] | None = None
        self._base: AnyLoaded | None = None

    def copy_of(self, name: str, dropout: float, load: Callable[[], AnyLoaded]) -> AnyLoaded:
        """The base of these arguments, which may be changed; it is loaded where it is not kept."""
        if self._base is not None and self._arguments == (name, dropout):
            return copy.deepcopy(self._base)
        self._base = None  # before the next one is in memory
        loaded = load()
        if loaded.base.parameters > MOST_PARAMETERS:
            return loaded
        self._arguments, self._base = (name, dropout), loaded
        return copy.deepcopy(loaded)

    def __reduce__(self) -> tuple[type[KeptBase[AnyLoaded]], tuple[()]]:
        return KeptBase, ()


_KEPT: ContextVar[KeptBase[Any] | None] = ContextVar("the base that load_base() copies", default=None)


@contextmanager
def kept_in(kept: KeptBase[Any]) -> Iterator[None]:
    """Make `load_base` keep what it loads inside the block, and copy what it kept before."""
    token = _KEPT.set(kept)
    try:
        yield
    finally:
        _KEPT.reset(token)


def kept_base() -> KeptBase[Any] | None:
    """What `kept_in` was given; None outside of it."""
    return _KEPT.get()
