"""The picture of the funnel: how many posts were read, dropped for each reason, and kept."""

from __future__ import annotations

from ..types import Author, Record
from .context import summed
from .picture import draw
from .portrait import portrait
from .reasons import REASONS


def funnel_picture(record: Record) -> bytes:
    """A PNG 1600 pixels wide: posts read, dropped for each reason, and kept, for every author."""
    data = {"title": _title(record), "authors": [_panel(author) for author in summed(record.authors)]}
    return draw("funnel", data, pixels=4 / 3)


def _title(record: Record) -> str:
    read = sum(author.funnel.read for author in record.authors)
    kept = sum(author.funnel.kept for author in record.authors)
    return f"Of {read:,} posts, {kept:,} were worth learning from"


def _panel(author: Author) -> dict[str, object]:
    """One author's bars: each reason takes its part off the end of what remains."""
    funnel, remaining = author.funnel, author.funnel.read
    bars = [_bar("posts read", 0, funnel.read, "read")]
    for reason, label in REASONS.items():
        if reason in funnel.dropped:
            remaining -= funnel.dropped[reason]
            bars.append(_bar(label, remaining, funnel.dropped[reason], "dropped"))
    bars.append(_bar("learnt from", 0, author.train, "train"))
    bars.append(_bar("held out to test", author.train, author.held_out, "held-out"))
    return {**portrait(author.account, {}), "read": funnel.read, "bars": bars}


def _bar(label: str, begin: int, count: int, part: str) -> dict[str, object]:
    return {"label": label, "begin": begin, "count": count, "shown": f"{count:,}", "part": part}
