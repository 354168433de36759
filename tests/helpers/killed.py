"""A process that works on a folder in the making, to be killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HOLD = """
import sys, time
from pathlib import Path
from huggingtweets.files import whole_folder
with whole_folder(Path(sys.argv[1])) as folder:
    (folder / "weights").write_text("private")
    print("holds", flush=True)
    time.sleep(600)
"""


def hold_folder(target: Path) -> subprocess.Popen[str]:
    """Start one; when this returns, its half-made folder is there and holds a file."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(target)], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "holds\n"
    return process
