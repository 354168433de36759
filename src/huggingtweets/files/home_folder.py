"""The folder of datasets and caches, and the folders in it that hold a person's posts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

# Folders below home() with posts, or with what was made of them: `forget` looks through each of them.
DATASETS = "datasets"
FETCHED = "fetched"  # what live services sent
READING = "reading"  # below that: an empty folder for each account, by which processes take turns
UNFINISHED = "unfinished"  # checkpoints
EXACT_INDEXES = "copies"  # of the posts that filters must not let through

_HOME: ContextVar[Path | None] = ContextVar("the folder that home() returns in this context", default=None)


def home() -> Path:
    """The folder of datasets and caches: that of `at_home`, $HUGGINGTWEETS_HOME, or the user's cache.

    It is absolute: processes of the page work in other folders.
    """
    folder = _HOME.get() or os.environ.get("HUGGINGTWEETS_HOME")
    return Path(folder or Path.home() / ".cache" / "huggingtweets").absolute()


@contextmanager
def at_home(folder: Path | None) -> Iterator[None]:
    """Make `home()` return `folder` inside the block, None: the same as outside.

    A server keeps its visitors' files apart with it.
    """
    token = _HOME.set(folder)
    try:
        yield
    finally:
        _HOME.reset(token)
