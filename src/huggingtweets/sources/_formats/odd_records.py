"""Counts the records of a file that cannot be read: a few are skipped, but not half of them."""

from __future__ import annotations

from ...errors import BrokenArchive
from .skipped import DAMAGED, skip


class OddRecords:
    """The records of one file that can be read, and those that cannot."""

    def __init__(self) -> None:
        self._read = self._odd = 0
        self._first = ""

    def add(self, records: int) -> None:
        """Count records that can be read."""
        self._read += records

    def skip(self, message: str) -> None:
        """Count one that cannot; the first message is shown if there are too many."""
        skip(DAMAGED)
        self._odd += 1
        self._first = self._first or message

    def check(self) -> None:
        """Raise `BrokenArchive` if as many records are odd as are not: then the file is not understood."""
        if self._odd and (self._odd > self._read or self._read <= 1):
            raise BrokenArchive(self._first)
