"""huggingtweets sources."""

from __future__ import annotations

from .. import sources as places
from . import _options as opt
from ._results import print_places
from ._terminal import print_json


def sources(as_json: opt.Json = False) -> None:
    """List the places that posts can come from.

    Each with an example of a location, as train and inspect take it, and what it needs.

    \b
    Examples:
      huggingtweets sources
      huggingtweets sources --json
    """  # noqa: D301 -- \b keeps the lines of the examples apart in --help
    found = {name: places.load(name) for name in places.names()}
    if as_json:
        print_json([{"source": name, "reads": s.SUMMARY, "example": s.EXAMPLE} for name, s in found.items()])
    else:
        print_places(found)
