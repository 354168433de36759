"""Write the locks, from which `make` installs: exact versions, and the hashes of the files of each.

    pip install uv
    python scripts/write_locks.py

Run it after a change of constraints.txt, or of what pyproject.toml needs. It asks the package index that uv
is set up with for the hashes of all files of a version, for every system; the locks name no index.

PyTorch has locks of its own, since one of two builds is installed: for Linux without a GPU that of PyTorch's
own index, else that of the package index, with the libraries of CUDA on Linux. The first index is asked only
for a version that torch-cpu.lock does not have.
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
CPU, CUDA = "torch-cpu.lock", "torch-cuda.lock"
HEAD = "# Written by scripts/write_locks.py, which says what is not here.\n"
BUILDS = re.compile(r"(?:torch|triton|nvidia-[\w-]+|cuda-[\w-]+)==")
TOOLS = ("editables", "uv")  # hatchling installs a checkout with one, make chooses a PyTorch with the other


def main() -> None:
    """Write all locks."""
    for name, extras in LOCKS.items():
        _write(name, [each for each in _locked(extras) if not BUILDS.match(each)])
    builds = [each for each in _locked([]) if BUILDS.match(each)]
    [torch] = (each for each in builds if each.startswith("torch=="))
    _write(CUDA, builds)
    _write(CPU, [_for_cpu(torch), _where(torch, "sys_platform != 'linux'")])


def _write(name: str, requirements: list[str]) -> None:
    (ROOT / name).write_text(HEAD + "".join(requirements), "utf-8")
    sys.stdout.write(f"{ROOT / name}\n")


def _locked(extras: list[str]) -> list[str]:
    """The requirements of the package with these extras, each with its hashes."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    asked = ["pyproject.toml", "--universal", *(f"--extra={extra}" for extra in extras)]
    return _compiled([*project["build-system"]["requires"], *TOOLS], [*asked, "--constraint=constraints.txt"])


def _for_cpu(torch: str) -> str:
    """The build for the processor of Linux, of the version of another build."""
    pin = f"{torch.split(maxsplit=1)[0]}+cpu"
    known = (ROOT / CPU).read_text("utf-8") if (ROOT / CPU).exists() else ""
    requirements = _split(known) if f"{pin} " in known else _compiled([pin], ["--torch-backend=cpu"])
    [build] = (each for each in requirements if each.startswith(pin))
    return _where(build, "sys_platform == 'linux'")


def _where(requirement: str, marker: str) -> str:
    """A requirement for some systems only."""
    first, rest = requirement.split("\n", 1)
    return f"{first.split(maxsplit=1)[0]} ; {marker} \\\n{rest}"


def _compiled(requirements: list[str], arguments: list[str]) -> list[str]:
    """Requirements with what they need, and the hashes of each."""
    with tempfile.NamedTemporaryFile("w", suffix=".in", encoding="utf-8") as file:
        file.write("\n".join(requirements))
        file.flush()
        options = ["--generate-hashes", "--no-header", "--no-annotate", "--quiet", "--python-version=3.11"]
        compiled = subprocess.run(
            [sys.executable, "-m", "uv", "pip", "compile", *options, *arguments, file.name],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
    return _split(compiled.stdout)


def _split(text: str) -> list[str]:
    return [
        each for each in re.split(r"^(?=[^\s#])", text, flags=re.MULTILINE) if each.strip() and each[0] != "#"
    ]


if __name__ == "__main__":
    main()
