"""Bases that ship with the package, in data/bases/."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from ._files import BaseFiles, Progress

NAMES = ("starter",)
LICENCE = "Apache-2.0"  # of all of them, as of the package


def recognises(name: str) -> bool:
    """Whether a base of this name ships with the package."""
    return name in NAMES


def locate(name: str, _: Progress) -> BaseFiles:
    """Its folder."""
    return BaseFiles(name, str(Path(str(files("huggingtweets"))) / "data" / "bases" / name), licence=LICENCE)


def is_here(_: str) -> bool:
    """Always: nothing is fetched."""
    return True
