"""Asking questions as the workflow does: beside an n-gram model of the training posts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from huggingtweets import evaluation
from huggingtweets.evaluation import Material, NgramFloor
from huggingtweets.evaluation.copies import Originals, own_run
from huggingtweets.generation import filters
from huggingtweets.models import ngram_floor
from huggingtweets.progress import Watcher
from huggingtweets.results import ENOUGH, Groups


def measure(
    train: Sequence[str],
    held_out: Sequence[str],
    generated: Sequence[str],
    *,
    base: Sequence[str] = (),
    others: Mapping[str, Sequence[str]] = MappingProxyType({}),
    seed: int = 0,
    watcher: Watcher | None = None,
    **inputs,
):
    """Ask all questions of posts and other inputs, beside the usual n-gram floor."""
    gathered = Material.gather(
        train, held_out, generated, fit_ngram=ngram_floor, base=base, others=others, seed=seed
    )
    return evaluation.measure(replace(gathered, **inputs), watcher)


def material(train: Sequence[str], groups: Groups, **more) -> Material:
    """Material for one question, with the groups as they are."""

    def fit(texts: Sequence[str]) -> NgramFloor:  # of few posts, for speed: it writes none of the groups
        return ngram_floor(texts[:ENOUGH])

    inputs = {"fit_ngram": fit, "ngram": fit(train), **more}
    return Material(train=train, typical=train, originals=Originals(train), groups=groups, **inputs)


def write_filters(train: Sequence[str], held_out: Sequence[str], folder: Path) -> None:
    """What a training writes: filters whose run of words the person hardly repeats."""
    filters.write_filters(train, own_run(Originals(train), held_out), folder)
