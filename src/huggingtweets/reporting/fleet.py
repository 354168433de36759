"""results.html: what became of every author of a fleet, in one page that sorts its table.

The page loads nothing. The one thing that runs is the script that sorts the table, which the page's policy
names by its digest.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from markupsafe import Markup

from ..results import MODEL
from . import charts
from .curves import marks
from .report import html_environment

HERE = Path(__file__).parent
SHOWN = 5  # authors at each end
MOST_BINS = 20  # of the distribution

Rows = Sequence[Mapping[str, Any]]


class Column(NamedTuple):
    """A column of the table of all authors."""

    key: str
    title: str
    form: str = ""  # how numbers are written; "" for text


COLUMNS = (
    Column("name", "author"),
    Column("state", "state"),
    Column("bits_per_byte", "bits per byte", "{:.3f}"),
    Column("base_bits_per_byte", "its base", "{:.3f}"),
    Column("copied", "copied posts", "{:.1%}"),
    Column("invented", "invented words", "{:.1%}"),
    Column("posts", "posts learnt from", "{:,}"),
    Column("held_out", "held out", "{:,}"),
    Column("seconds", "seconds", "{:,.1f}"),
    Column("recipe", "recipe"),
    Column("permission", "permission"),
)


class Histogram(NamedTuple):
    """How many models have which bits per byte."""

    name: str
    caption: str
    description: str
    axis: str
    ticks: slice  # of the edges that are written
    chart: charts.Columns


def fleet_html(rows: Rows, *, recipe: str) -> str:
    """The whole page. The same rows give the same text.

    Args:
        rows: a row for each author, with the keys of `COLUMNS`, and `reason` for those that failed.
        recipe: the name of that of the fleet.
    """
    done = sorted((row for row in rows if row["state"] == "done"), key=lambda row: row["bits_per_byte"])
    failed = [row for row in rows if row["state"] == "failed"]
    used = [column for column in COLUMNS if any(row[column.key] not in {None, ""} for row in rows)]
    return (
        html_environment()
        .get_template("fleet.html.j2")
        .render(
            rows=[[_cell(row, column) for column in used] for row in rows],
            columns=used,
            total=len(rows),
            done=len(done),
            failed=failed,
            waiting=len(rows) - len(done) - len(failed),
            facts=_facts(done, recipe),
            best=[_short(row) for row in done[:SHOWN]],
            worst=[_short(row) for row in done[: -SHOWN - 1 : -1]],
            histogram=_histogram([row["bits_per_byte"] for row in done]) if len(done) > 1 else None,
            font=b64encode((HERE / "fonts" / "BricolageGrotesque.woff2").read_bytes()).decode(),
            script=Markup(_script()),  # noqa: S704 -- ships with the package
            script_digest=b64encode(hashlib.sha256(_script().encode()).digest()).decode(),
        )
    )


@cache
def _script() -> str:
    return (HERE / "templates" / "sort_table.js").read_text("utf-8")


def _cell(row: Mapping[str, Any], column: Column) -> tuple[str, str, bool]:
    """What a cell shows, what it is sorted by, and whether it is a number."""
    value = row[column.key]
    if value is None or (column.form and row["state"] != "done" and not value):
        return "", "", bool(column.form)
    return (column.form.format(value), repr(value), True) if column.form else (str(value), str(value), False)


def _short(row: Mapping[str, Any]) -> tuple[str, str, str]:
    """An author, the bits per byte, and how much less that is than the base's."""
    base = row["base_bits_per_byte"]
    gain = f"{1 - row['bits_per_byte'] / base:.1%} below its base" if base else ""
    return row["name"], f"{row['bits_per_byte']:.3f}", gain


def _facts(done: Rows, recipe: str) -> list[tuple[str, str]]:
    facts = [("Recipe", recipe)]
    for key, title, form in (
        ("bits_per_byte", "Median bits per byte", "{:.3f}"),
        ("base_bits_per_byte", "Median of the bases", "{:.3f}"),
        ("copied", "Median of copied posts", "{:.1%}"),
        ("seconds", "Median seconds", "{:,.1f}"),
    ):
        values = [row[key] for row in done if row[key] is not None]
        facts += [(title, form.format(median(values)))] if values else []
    return [*facts, ("Posts learnt from", f"{sum(row['posts'] for row in done):,}")]


def _histogram(values: Sequence[float]) -> Histogram:
    axis = marks(min(values), max(values), most=MOST_BINS)
    counts = [0] * (len(axis) - 1)
    for value in values:
        counts[min(sum(edge <= value for edge in axis[1:]), len(counts) - 1)] += 1
    labels = [f"{low:g} to {high:g}" for low, high in pairwise(axis)]
    edges = [charts.Tick(round(100 * place / len(counts), 2), f"{edge:g}") for place, edge in enumerate(axis)]
    shares = [count / len(values) for count in counts]
    return Histogram(
        name="distribution",
        caption="Bits per byte of held-out posts, over all models",
        description=", ".join(
            f"{label}: {count} models" for label, count in zip(labels, counts, strict=True)
        ),
        axis="bits per byte of held-out posts, lower is better",
        ticks=slice(0, None, max(1, len(labels) // 5)),
        chart=charts.columns(labels, {MODEL: shares})._replace(labels=edges),
    )
