"""Commands of the program in real processes of their own, which need not import torch again."""

from __future__ import annotations

import atexit
import multiprocessing
import os
import sys
import tempfile
from pathlib import Path
from subprocess import CompletedProcess, TimeoutExpired

# What most commands import, and what takes seconds. Nothing of it reads the environment that a test changes.
HEAVY = (
    "torch",
    "transformers",
    "scipy.stats",
    "sklearn.linear_model",
    "huggingtweets.training",
    "huggingtweets.generation.generator",
)


def run(*arguments, cwd=None, env=None, timeout=120):
    """Run a command of huggingtweets in a process of its own, as a user's shell would.

    The process is forked from one that has only imported libraries, so it starts in milliseconds.

    Args:
        arguments: of the command.
        cwd: where it runs.
        env: variables besides those of this process.
        timeout: seconds.

    Returns:
        What `subprocess.run` returns with `capture_output` and `text`.
    """
    command = list(map(str, arguments))
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*HEAVY])
    with tempfile.TemporaryDirectory() as folder:
        out, errors = Path(folder, "out"), Path(folder, "err")
        place = str(cwd or Path.cwd())
        process = context.Process(
            target=_main, args=(command, place, {**os.environ, **(env or {})}, str(out), str(errors))
        )
        process.start()
        process.join(timeout)
        if process.is_alive():
            process.kill()
            process.join()
            raise TimeoutExpired(command, timeout)
        return CompletedProcess(command, process.exitcode, out.read_text("utf-8"), errors.read_text("utf-8"))


def _main(arguments, cwd, environment, out, errors):
    """Become the command: its folder, its environment, its outputs, its exit code."""
    for stream, path in ((1, out), (2, errors)):
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(file, stream)
        os.close(file)
    sys.stdout, sys.stderr = open(1, "w", encoding="utf-8"), open(2, "w", encoding="utf-8", buffering=1)  # noqa: SIM115 -- they live as long as the process
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(cwd)
    sys.path[:0] = environment.get("PYTHONPATH", "").split(os.pathsep)
    sys.argv = ["huggingtweets", *arguments]
    from huggingtweets.cli import main  # noqa: PLC0415 -- in the new process only

    try:
        main()
    finally:  # processes of multiprocessing leave this out
        atexit._run_exitfuncs()
        sys.stdout.flush()
