"""Counts the records that are not read, and why, so that nothing is left out without a word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

NOT_PUBLIC = "not for everyone"
UNPUBLISHED = "not published"
DELETED = "deleted"
NO_POST = "no posts"  # settings, notices of a program
DAMAGED = "damaged"

_COUNTS: ContextVar[Counter[str] | None] = ContextVar("the counts of records that are skipped", default=None)


def skip(reason: str) -> None:
    """Count a record that is not read, if `count_skipped` is around."""
    counts = _COUNTS.get()
    if counts is not None:
        counts[reason] += 1


@contextmanager
def count_skipped() -> Iterator[Counter[str]]:
    """Count the records that are skipped inside the block, by reason."""
    counts = Counter[str]()
    token = _COUNTS.set(counts)
    try:
        yield counts
    finally:
        _COUNTS.reset(token)
