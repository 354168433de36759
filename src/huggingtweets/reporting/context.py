"""What the answers of an evaluation need to know of a model to put themselves into words and charts."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from ..results import Evaluation
from ..results.drawings import ReportContext
from ..results.wording import listed
from ..types import Author, Record
from .picture import plain


def names(authors: Sequence[Author]) -> str:
    """The people as a sentence names them, "@ada and @bob"."""
    return listed(f"@{plain(author.account.handle)}" for author in authors)


def report_context(
    record: Record, evaluation: Evaluation, copying_curve: Sequence[tuple[int, float]] = ()
) -> ReportContext:
    """The context of a model's report and card.

    Args:
        record: what is known of the model.
        evaluation: what was measured of it.
        copying_curve: steps of training, and the share of samples with a copied run that was measured there.
    """
    curve = [point for point in record.curve if isfinite(point.bits_per_byte)]
    epochs_per_step = curve[-1].epoch / max(1, curve[-1].step) if curve else 0.0
    return ReportContext(
        who=names(record.authors),
        hours=evaluation.hours,
        bits_per_byte=[(point.epoch, point.bits_per_byte) for point in curve],
        copied=[(step * epochs_per_step, share) for step, share in copying_curve],
    )
