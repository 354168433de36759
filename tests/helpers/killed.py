"""Processes that write a folder or a file, to be killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HOLD = """
import sys, time
from pathlib import Path
from huggingtweets import staging
from huggingtweets.files import whole_folder
if sys.argv[2] == "windows":
    staging.fcntl = None
with whole_folder(Path(sys.argv[1])) as folder:
    (folder / "weights").write_text("private")
    print("holds", flush=True)
    time.sleep(600)
"""


HOLD_FILE = """
import sys, time
from pathlib import Path
from huggingtweets.files import whole_file
def hold(*_):
    print("holds", flush=True)
    time.sleep(600)
Path.replace = hold
whole_file(Path(sys.argv[1]), b"private")
"""


def hold_folder(target: Path, system: str = "posix") -> subprocess.Popen[str]:
    """Start one; when this returns, its staging folder is there and holds a file.

    On the system "windows" it locks a file, as it would there, since it has no locks on folders.
    """
    return _held(HOLD, str(target), system)


def hold_file(target: Path) -> subprocess.Popen[str]:
    """Start one that writes a single file; when this returns, its content is on the disk beside `target`."""
    return _held(HOLD_FILE, str(target))


def _held(code: str, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", code, *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "holds\n"
    return process
