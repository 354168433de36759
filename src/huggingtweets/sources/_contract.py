"""What a source is: one module that recognises the locations of one place and reads posts from them."""

from __future__ import annotations

from enum import IntEnum
from typing import Protocol

from msgspec import Struct

from ..types import Timeline


class Match(IntEnum):
    """How sure a source is that a location is one of its own. The surest source reads it."""

    NO = 0
    SUFFIX = 1  # the name fits; what is inside was not looked at, or could not be
    CONTENT = 2  # what is inside is this place's form


class ReadOptions(Struct, frozen=True, kw_only=True):
    """What a user can say about a location."""

    handle: str | None = None  # whose posts, where there are several people's; or who, where nobody is named
    name: str | None = None  # the display name, where the location has none or another is wanted
    text_column: str | None = None  # of a table
    server: str | None = None  # address of a live service, where it is not the usual one
    allow_private: bool = False  # whether loopback and private network addresses may be asked
    agreed: bool = False  # to what a live service costs


class Source(Protocol):
    """The names that every module in `sources/` has. A file that begins with `_` is no source."""

    SUMMARY: str  # what it reads, in a few words
    EXAMPLE: str  # a location as a user would type it

    def recognises(self, location: str) -> Match:
        """Say whether `location` is of this place. Reads little; an `OSError` counts as `Match.NO`."""

    def read(self, location: str, options: ReadOptions) -> Timeline:
        """Read whose posts they are, and open the posts; raises `LocationError` or one below it.

        The posts come one by one, and the same errors can come up while they do.
        """
