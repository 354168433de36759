"""What an installation weighs, and what each library costs: with what only it brings along.

    python scripts/measure_install.py            # of the package without extras, as it is installed here
    python scripts/measure_install.py app lora   # with these extras

Sizes are those of the files that each library installed, without what Python compiles of them.
"""

from __future__ import annotations

import sys
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))["project"]
MEGA = 1e6
Names = frozenset[str]


def direct(extras: list[str]) -> list[Requirement]:
    """What the package asks for itself."""
    groups = [PROJECT["dependencies"], *(PROJECT["optional-dependencies"][extra] for extra in extras)]
    return [Requirement(text) for group in groups for text in group]


def closure(requirements: list[Requirement]) -> Names:
    """The names of all libraries that are needed, those that others need among them."""
    reached: set[tuple[str, str]] = set()
    waiting = list(requirements)
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        for extra in {"", *requirement.extras}:
            if (name, extra) not in reached and _applies(requirement):
                reached.add((name, extra))
                waiting += _needs(name, extra)
    return frozenset(name for name, _ in reached)


def _applies(requirement: Requirement) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": ""})


def _needs(name: str, extra: str) -> list[Requirement]:
    """What a library needs, or one of its extras."""
    try:
        texts = distribution(name).requires or []
    except PackageNotFoundError:
        return []
    found = []
    for requirement in map(Requirement, texts):
        if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
            requirement.marker = None
            found.append(requirement)
    return found


def size(name: str) -> int:
    """Bytes of a library's files; 0 where it is not installed."""
    try:
        files = distribution(name).files or []
    except PackageNotFoundError:
        return 0
    paths = (Path(str(file.locate())) for file in files if file.suffix != ".pyc")
    return sum(path.stat().st_size for path in paths if path.is_file())


def main(extras: list[str]) -> None:
    """Print the total, and the libraries by what would be saved without them."""
    requirements = direct(extras)
    needed = closure(requirements)
    sizes = {name: size(name) for name in needed}
    torch = sum(sizes[name] for name in needed - closure([r for r in requirements if r.name != "torch"]))
    torch = max(torch, sizes.get("torch", 0))
    total = sum(sizes.values())
    print(f"{len(needed)} libraries, {total / MEGA:,.0f} MB, {(total - torch) / MEGA:,.0f} MB without torch")
    rows = []
    for requirement in requirements:
        name = canonicalize_name(requirement.name)
        alone = needed - closure([other for other in requirements if other.name != requirement.name])
        rows.append((sum(sizes[other] for other in alone), sizes[name], name, sorted(alone - {name})))
    print(f"{'library':24}{'MB':>8}{'saved':>8}  with")
    for saved, own, name, others in sorted(rows, reverse=True):
        print(f"{name:24}{own / MEGA:8.1f}{saved / MEGA:8.1f}  {', '.join(others)}")
    shared = sorted(needed - {canonicalize_name(r.name) for r in requirements}, key=lambda n: -sizes[n])
    print("largest that others need:", ", ".join(f"{n} {sizes[n] / MEGA:.1f}" for n in shared[:12]))


if __name__ == "__main__":
    main(sys.argv[1:])
