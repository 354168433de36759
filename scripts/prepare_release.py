"""Before a release is built: the tag and the changelog name its version, and the package says where it lives.

    python scripts/prepare_release.py v1.2.0 https://git.example/somebody/huggingtweets

The version stands in pyproject.toml and nowhere else.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent


def problems(tag: str, pyproject: str, changelog: str) -> list[str]:
    """What speaks against a release."""
    version = tomllib.loads(pyproject)["project"]["version"]
    found = []
    if tag != f"v{version}":
        found.append(f"the tag is {tag}, and pyproject.toml has version {version}: expected v{version}")
    if not re.search(rf"^## {re.escape(version)}\b", changelog, re.MULTILINE):
        found.append(f"CHANGELOG.md has no heading for {version}; expected: ## {version}")
    return found


def with_addresses(pyproject: str, repository: str) -> str:
    """The project's table with the addresses of the repository that the release is built in."""
    address = repository.rstrip("/")
    places = {
        "Homepage": address,
        "Documentation": f"{address}/tree/main/docs",
        "Changelog": f"{address}/blob/main/CHANGELOG.md",
        "Issues": f"{address}/issues",
        "Source": address,
    }
    table = "".join(f'{name} = "{place}"\n' for name, place in places.items())
    return pyproject.replace("[project.scripts]", f"[project.urls]\n{table}\n[project.scripts]", 1)


def main(tag: str, repository: str, root: Path = ROOT) -> int:
    """Check, and write the addresses; return the exit code."""
    file = root / "pyproject.toml"
    pyproject = file.read_text("utf-8")
    found = problems(tag, pyproject, (root / "CHANGELOG.md").read_text("utf-8"))
    for problem in found:
        print(problem, file=sys.stderr)
    if not found:
        file.write_text(with_addresses(pyproject, repository), "utf-8")
    return len(found)


if __name__ == "__main__":
    if len(sys.argv) != 3:  # noqa: PLR2004 -- a tag and an address
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2]))
