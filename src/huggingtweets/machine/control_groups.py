"""How much of a machine a container or a scheduler leaves to this process, as Linux's control groups have it.

psutil and `os` tell of the whole machine. Both versions of control groups are read, those above the process's
own included (man 7 cgroups; the kernel's admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

OWN = Path("/proc/self/cgroup")
MOUNTED = Path("/sys/fs/cgroup")


def memory_limit() -> float:
    """Bytes of memory that the process may use; infinite where nothing limits it."""
    files = (folder / name for folder, name in _folders("memory", "memory.max", "memory.limit_in_bytes"))
    return min((_number(words[0]) for file in files if (words := _words(file))), default=math.inf)


def core_limit() -> float:
    """Cores whose time the process may use, in whole and parts; infinite where nothing limits it."""
    return min(
        (_cores(folder, name) for folder, name in _folders("cpu", "cpu.max", "cpu.cfs_quota_us")),
        default=math.inf,
    )


def _folders(controller: str, name: str, name_in_v1: str) -> Iterator[tuple[Path, str]]:
    """The folders of the groups that the process is in, each with the file that has a controller's limit."""
    for line in _lines(OWN):
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        top = MOUNTED / controller if controllers else MOUNTED
        group = top / path.lstrip("/")  # in a container it may be seen at the top only
        for folder in (group, *group.parents):
            if folder.is_relative_to(top):
                yield folder, name_in_v1 if controllers else name


def _cores(folder: Path, name: str) -> float:
    """A quota in microseconds of each period."""
    words = _words(folder / name)
    if len(words) == 1:
        words += _words(folder / "cpu.cfs_period_us")
    return _number(words[0]) / float(words[1]) if len(words) == 2 and words[0] != "-1" else math.inf  # noqa: PLR2004


def _number(word: str) -> float:
    return math.inf if word == "max" else float(word)


def _words(file: Path) -> list[str]:
    return " ".join(_lines(file)).split()


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text("ascii").splitlines()
    except OSError:  # no such controller, no such group, or no Linux
        return []
