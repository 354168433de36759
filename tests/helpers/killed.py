"""A process that works on a folder in the making, to be killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HOLD = """
import sys, time
from pathlib import Path
from huggingtweets import half_made
from huggingtweets.files import whole_folder
if sys.argv[2] == "windows":
    half_made.fcntl = None
with whole_folder(Path(sys.argv[1])) as folder:
    (folder / "weights").write_text("private")
    print("holds", flush=True)
    time.sleep(600)
"""


def hold_folder(target: Path, system: str = "posix") -> subprocess.Popen[str]:
    """Start one; when this returns, its half-made folder is there and holds a file.

    On the system "windows" it locks a file, as it would there, since it has no locks on folders.
    """
    command = [sys.executable, "-c", HOLD, str(target), system]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "holds\n"
    return process
