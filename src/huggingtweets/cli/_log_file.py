"""The file of --log-file: what was reported, and the traceback of an error. It never ends the work."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from ..text import printable

_file: ContextVar[TextIO | None] = ContextVar("log_file", default=None)


@contextmanager
def logging_to(path: Path | None) -> Iterator[None]:
    """Add what `log` is given inside the block to a file; None: to none.

    Raises:
        OSError: it cannot be opened.
    """
    file = path.open("a", encoding="utf-8", errors="replace") if path else None
    state = _file.set(file)
    try:
        yield
    finally:
        _file.reset(state)
        _close(file)


def log(text: str) -> None:
    """Add lines to the log file, if there is one. Where its disk is full, say so, and add nothing more."""
    file = _file.get()
    if file is None:
        return
    try:
        for line in text.splitlines():
            file.write(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {printable(line)}\n")
        file.flush()
    except OSError as error:
        _file.set(None)
        _close(file)
        line = f"the log file {file.name} cannot be written ({error.strerror}); going on without it"
        sys.stderr.write(printable(line) + "\n")


def _close(file: TextIO | None) -> None:
    with suppress(OSError):  # what could not be written cannot be now either
        if file:
            file.close()
