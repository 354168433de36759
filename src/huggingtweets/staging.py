"""Staging folders: output is written there, then moved into place; what killed runs left is removed.

A single file has a staging folder of its own, too. Each folder is noted below `home()`, and its run holds a
lock on it. So the next run knows which folders are left, wherever they are, and that no process uses them any
more. Windows has no locks on folders: there a file beside the note is locked.

What several runs may want to make at the same time, the cache of a base for example, they make one at a time.
"""

from __future__ import annotations

import itertools
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from .errors import OutputExists

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

Release = Callable[[], None]  # ends a lock

NOTES = "half-made"  # folder below the home folder, with a file for each staging folder
NAME = re.compile(r"\.huggingtweets-[0-9a-f]{8}")
TURN, WAIT = ".turn", 0.1  # a lock's name where folders have none; seconds between two looks at a lock
ASIDE = "replaced"  # in it, the earlier content of the target, which is about to be deleted


@dataclass(frozen=True)
class StagingFolder:
    """A staging folder, beside the target that it is renamed to."""

    path: Path
    target: Path

    @property
    def aside(self) -> Path:
        """Where the target's earlier content is while the new one takes its place."""
        return self.path.with_name(f"{self.path.name}-{ASIDE}")


@contextmanager
def staging_folder(target: Path, home: Path) -> Iterator[StagingFolder]:
    """Make an empty hidden folder beside `target`, and remove it when the block ends, unless it was moved.

    Where the block moved the target aside and put nothing in its place, it is put back.

    Args:
        target: what the folder is renamed to; its parent exists.
        home: where staging folders are noted, if it can be written. Those of killed runs are removed first.

    Raises:
        OSError: it cannot be made.
    """
    clear(home)
    folder = StagingFolder(
        target.absolute().with_name(f".huggingtweets-{secrets.token_hex(4)}"), target.absolute()
    )
    note = home / NOTES / folder.path.name
    release = None
    try:
        folder.path.mkdir(mode=0o700)
        with suppress(OSError):
            note.parent.mkdir(parents=True, exist_ok=True)
        with suppress(OSError):  # some network file systems have no locks
            release = _lock(folder.path, note)
        with suppress(OSError):
            note.write_text(f"{folder.path}\n{folder.target}", "utf-8")
        yield folder
    finally:
        try:
            _end(folder, note)
        except KeyboardInterrupt:  # each of its steps can be done again
            _end(folder, note)
            raise
        finally:
            if release:
                release()


@contextmanager
def one_at_a_time(folder: Path, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Let the processes into the block one after the other that name the same folder, which is made.

    They all go in at once where the file system has no locks.

    Args:
        folder: by which they know each other.
        waiting: called once where another process is in the block.
    """
    folder.mkdir(parents=True, exist_ok=True)
    release = _wait_for_lock(folder, waiting)
    try:
        yield
    finally:
        if release:
            release()


def _wait_for_lock(folder: Path, waiting: Callable[[], None]) -> Release | None:
    is_said = False
    while True:
        try:
            return _lock(folder, folder / TURN)
        except (BlockingIOError, TimeoutError):
            if not is_said:
                is_said = True
                waiting()
            time.sleep(WAIT)
        except OSError:
            return None


def identity(path: Path) -> tuple[int, int] | None:
    """Device and inode, which tell a file from a later one of its name; None where there is none."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


def move(folder: StagingFolder, replaceable: tuple[int, int] | None) -> None:
    """Rename a finished staging folder to its target, where that is free or holds what may be replaced.

    Raises:
        OutputExists: something else is there; the folder is kept beside it.
    """
    if replaceable and identity(folder.target) == replaceable:
        folder.aside.mkdir(mode=0o700)
        folder.target.rename(folder.aside / ASIDE)
    try:
        if os.path.lexists(folder.target):  # even an empty folder, or a link that leads nowhere
            raise FileExistsError
        folder.path.rename(folder.target)
    except OSError as error:
        if not os.path.lexists(folder.target):
            raise
        kept = _free_name(folder.target)
        folder.path.rename(kept)
        raise OutputExists(
            f"something else was put at {folder.target} meanwhile, and stays there; what this run made is in "
            f"{kept}"
        ) from error


def _free_name(target: Path) -> Path:
    names = (target.with_name(f"{target.name}-{number}") for number in itertools.count(2))
    return next(path for path in names if not os.path.lexists(path))


def clear(home: Path) -> None:
    """Remove the staging folders of killed runs; where one left its target moved aside, put it back.

    What is on a disk that is not connected stays noted until it is.
    """
    for note in sorted((home / NOTES).glob("*")):
        folder = _noted(note)
        if folder is not None and folder.target.parent.is_dir() and not _is_owned(folder, note):
            _end(folder, note)


def _end(folder: StagingFolder, note: Path) -> None:
    """Put back a target that was moved aside and has no successor; remove the rest, and the note."""
    if (folder.aside / ASIDE).exists() and not folder.target.exists():
        (folder.aside / ASIDE).rename(folder.target)
    for path in (folder.path, folder.aside):
        shutil.rmtree(path, ignore_errors=True)
    with suppress(NotADirectoryError):
        note.unlink(missing_ok=True)


def _noted(note: Path) -> StagingFolder | None:
    """The staging folder of a note; None where the note is damaged, so that nothing is deleted by it."""
    with suppress(OSError, ValueError):
        path, target = map(Path, note.read_text("utf-8").split("\n"))
        if path.name == note.name and NAME.fullmatch(path.name) and path.parent == target.parent:
            return StagingFolder(path, target)
    return None


def _is_owned(folder: StagingFolder, note: Path) -> bool:
    """Whether a running process uses a folder, or that cannot be known."""
    if not folder.path.exists():
        return False
    try:
        release = _lock(folder.path, note)
    except OSError:
        return True
    release()
    return False


def _lock(path: Path, note: Path) -> Release:
    """Lock a staging folder, or the file that stands for it.

    Raises:
        OSError: another run holds the lock.
    """
    if fcntl is None:
        return _lock_file(note.with_name(f"{note.name}.lock"))
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return partial(os.close, descriptor)


def _lock_file(file: Path) -> Release:
    """Lock a file, which is removed with the lock.

    Raises:
        OSError: another run holds the lock.
    """
    from filelock import FileLock  # noqa: PLC0415 -- on Windows only

    lock = FileLock(file, timeout=0)
    lock.acquire()

    def release() -> None:
        lock.release()
        with suppress(OSError):  # another run has just locked it
            file.unlink()

    return release
