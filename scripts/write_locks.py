"""Write the locks, from which `make` installs: exact versions, and the hashes of the files of each.

    pip install uv
    python scripts/write_locks.py

Run it after a change of constraints.txt, or of what pyproject.toml needs. It asks the package index that uv
is set up with for the hashes of all files of a version, for every system; the locks name no index. Builds of
PyTorch differ from machine to machine (for a processor, for CUDA) and come from other places, so they are in
no lock: constraints.txt pins their version.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCKS = {"requirements.lock": [], "requirements-dev.lock": ["dev"]}  # extras of each
HEAD = "# Written by scripts/write_locks.py, which says what is not here.\n"
BUILDS = re.compile(r"(?:torch|triton|nvidia-[\w-]+|cuda-[\w-]+)==")
TOOLS = ("editables", "uv")  # hatchling installs a checkout with one, make chooses a PyTorch with the other


def main() -> None:
    """Write all locks."""
    for name, extras in LOCKS.items():
        (ROOT / name).write_text(HEAD + "".join(_locked(extras)), "utf-8")
        sys.stdout.write(f"{ROOT / name}\n")


def _locked(extras: list[str]) -> list[str]:
    """The requirements of the package with these extras, each with its hashes."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    with tempfile.NamedTemporaryFile("w", suffix=".in", encoding="utf-8") as build:
        build.write("\n".join([*project["build-system"]["requires"], *TOOLS]))
        build.flush()
        arguments = [f"--extra={extra}" for extra in extras]
        arguments += ["--universal", "--generate-hashes", "--no-header", "--no-annotate", "--quiet"]
        arguments += ["--constraint=constraints.txt", "--python-version=3.11"]
        compiled = subprocess.run(
            [sys.executable, "-m", "uv", "pip", "compile", *arguments, "pyproject.toml", build.name],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    requirements = re.split(r"^(?=\S)", compiled, flags=re.MULTILINE)
    return [requirement for requirement in requirements if requirement and not BUILDS.match(requirement)]


if __name__ == "__main__":
    main()
