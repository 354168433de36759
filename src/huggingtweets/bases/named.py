"""Bases with a name of their own: a TOML file each says where it can be had.

A base is taken from the Hub, in the publisher's precision, where the Hub can be reached or gave it before.
Else it is taken once from a Python package, where the file names one, and kept as an ordinary model folder.
That folder then stays the base: a model is compared with what it was trained from.
"""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

import msgspec
from msgspec import Struct

from ..errors import BaseError
from ..files.home_folder import home
from ..staging import one_at_a_time
from . import embedded, hub
from ._files import BaseFiles, Package, Progress, names


class NamedBase(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A base as its TOML file describes it; the file's name is the base's."""

    summary: str
    parameters: int
    licence: str  # SPDX, or the name of a licence of its own
    languages: tuple[str, ...]  # ISO 639-1; "many" for more than ten
    hub: str = ""  # id on the Hub, "" for one that ships with the package
    weight_bytes: int = 2  # that one weight takes on the Hub
    gated: bool = False  # whether its licence must be accepted on the Hub first
    package: Package | None = None


def describe(name: str) -> NamedBase:
    """What the TOML file of a base says."""
    return msgspec.toml.decode(files(__package__).joinpath(f"{name}.toml").read_text("utf-8"), type=NamedBase)


def recognises(name: str) -> bool:
    """Whether a base of this name is described here."""
    return name in names()


def locate(name: str, progress: Progress) -> BaseFiles:
    """Its files: of the Hub, or of a package, which is unpacked first.

    Raises:
        BaseError: neither the Hub nor a package can give it.
    """
    base = describe(name)
    if base.package and folder(name).is_dir():
        return _of_package(name, base, base.package, progress)
    files = hub.on_hub(base.hub)
    if not files.offline or hub.is_cached(base.hub):
        return replace(files, licence=base.licence)
    if base.package is None:
        raise BaseError(
            f"base {name} ({base.hub}) was not fetched, or not whole, and the Hugging Face Hub cannot be "
            f"asked ({files.hub_error}); connect to a network once, or use what ships with the package: "
            "--recipe starter"
        )
    return _of_package(name, base, base.package, progress)


def is_here(name: str) -> bool:
    """Whether a base is on this machine; nothing is asked of any network."""
    base = describe(name)
    return (
        name in embedded.NAMES
        or folder(name).is_dir()
        or bool(base.hub and hub.is_cached(base.hub))
        or bool(base.package and installed_file(base.package))
    )


def fetch_bytes(base: NamedBase) -> int:
    """About what fetching a base costs: of its package where it has one, else its weights on the Hub."""
    return base.package.bytes if base.package else base.parameters * base.weight_bytes


def folder(name: str) -> Path:
    """Where a base that came in a package is kept."""
    return home() / "bases" / name


def installed_file(package: Package) -> Path | None:
    """The GGUF file of a package that is installed; None where it is not."""
    module, _, file = package.member.partition("/")
    spec = find_spec(module)
    places = spec.submodule_search_locations if spec and spec.submodule_search_locations else ()
    return next((path for place in places if (path := Path(place) / file).is_file()), None)


def _of_package(name: str, base: NamedBase, package: Package, progress: Progress) -> BaseFiles:
    from ._package import unpack  # noqa: PLC0415 -- with torch, and needed only the first time

    target = folder(name)
    if not target.is_dir():
        with one_at_a_time(target.parent):
            if not target.is_dir():  # another process may have made it meanwhile
                unpack(package, installed_file(package), target, progress)
    return BaseFiles(
        name,
        str(target),
        made_from=package.made_from,
        origin=f"the Python package {package.name} {package.version}",
        precision=package.precision,
        licence=base.licence,
    )
