"""Numbers of things in English sentences."""

from __future__ import annotations


def counted(count: int, one: str) -> str:
    """A number and what is counted: "1 post", "2,000 posts".

    Args:
        count: how many.
        one: a noun whose plural ends in "s".
    """
    return f"{count:,} {one}" if count == 1 else f"{count:,} {one}s"
