"""How people get their posts from each network, in four steps, from data/archives.toml."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec
from msgspec import Struct


class Picture(Struct, frozen=True, forbid_unknown_fields=True):
    """What is drawn beside the steps."""

    menus: tuple[str, ...]  # what is pressed, from top to bottom, as the network's menus say it
    wait: Literal["", "mail", "clock"]  # for what, before the file is there
    file: str  # its name, or how that ends


class Network(Struct, frozen=True, forbid_unknown_fields=True):
    """A network, and the steps to an archive of one's posts.

    Of Markdown, the steps may have `*emphasis*`, `**strong emphasis**`, code between backquotes, and links.
    """

    name: str
    picture: Picture
    steps: tuple[str, str, str, str]


class _Networks(Struct, frozen=True, forbid_unknown_fields=True):
    networks: tuple[Network, ...]


@cache
def networks() -> tuple[Network, ...]:
    """The networks, in the order in which they are shown."""
    text = (files("huggingtweets") / "data" / "archives.toml").read_text("utf-8")
    return msgspec.toml.decode(text, type=_Networks).networks
