"""The results of a fleet: a table in parquet with a row for each author, and a page."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

import msgspec
from msgspec import Struct

from ...reporting.fleet import fleet_html
from .config import Outcome, State
from .records import load_authors, load_job, load_outcomes
from .store import Store

TABLE, PAGE = "results.parquet", "results.html"
NOT_IN_TABLE = ("files", "input_bytes", "members")  # `ended/` has them


class FleetResults(Struct, frozen=True, kw_only=True):
    """A row for each author in the order in which they were given, those who have not ended included."""

    store: str
    rows: tuple[Outcome, ...]
    table: str  # in the store
    page: str


def write_results(store: Store) -> FleetResults:
    """Write the table and the page of what the store holds now.

    Raises:
        ModelError: the store holds no fleet.
    """
    authors, outcomes, job = load_authors(store), load_outcomes(store), load_job(store)
    rows = [
        outcomes.get(author.name)
        or Outcome(
            name=author.name,
            state=State.WAITING,
            handle=author.handle or "",
            permission=author.permission,
        )
        for author in authors
    ]
    values = [_values(row) for row in rows]
    store.write(TABLE, _parquet(values))
    store.write(PAGE, fleet_html(values, recipe=job.recipe.name if job else "").encode())
    return FleetResults(store=store.shown, rows=tuple(rows), table=TABLE, page=PAGE)


def _values(row: Outcome) -> dict[str, Any]:
    values = {name: value for name, value in msgspec.structs.asdict(row).items() if name not in NOT_IN_TABLE}
    return {**values, "state": str(row.state)}


def _parquet(rows: Sequence[dict[str, Any]]) -> bytes:
    """The rows as the bytes of a parquet file."""
    import pyarrow as pa  # noqa: PLC0415 -- slow to load, and needed only here
    import pyarrow.parquet as pq  # noqa: PLC0415 -- as above

    kinds = {int: pa.int64(), float: pa.float64(), str: pa.string()}
    columns = {
        "name": str,
        "state": str,
        "reason": str,
        "handle": str,
        "recipe": str,
        "posts": int,
        "held_out": int,
        "bits_per_byte": float,
        "base_bits_per_byte": float,
        "copied": float,
        "invented": float,
        "seconds": float,
        "permission": str,
        "worker": str,
    }
    fields = [(name, kinds[kind]) for name, kind in columns.items()]
    schema = pa.schema([*fields, ("ended_at", pa.timestamp("s", tz="UTC"))])
    buffer = BytesIO()
    pq.write_table(pa.Table.from_pylist(list(rows), schema=schema), buffer, compression="zstd")
    return buffer.getvalue()
