"""huggingtweets sources."""

from __future__ import annotations

from .. import sources as all_sources
from . import _options as opt
from ._results import print_sources
from ._terminal import print_json


def sources(as_json: opt.Json = False) -> None:
    """List the places that posts can come from.

    Each with an example of a location, as train and inspect take it, and what it needs.

    \b
    Examples:
      huggingtweets sources
      huggingtweets sources --json
    """  # noqa: D301 -- \b keeps the lines of the examples apart in --help
    by_name = {name: all_sources.load(name) for name in all_sources.names()}
    if as_json:
        print_json(
            [{"source": name, "reads": s.SUMMARY, "example": s.EXAMPLE} for name, s in by_name.items()]
        )
    else:
        print_sources(by_name)
