"""Writes the steps in docs/get-your-archive.md: how to get posts from each network, from data/archives.toml.

    python scripts/write_archive_guide.py

Run it after a change of that file; tests/docs/test_archive_guide.py fails as long as the page is old.
"""

from __future__ import annotations

from pathlib import Path

from huggingtweets.app.archives import Network, networks

PAGE = Path(__file__).parent.parent / "docs" / "get-your-archive.md"
BEGIN = "<!-- written by scripts/write_archive_guide.py from src/huggingtweets/data/archives.toml -->\n"
END = "<!-- end of what is written -->\n"


def page() -> str:
    """The text of the page, with the steps of now."""
    before, rest = PAGE.read_text("utf-8").split(BEGIN)
    _, after = rest.split(END)
    return before + BEGIN + "\n".join(map(_section, networks())) + END + after


def _section(network: Network) -> str:
    steps = (f"{number}. {step}\n" for number, step in enumerate(network.steps, start=1))
    return f"## {network.name}\n\n{''.join(steps)}"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
