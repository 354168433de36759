"""huggingtweets inspect."""

from __future__ import annotations

from msgspec.structs import replace

from .. import reading
from ..cleaning import Rules
from ..sources import ReadOptions
from . import _options as opt
from ._consent import with_consent
from ._results import print_inspection
from ._terminal import Terminal, print_json


def inspect(
    locations: opt.Locations,
    handle: opt.Handle = None,
    name: opt.Name = None,
    source: opt.Source = None,
    text_column: opt.TextColumn = None,
    server: opt.Server = None,
    allow_private: opt.AllowPrivate = False,
    yes: opt.Yes = False,
    lang: opt.Lang = None,
    since: opt.Since = None,
    until: opt.Until = None,
    keep_replies: opt.KeepReplies = True,
    as_json: opt.Json = False,
) -> None:
    """See whether posts are enough to learn from.

    Shows whose they are, what cleaning keeps and drops, and a verdict. Nothing is trained or written.

    \b
    Examples:
      huggingtweets inspect twitter-2024-10-01.zip
      huggingtweets inspect posts.csv --drop-replies --json
    """  # noqa: D301 -- \b keeps the lines of the examples apart in --help
    options = ReadOptions(
        handle=handle, name=name, text_column=text_column, server=server, allow_private=allow_private
    )
    rules = Rules(keep_replies=keep_replies, lang=lang, since=opt.day(since), until=opt.day(until))

    def look(agreed: bool) -> list[reading.Inspection]:
        with Terminal() as terminal:
            return reading.inspect(
                locations,
                options=replace(options, agreed=agreed),
                source=source,
                rules=rules,
                watcher=terminal,
            )

    found = with_consent(look, agreed=yes)
    if as_json:
        print_json([inspection.summary() for inspection in found])
    else:
        for inspection in found:
            print_inspection(inspection)
