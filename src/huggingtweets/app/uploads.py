"""The files that visitors upload, until an event moves them into their session.

Gradio writes each to a folder that is named by the digest of its content. Here each gets a folder of its own,
so that no two uploads share a path. What nobody uses is deleted, and counted until then.
"""

from __future__ import annotations

import secrets
import shutil
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from gradio import route_utils

_PREFIX = "upload-"  # of the names of folders
DELETE_EVERY = 60.0  # seconds
UNUSED_SECONDS = 600.0  # after which an upload that no event has moved is deleted


class UploadedBytes:
    """How many bytes each address has uploaded of late."""

    def __init__(self, most: int | None) -> None:
        """Allow so many bytes of one address in `UNUSED_SECONDS`; None: any number."""
        self._most = most
        self._uploads: dict[str, deque[tuple[float, int]]] = {}  # a second's bytes, with its begin
        self._lock = threading.Lock()

    def add(self, address: str, size: int) -> bool:
        """Count bytes; return whether the address may upload them."""
        if self._most is None:
            return True
        now = time.monotonic()
        with self._lock:
            self._forget_before(now - UNUSED_SECONDS)
            uploads = self._uploads.setdefault(address, deque())
            begin, before = uploads.pop() if uploads and now - uploads[-1][0] < 1 else (now, 0)
            uploads.append((begin, before + size))  # pieces of a byte make no longer list than large ones
            return sum(size for _, size in uploads) <= self._most

    def _forget_before(self, begin: float) -> None:
        for address, uploads in list(self._uploads.items()):
            while uploads and uploads[0][0] < begin:
                uploads.popleft()
            if not uploads:
                del self._uploads[address]


def is_upload(path: Path, incoming: Path) -> bool:
    """Whether a visitor uploaded this file, and no event has moved it yet."""
    return path.parent.parent == incoming and path.parent.name.startswith(_PREFIX) and path.is_file()


@contextmanager
def kept_apart(incoming: Path) -> Iterator[None]:
    """In the `with` block each upload has a folder of its own, which goes when the file is not used.

    Args:
        incoming: the folder of Gradio's files.
    """
    route_utils.GradioUploadFile = _Upload  # type: ignore[misc] # Gradio has no setting for it
    closing = threading.Event()
    thread = threading.Thread(target=_delete_until, args=(closing, incoming), daemon=True)
    thread.start()
    try:
        yield
    finally:
        closing.set()


class _FolderName:
    """A name that is not that of any other upload, where Gradio expects the digest of a file's content."""

    def __init__(self) -> None:
        self._name = _PREFIX + secrets.token_hex(16)

    def update(self, content: bytes) -> None:
        """Do nothing: the name does not depend on the content."""

    def hexdigest(self) -> str:
        return self._name


class _Upload(route_utils.GradioUploadFile):
    def __init__(self, *args: Any, **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        self.sha = _FolderName()  # type: ignore[assignment] # Gradio asks it for no more than these two


def delete_unused(incoming: Path, seconds: float = UNUSED_SECONDS) -> None:
    """Delete what was uploaded longer ago than that, whole or in part, and that no event has moved."""
    begin = time.time() - seconds
    for entry in incoming.iterdir() if incoming.is_dir() else ():
        with suppress(OSError):  # another thread moves it
            if entry.stat().st_mtime >= begin:
                continue
            if entry.is_file():
                entry.unlink()
            elif entry.name.startswith(_PREFIX):
                shutil.rmtree(entry)


def _delete_until(closing: threading.Event, incoming: Path) -> None:
    delete_unused(incoming)
    while not closing.wait(DELETE_EVERY):
        delete_unused(incoming)
