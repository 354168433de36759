"""What every evaluation compares with, so that figures stay comparable: a word list, posts of many people.

Both are of Reddit Top 2.5 Million (umbrae, 2013), which is in the public domain (PDDL);
scripts/build_reference.py made them.
"""

from __future__ import annotations

import gzip
from functools import cache
from importlib.resources import files

MANY = "many people"  # what the group of their posts is called
MANY_SPEAK = "en"


@cache
def known_words(language: str) -> frozenset[str]:
    """The words of a language (ISO 639-1), as `text.words` folds them; empty where there is no list of it."""
    return frozenset(_lines(f"words-{language}.txt.gz"))


@cache
def posts_of_many() -> tuple[str, ...]:
    """3,000 short English posts, hardly two of one person."""
    return _lines("posts-en.txt.gz")


def _lines(name: str) -> tuple[str, ...]:
    file = files("huggingtweets") / "data" / "reference" / name
    if not file.is_file():
        return ()
    return tuple(gzip.decompress(file.read_bytes()).decode().splitlines())
