"""Commands of the program, and servers, in real processes of their own, which need not import torch again.

They are forked from a process that has only imported libraries, so they start in milliseconds.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from subprocess import CompletedProcess, TimeoutExpired
from typing import Any

from huggingtweets import source_names

# What most commands import, and what takes long. Nothing of it reads the environment that a test changes.
IMPORTED = (
    "torch",
    "transformers",
    "scipy.stats",
    "sklearn.linear_model",
    "pydantic",
    "huggingtweets.app.page",
    "huggingtweets.cli",
    "huggingtweets.training",
    "huggingtweets.generation.transformers_generator",
    *(f"huggingtweets.sources.{name}" for name in source_names()),
    *(f"huggingtweets.workflows.{name}" for name in ("evaluate", "generate", "inspect", "recipes", "train")),
    "tests.helpers.fewer_others",
)


def forked(function: Callable[..., object], *arguments: Any) -> BaseProcess:
    """Call a function of a module in a new process, whose variables are those of the first process so far."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*IMPORTED])
    process = context.Process(target=function, args=arguments)
    process.start()
    return process


def run(
    *arguments: object, cwd: Path | None = None, env: Mapping[str, str] | None = None, timeout: float = 120
) -> CompletedProcess[str]:
    """Run a command of huggingtweets in a process of its own, as a user's shell would.

    Args:
        arguments: of the command.
        cwd: where it runs.
        env: variables besides those of this process.
        timeout: seconds.

    Returns:
        What `subprocess.run` returns with `capture_output` and `text`.
    """
    return call(command, *map(str, arguments), cwd=cwd, env=env, timeout=timeout)


def call(
    function: Callable[..., object],
    *arguments: Any,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float = 120,
) -> CompletedProcess[str]:
    """Call a function of a module in a process of its own, as `run` does with a command."""
    with tempfile.TemporaryDirectory() as folder:
        out, errors = Path(folder, "out"), Path(folder, "err")
        files = [os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND) for path in (out, errors)]
        process = _started(function, arguments, cwd, env, [os.open(os.devnull, os.O_RDONLY), *files])
        process.join(timeout)
        if process.is_alive():
            process.kill()
            process.join()
            raise TimeoutExpired(arguments, timeout)
        said = (path.read_text("utf-8") for path in (out, errors))
        return CompletedProcess(arguments, process.exitcode or 0, *said)


def begin(*arguments: object, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> Begun:
    """Begin a command that `run` would wait for."""
    return Begun(command, *map(str, arguments), cwd=cwd, env=env)


class Begun:
    """A function that runs in a process of its own, with what tests use of `Popen`."""

    def __init__(
        self,
        function: Callable[..., object],
        *arguments: Any,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        (its_stdin, stdin), (stdout, its_stdout), (stderr, its_stderr) = (os.pipe() for _ in range(3))
        its = [its_stdin, its_stdout, its_stderr]
        self._process = _started(function, arguments, cwd, env, its)
        self.stdin = os.fdopen(stdin, "w", encoding="utf-8")
        self.stdout, self.stderr = (os.fdopen(end, encoding="utf-8") for end in (stdout, stderr))

    def send_signal(self, number: int) -> None:
        """Send a signal."""
        assert self._process.pid
        os.kill(self._process.pid, number)

    def communicate(self, given: str = "", timeout: float = 120) -> tuple[str, str]:
        """Write to its input, end that, and wait for its end; return the rest of its two outputs.

        It is killed where it has not ended after so many seconds.
        """
        complaints: list[str] = []
        patience = threading.Timer(timeout, self._process.kill)
        patience.daemon = True
        patience.start()
        with self.stdin, self.stdout, self.stderr:
            reader = threading.Thread(target=lambda: complaints.append(self.stderr.read()))
            reader.start()
            with suppress(BrokenPipeError):  # it reads no more
                self.stdin.write(given)
                self.stdin.close()
            said = self.stdout.read()
            reader.join()
        self._process.join()
        patience.cancel()
        return said, complaints[0]

    @property
    def returncode(self) -> int | None:
        """The exit code, when it has ended."""
        return self._process.exitcode


def _started(
    function: Callable[..., object],
    arguments: Sequence[Any],
    cwd: Path | None,
    env: Mapping[str, str] | None,
    files: Sequence[int],
) -> BaseProcess:
    """A process whose input, output and errors are files that this one has opened, and closes."""
    ends = [Connection(files[0], writable=False), *(Connection(file, readable=False) for file in files[1:])]
    try:
        place = str(cwd or Path.cwd())
        return forked(_become, function, list(arguments), place, {**os.environ, **(env or {})}, ends)
    finally:
        for end in ends:
            end.close()


def _become(
    function: Callable[..., object],
    arguments: Sequence[Any],
    cwd: str,
    environment: Mapping[str, str],
    ends: Sequence[Connection[Any, Any]],
) -> None:
    """Call a function with a folder, an environment, an input and outputs of its own; exit as Python does."""
    for stream, end in enumerate(ends):
        os.dup2(end.fileno(), stream)
        end.close()
    sys.stdin, sys.stdout = open(0, encoding="utf-8"), open(1, "w", encoding="utf-8")  # noqa: SIM115 -- they live as long as the process
    sys.stderr = open(2, "w", encoding="utf-8", buffering=1)  # noqa: SIM115 -- the same
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_DFL)  # also where the tests run under nohup
    os.environ.clear()
    os.environ.update(environment)
    tempfile.tempdir = None  # an import has noted it
    os.chdir(cwd)
    sys.path[:0] = environment.get("PYTHONPATH", "").split(os.pathsep)
    try:
        function(*arguments)
    finally:  # processes of multiprocessing leave this out
        atexit._run_exitfuncs()
        sys.stdout.flush()


def command(*arguments: str) -> None:
    """Run a command in this process, and exit."""
    sys.argv = ["huggingtweets", *arguments]
    from huggingtweets.cli import main  # noqa: PLC0415 -- in the new process only

    main()
