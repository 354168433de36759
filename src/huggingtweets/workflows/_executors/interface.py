"""Executors: a driver hands out items, and long-lived workers do them one after the other.

An executor promises nothing about what its workers leave behind. The driver keeps what counts elsewhere, so
that driver and workers may die at any moment.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

from ...errors import UserError

RECYCLED_AFTER = 200  # items, after which a worker is replaced, so that leaks do not add up

Work = Callable[[Any], Any]  # done for each item; both must be picklable


@dataclass(frozen=True)
class Finished:
    """An item was done; `value` is what the work returned."""

    item: Any
    value: Any


@dataclass(frozen=True)
class Died:
    """A worker ended, or raised, before its item was done."""

    item: Any
    reason: str
    is_gone: bool  # whether it surely works no more; a machine that is cut off may go on for a while
    error: UserError | None = None  # what the work raised, where the user can do something about it


class Executor(Protocol):
    """Does items in other processes."""

    def __enter__(self) -> Self:
        """Make the workers, or prepare to."""

    def __exit__(self, *error: object) -> None:
        """Stop the workers; those that work are asked to keep what they did."""

    @property
    def free(self) -> int:
        """How many more items can be handed out now."""

    def submit(self, item: Any) -> None:
        """Hand out an item to a worker that is free."""

    def wait(self, seconds: float) -> Sequence[Finished | Died]:
        """What ended, at the latest after so many seconds."""


def attempt(work: Work, item: Any) -> tuple[Any, UserError | None, str]:
    """Do an item; return its value, or the error and a line about it."""
    try:
        return work(item), None, ""
    except UserError as error:
        return None, error, str(error)
    except Exception as error:  # noqa: BLE001 -- the worker goes on with the next item
        return None, None, f"{type(error).__name__}: {error}"
