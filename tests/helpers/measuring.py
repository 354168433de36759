"""Asking all questions as the workflow does: beside an n-gram model of the training posts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from huggingtweets import evaluation
from huggingtweets.evaluation.copies import Originals, own_run
from huggingtweets.generation import filters
from huggingtweets.models import ngram_floor


def measure(train: Sequence[str], held_out: Sequence[str], generated: Sequence[str], **given):
    """`evaluation.measure` beside the usual n-gram floor."""
    return evaluation.measure(train, held_out, generated, fit_ngram=ngram_floor, **given)


def write_filters(train: Sequence[str], held_out: Sequence[str], folder: Path) -> None:
    """What a training writes: filters whose run of words the person hardly repeats."""
    filters.write_filters(train, own_run(Originals(train), held_out), folder)
