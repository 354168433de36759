"""Reads one input as `inspect` does and reports the outcome, here or in a process that is watched."""

from __future__ import annotations

import gc
import multiprocessing
import os
import resource
import sys
import tempfile
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random
from typing import Any, Self, cast

from fuzz.changes import change_input
from fuzz.inputs import Content, Form
from fuzz.marked import OTHER, OTHERS, PRIVATE
from huggingtweets import sources
from huggingtweets.errors import UserError
from huggingtweets.sources import ReadOptions
from huggingtweets.sources._formats.authors import to_handle
from huggingtweets.types import Post, Timeline

LONGEST = 20.0  # seconds that an input may take
LARGEST = 256 << 20  # bytes that it may need
_ADDRESS_SPACE = 2 << 30  # bytes beyond those that the process begins with
_WARM_UP = 1000  # inputs after which memory should not grow any more
_FILES_EVERY = 200  # inputs between two checks for open files
_OPTIONS: tuple[dict[str, Any], ...] = (
    *({}, {}, {"name": "Ada Tests"}, {"name": "Ada Tests"}),
    *({"handle": "ada_tests"}, {"name": "ada", "text_column": "text"}),
)
_PAGE = resource.getpagesize()


class Failed(Exception):  # noqa: N818 -- the outcome is called so
    """An input was neither read nor refused properly."""


@dataclass(frozen=True)
class Outcome:
    """The outcome of reading an input."""

    kind: str  # read, refused or failed
    posts: int = 0
    seconds: float = 0.0
    peak: int = 0  # bytes of memory above those in use before
    message: str = ""  # the refusal, or the traceback


def cache_sources() -> None:
    """Import all sources once and cache them: searching the folders takes longer than reading an input."""
    for name in ("names", "load"):
        setattr(sources, name, cache(getattr(sources, name)))
    for name in sources.names():
        sources.load(name)


def input_of(form: Form, choice: str | Random) -> tuple[Content, ReadOptions, str | None]:
    """Return a damaged input, the user's options, and the source that the user names, if any."""
    random = Random(choice) if isinstance(choice, str) else choice  # noqa: S311 -- no secret
    options = random.choice(_OPTIONS)
    source = random.choice((None, None, None, form.source))
    return change_input(form, random), ReadOptions(**options), source


def write(folder: Path, form: Form, content: Content) -> Path:
    """Write an input into a folder; return its path."""
    target = folder / form.file_name
    files = content if isinstance(content, dict) else {"": content}
    for name, part in files.items():
        path = target / name if name else target
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(part)
    return target


def read(path: Path, options: ReadOptions, source: str | None) -> Outcome:
    """Find the source of an input, read all its posts, and check them."""
    count, started, before = 0, time.perf_counter(), _reset_peak_memory()
    marked: Post | None = None
    try:
        timeline = sources.read(str(path), options, source=source or sources.recognise(str(path)))
        _check_timeline(timeline)
        for count, post in enumerate(timeline.posts, start=1):  # noqa: B007 -- used after the loop
            _check_post(post)
            marked = marked or _marked(post, timeline.account.handle)
        kind, message = "read", ""
        if marked:
            kind = "failed"
            message = f"private words, or another's, as a post of {marked.author!r}: {marked.text!r}"
    except UserError as error:
        kind, message = "refused", str(error)
        if "\n" in message or not _is_printable(message):
            kind, message = "failed", f"no message of one line that can be printed: {message!r}"
    except Exception:  # noqa: BLE001 -- any exception is a finding
        kind, message = "failed", traceback.format_exc()
    seconds, peak = time.perf_counter() - started, _peak_memory() - before
    if peak > LARGEST:
        kind, message = "failed", f"{peak / 2**20:.0f} MiB of memory were needed; {message}"
    return Outcome(kind, count, seconds, peak, message)


def read_changed(form: Form, random: Random) -> None:
    """Make one input and read it in this process; raise `Failed` if it fails."""
    content, options, source = input_of(form, random)
    with tempfile.TemporaryDirectory() as folder:
        outcome = read(write(Path(folder), form, content), options, source)
    if outcome.kind == "failed":
        raise Failed(f"{form.name}: {outcome.message}")


def _check_timeline(timeline: Timeline) -> None:
    account = timeline.account
    _check_texts(account.handle, account.name, account.bio, account.url, timeline.digest)
    if not (account.handle and account.name and timeline.digest):
        raise Failed(f"no handle, name or digest: {account!r}")


def _check_post(post: Post) -> None:
    _check_texts(post.id, post.author, post.text, post.url, post.reply_to or "", post.lang or "")
    if not post.id or (post.created_at and post.created_at.utcoffset()):
        raise Failed(f"a post without id, or not in UTC: {post!r}")


def _marked(post: Post, handle: str) -> Post | None:
    """Return a post if it has words of somebody else, or such that few could read."""
    is_others = OTHERS in post.text and not to_handle(handle).startswith(OTHER)
    return post if is_others or PRIVATE in post.text else None


def _check_texts(*texts: str) -> None:
    for text in texts:
        if not isinstance(text, str) or not _is_printable(text):
            raise Failed(f"no text that can be written as UTF-8: {text!r}")


def _is_printable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _reset_peak_memory() -> int:
    """Reset the peak of memory; return the bytes in use now. Only Linux can reset it."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
        return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


def _peak_memory() -> int:
    try:
        status = Path("/proc/self/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) << 10
    except (OSError, IndexError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


class Worker:
    """A process that reads inputs, to use in a `with`. It is replaced if it hangs or dies."""

    def __init__(self, by_name: Mapping[str, Form]) -> None:
        self._by_name = by_name
        self._process: BaseProcess | None = None
        self._pipe: Connection
        self._read = 0
        self._warm = self.growth = 0  # bytes in use after the warm-up, and those more at present

    def __enter__(self) -> Self:
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def read(self, identity: str) -> Outcome:
        """Read an input in the process; it fails if it takes too long or ends the process."""
        self._pipe.send(identity)
        try:
            self._pipe.recv()  # the input is ready, and reading begins
            if self._pipe.poll(LONGEST):
                outcome, memory = self._pipe.recv()
                self._track_growth(memory)
                return cast("Outcome", outcome)
            message = f"no end within {LONGEST:.0f} s"
        except EOFError:
            message = "the process died"
        self._end()
        self._start()
        return Outcome("failed", seconds=LONGEST, message=message)

    def _track_growth(self, memory: int) -> None:
        self._read += 1
        if self._read == _WARM_UP:
            self._warm = memory
        elif self._read > _WARM_UP:
            self.growth = memory - self._warm

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, remote = context.Pipe()
        self._read = 0
        self._process = context.Process(target=_serve, args=(remote, dict(self._by_name)), daemon=True)
        self._process.start()
        remote.close()

    def _end(self) -> None:
        if self._process:
            self._process.kill()
            self._process.join()
        self._pipe.close()


def _serve(pipe: Connection, by_name: dict[str, Form]) -> None:
    """Read inputs with limited memory until the pipe closes."""
    cache_sources()
    used = int(Path("/proc/self/statm").read_text().split()[0]) * _PAGE if sys.platform == "linux" else 0
    if used:
        resource.setrlimit(resource.RLIMIT_AS, (used + _ADDRESS_SPACE, used + _ADDRESS_SPACE))
    number = opened = 0
    while True:
        try:
            identity = pipe.recv()
        except EOFError:
            return
        form = by_name[identity.partition(":")[0]]
        content, options, source = input_of(form, identity)
        with tempfile.TemporaryDirectory() as folder:
            path = write(Path(folder), form, content)
            pipe.send(None)
            outcome = read(path, options, source)
        number += 1
        if number % _FILES_EVERY == 0:
            gc.collect()
            now = len(os.listdir("/proc/self/fd")) if used else 0  # noqa: PTH208 -- only their number
            if opened and now > opened:
                outcome = Outcome("failed", message=f"{now - opened} files were left open")
            opened = now
        pipe.send((outcome, _reset_peak_memory()))
