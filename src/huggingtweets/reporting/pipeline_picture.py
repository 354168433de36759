"""The way from posts to a model, with the figures of this one."""

from __future__ import annotations

from ..types import NO_BASE, Record
from .picture import draw, plain
from .portrait import portrait


def pipeline_picture(record: Record) -> bytes:
    """A PNG of 1600 x 533 pixels: the artifacts of the tracker, and between them the steps that made them."""
    authors, curve = record.authors, record.curve
    read, kept = sum(a.funnel.read for a in authors), sum(a.funnel.kept for a in authors)
    train, held_out = sum(a.train for a in authors), sum(a.held_out for a in authors)
    handles = " + ".join(f"@{plain(author.account.handle)}" for author in authors)
    based = record.base.name != NO_BASE
    before = [f"{curve[0].bits_per_byte:.3f} bits per byte"] if curve else []
    after = [f"{min(point.bits_per_byte for point in curve):.3f} bits per byte"] if curve else []
    data = {
        "title": f"How the bot of {handles} was made",
        "hue": portrait(authors[0].account, {})["hue"],
        "raw": _box("raw-dataset", f"{read:,} posts", [handles]),
        "preprocess": _box("", "preprocess", [f"{read - kept:,} taken out"]),
        "dataset": _box("train-dataset", f"{train:,} posts", [f"and {held_out:,} held out"]),
        "base": _box("pretrained-model", plain(record.base.name), [*_size(record.base.parameters), *before])
        if based
        else None,
        "train": _box("", *_training(record, based=based)),
        "model": _box("finetuned-model" if based else "model", plain(record.name), after),
    }
    return draw("pipeline", data, pixels=4 / 3)


def _box(kind: str, title: str, details: list[str]) -> dict[str, object]:
    return {"kind": kind, "title": title, "details": details}


def _training(record: Record, *, based: bool) -> tuple[str, list[str]]:
    if record.merged_from:
        return "merge", [f"{len(record.merged_from)} models"]
    if based:
        return "train", [f"{record.recipe.epochs} epochs", *_duration(record)]
    return "count", _duration(record)


def _size(parameters: int) -> list[str]:
    return [f"{parameters / 1e6:,.3g} M parameters"] if parameters else []


def _duration(record: Record) -> list[str]:
    seconds = record.seconds.get("train", 0)
    if not seconds:
        return []
    return [f"{seconds:.0f} s"] if seconds < 100 else [f"{seconds / 60:,.0f} min"]  # noqa: PLR2004 -- two digits
