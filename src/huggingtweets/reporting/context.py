"""What the answers of an evaluation need to know of a model to put themselves into words and charts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import isfinite

from ..results import Evaluation
from ..results.drawings import ReportContext
from ..results.wording import listed
from ..types import Account, Author, Funnel, Reason, Record
from .picture import plain

MOST_SHOWN = 12  # authors who are shown one by one
WHAT_IS_READ = (  # of every source
    "Deleted posts were not read. Of a network only public posts were, where it says who could read them; of "
    "chats and mail only what the person wrote."
)
TUNED = (
    "A sweep chose the settings by these very held-out posts, so the figures on them are a little better "
    "than on others."
)
NAMED = 3  # of more authors, those whose names a sentence gives


def tuned(record: Record) -> str:
    """A sentence where a sweep chose a model's settings by the posts that it is measured on; "" elsewhere."""
    return TUNED if record.dataset_digest in (record.recipe.tuned_on or ()) else ""


def names(authors: Sequence[Author]) -> str:
    """The people as a sentence names them, "@ada and @bob"; of very many a few."""
    handles = [f"@{plain(author.account.handle)}" for author in authors]
    if len(handles) > MOST_SHOWN:
        handles[NAMED:] = [f"{len(handles) - NAMED:,} others"]
    return listed(handles)


def summed(authors: Sequence[Author]) -> Sequence[Author]:
    """The authors as figures show them: one by one, or one without a handle who stands for very many."""
    if len(authors) <= MOST_SHOWN:
        return authors
    dropped = Counter[Reason]()
    for author in authors:
        dropped.update(author.funnel.dropped)
    return [
        Author(
            account=Account(handle="", name=f"{len(authors):,} authors", source=""),
            funnel=Funnel(
                read=sum(author.funnel.read for author in authors),
                dropped=dict(dropped),
                kept=sum(author.funnel.kept for author in authors),
            ),
            characters=sum(author.characters for author in authors),
            train=sum(author.train for author in authors),
            held_out=sum(author.held_out for author in authors),
        )
    ]


def report_context(record: Record, evaluation: Evaluation) -> ReportContext:
    """The context of a model's report and card."""
    curve = record.curve
    return ReportContext(
        who=names(record.authors),
        hours=evaluation.hours,
        bits_per_byte=[(p.epoch, p.bits_per_byte) for p in curve if isfinite(p.bits_per_byte)],
        copied=[(p.epoch, p.copied) for p in curve if p.copied is not None],
        counted=[p.counted or 0 for p in curve if p.copied is not None],
    )
