"""A table of posts: CSV, TSV, JSON, JSONL, parquet, a workbook, or plain text with one post a line."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from ..errors import BrokenArchive, LocationError
from ..files import sha256
from ..progress import tell
from ..types import Timeline
from ._contract import Match, ReadOptions
from ._diagnosis import is_no_table, word_for_others
from ._formats.table_posts import table_timeline
from ._formats.table_rows import is_bare_column, is_table, table_rows
from ._formats.workbook import is_workbook

NAME = "table"
SUMMARY = "a table (CSV, TSV, JSON, JSONL, parquet, Excel) or text with one post a line"
EXAMPLE = "posts.csv"


def recognises(location: str) -> Match:
    """Whether it is a file with the suffix of a table."""
    path = Path(location)
    return Match.SUFFIX if is_table(path) and path.is_file() else Match.NO


def read(location: str, options: ReadOptions) -> Timeline:
    """Find the columns and the author in the first rows, and open the posts in the order of the table."""
    path = Path(location)
    if not is_table(path):
        raise LocationError(f"{path} is no table; its name should end like one: {SUMMARY}")
    if what := "" if is_workbook(path) else is_no_table(path):
        raise BrokenArchive(f"{path} {what}")
    if not options.one_author and (word := word_for_others(path)):
        raise LocationError(
            f"{path} is called {word!r}, as what others wrote or what was never for everyone",
            advice="give your own published posts, or add --one-author if it has these",
            one_author_helps=True,
        )
    encoding = options.encoding or None
    is_bare = not options.text_column and is_bare_column(path, encoding)
    rows = partial(table_rows, path, encoding, one_author=bool(options.one_author), is_bare=is_bare)
    timeline = table_timeline(location, rows, options, source="table", digest=sha256(path))
    if is_bare:
        tell(
            f"{path.name} has no name above its one column, so each row is read as a post, the first one, too"
        )
    return timeline
