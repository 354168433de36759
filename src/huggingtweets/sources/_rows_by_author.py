"""The rows of a table of many authors, with whose they are."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from ..errors import LocationError
from ._formats.audience import Audience
from ._formats.authors import to_handle
from ._formats.authorship import Authorship
from ._formats.record_shapes import Row
from ._formats.skipped import skip
from ._formats.table_rows import is_table, table_rows

_SAMPLE = 1000  # rows that show who wrote them, and who could read them


def rows_by_author(path: Path) -> Iterator[tuple[str, str, Row]]:
    """Yield the rows of a table in their order; memory does not grow with it.

    Each comes with its author as the table writes them, without case, and with their handle. Two people may
    have one handle, as Anna☀ and Anna☁ do.

    Rows that not everyone could read, and rows of nobody, are left out; `count_skipped` counts them.

    Raises:
        LocationError: the file is no table, is broken, or does not say who wrote its rows.
    """
    if not is_table(path):
        raise LocationError(f"{path} is no table of posts; give one that ends with .csv, .jsonl or .parquet")
    sample = list(islice(table_rows(path), _SAMPLE))
    authorship = Authorship(sample)
    audience = Audience(sample, authorship.fields)
    if not authorship.is_known or authorship.guessed:
        raise LocationError(
            f"{path} has neither a column of authors nor one called location; expected a table of posts with "
            "their authors, or a table of authors with the locations of their posts"
        )
    for row in table_rows(path):
        key = authorship.person(row).key
        handle = to_handle(key)
        reason = audience.closed(row) or ("" if handle else "of nobody")
        if reason:
            skip(reason)
        else:
            yield key.strip().lstrip("@").casefold(), handle, row
