"""The bases that can be trained here: which there are, and fetching one ahead of a training."""

from __future__ import annotations

from msgspec import Struct

from .. import bases
from ..bases import named, ollama
from ..errors import BaseError
from ..progress import Silence, Watcher
from ..registry import suggestion


class ListedBase(Struct, frozen=True, kw_only=True):
    """A base, as `huggingtweets bases` lists it."""

    name: str
    summary: str
    parameters: int = 0  # 0 where the file was not looked into
    licence: str = ""  # SPDX, "" where it is not known
    languages: tuple[str, ...] = ()  # ISO 639-1; "many" for more than ten
    here: bool = True  # whether it is on this machine
    fetch_bytes: int = 0  # that fetching it costs, 0 where it is here
    gated: bool = False  # whether its licence has to be accepted on the Hub first


def list_bases() -> list[ListedBase]:
    """All named bases by size, then the models of a local Ollama. Nothing is asked of any network."""
    listed = [_listed(name, named.describe(name)) for name in bases.names()]
    local = [
        ListedBase(name=name, summary="a model of Ollama on this machine") for name in ollama.installed()
    ]
    return [*sorted(listed, key=lambda base: base.parameters), *local]


def fetch_base(name: str, watcher: Watcher | None = None) -> ListedBase:
    """Fetch a named base, so that a later training needs no network.

    Raises:
        BaseError: no base is called so, or it cannot be fetched.
    """
    watcher = watcher or Silence()
    if not named.recognises(name):
        raise BaseError(
            f"no base is called {name!r}; expected one of {', '.join(bases.names())}"
            f"{suggestion(name, bases.names())}"
        )
    watcher.stage("fetch", name)
    bases.fetch(name, watcher.fetched)
    return _listed(name, named.describe(name))


def _listed(name: str, base: named.NamedBase) -> ListedBase:
    here = named.is_here(name)
    return ListedBase(
        name=name,
        summary=base.summary,
        parameters=base.parameters,
        licence=base.licence,
        languages=base.languages,
        here=here,
        fetch_bytes=0 if here else named.fetch_bytes(base),
        gated=base.gated,
    )
