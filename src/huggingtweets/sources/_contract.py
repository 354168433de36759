"""What a source is: a module that recognises the locations of one place and reads posts from them."""

from __future__ import annotations

from enum import IntEnum
from typing import Protocol

from msgspec import UNSET, Struct, UnsetType

from ..types import Timeline


class Match(IntEnum):
    """How sure a source is that a location is its own. The surest source reads it."""

    NO = 0
    SUFFIX = 1  # the name matches; the content was not looked at, or could not be
    CONTENT = 2  # the content has the form of this place


class ReadOptions(Struct, frozen=True, kw_only=True):
    """What a user can say about a location."""

    handle: str | None = None  # the author's; needed if the location names no author, or several
    name: str | None = None  # the display name; needed if the location has none, or to change it
    text_column: str | None = None  # of a table
    one_author: bool | UnsetType = UNSET  # whether all rows of a table are one person's, whatever it says
    encoding: str | UnsetType | None = UNSET  # of a table that is neither UTF-8 nor guessed rightly
    server: str | None = None  # address of a live service, instead of the usual one
    allow_private: bool = False  # whether loopback and private network addresses may be connected to
    agreed: bool = False  # to the price of a live service


class Source(Protocol):
    """The names that every source module defines. A file whose name begins with `_` is no source."""

    NAME: str  # what people call the place, or the kind of file
    SUMMARY: str  # what the source reads, in a few words
    EXAMPLE: str  # a location as a user would type it

    def recognises(self, location: str) -> Match:
        """Say whether `location` belongs to this place. Reads little; an `OSError` counts as `Match.NO`."""

    def read(self, location: str, options: ReadOptions) -> Timeline:
        """Read the account, and open the posts, which are read one by one while they are iterated.

        Raises:
            LocationError: The location cannot be read. Raised now or while posts are iterated.
        """
