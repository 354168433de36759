"""XML that is read piece by piece.

The parser neither fetches what a file refers to nor lets entities grow without end (expat, since 2.4.1).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import cast
from xml.etree.ElementTree import Element, ParseError, XMLPullParser

from ...errors import BrokenArchive


def xml_events(chunks: Iterable[bytes], name: str) -> Iterator[tuple[str, Element]]:
    """Where elements begin ("start") and end ("end"). Clear those that are done with, or they pile up.

    Raises:
        BrokenArchive: It is no whole XML.
    """
    parser: XMLPullParser[Element] = XMLPullParser(("start", "end"))
    try:
        for chunk in chunks:
            parser.feed(chunk)
            yield from cast("Iterator[tuple[str, Element]]", parser.read_events())
        parser.close()
    except (ParseError, LookupError, ValueError) as error:  # the latter two of encodings
        raise BrokenArchive(f"{name} is no whole XML ({error}); download it again") from error
