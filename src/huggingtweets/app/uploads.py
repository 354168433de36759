"""The files that visitors upload, until an event moves them into their session.

Gradio writes each to a folder that is named by the digest of its content. Here the digest is salted, so that
no two uploads share a path. What nobody uses is deleted, and counted until then.
"""

from __future__ import annotations

import secrets
import shutil
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gradio import route_utils
from gradio.routes import App

DELETE_EVERY = 60.0  # seconds
UNUSED_SECONDS = 600.0  # after which an upload that no event has moved is deleted


class UploadedBytes:
    """How many bytes each address has uploaded of late."""

    def __init__(self, most: int | None) -> None:
        """Allow so many bytes of one address in `UNUSED_SECONDS`; None: any number."""
        self._most = most
        self._uploads: dict[str, deque[tuple[float, int]]] = {}
        self._lock = threading.Lock()

    def add(self, address: str, size: int) -> bool:
        """Count bytes; return whether the address may upload them."""
        if self._most is None:
            return True
        now = time.monotonic()
        with self._lock:
            self._forget_before(now - UNUSED_SECONDS)
            uploads = self._uploads.setdefault(address, deque())
            uploads.append((now, size))
            return sum(size for _, size in uploads) <= self._most

    def _forget_before(self, begin: float) -> None:
        for address, uploads in list(self._uploads.items()):
            while uploads and uploads[0][0] < begin:
                uploads.popleft()
            if not uploads:
                del self._uploads[address]


def uploads_in(incoming: Path) -> Path:
    """The folder of uploads, in that of all files of Gradio."""
    return incoming / "uploads"


@contextmanager
def kept_apart(app: App, incoming: Path) -> Iterator[None]:
    """In the `with` block uploads to a page have paths of their own, and go when they are not used.

    Args:
        app: the application that answers requests.
        incoming: the folder of Gradio's files.
    """
    _give_each_a_path()
    folder = uploads_in(incoming)
    app.uploaded_file_dir = str(folder)
    closing = threading.Event()
    thread = threading.Thread(target=_delete_until, args=(closing, folder), daemon=True)
    thread.start()
    try:
        yield
    finally:
        closing.set()


def _delete_until(closing: threading.Event, folder: Path) -> None:
    delete_unused(folder)
    while not closing.wait(DELETE_EVERY):
        delete_unused(folder)


def _give_each_a_path() -> None:
    """Let no two uploads have the same path, not even those of the same content."""

    class SaltedUpload(route_utils.GradioUploadFile):
        def __init__(self, *args: Any, **keywords: Any) -> None:
            super().__init__(*args, **keywords)
            self.sha.update(secrets.token_bytes(16))

    route_utils.GradioUploadFile = SaltedUpload  # type: ignore[misc] # Gradio has no setting for it


def delete_unused(incoming: Path, seconds: float = UNUSED_SECONDS) -> None:
    """Delete what was uploaded longer ago than that, and is still where Gradio has put it."""
    begin = time.time() - seconds
    for entry in incoming.iterdir() if incoming.is_dir() else ():
        try:
            if entry.stat().st_mtime >= begin:
                continue
        except OSError:
            continue
        if entry.is_dir():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)
