"""The picture of the pipeline: `huggingtweets lineage` as a drawing, with the figures of one model."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..text.counting import counted
from ..types import NO_BASE, Record
from .context import summed
from .picture import draw, plain
from .portrait import portrait

DIGEST = 8  # characters that are shown of one
LONGEST = 24  # characters of a recipe's name


def pipeline_picture(record: Record) -> bytes:
    """A PNG of 1600 x 600 pixels: the artifacts of the tracker, and the steps between them."""
    authors, curve = record.authors, record.curve
    read, kept = sum(a.funnel.read for a in authors), sum(a.funnel.kept for a in authors)
    train, held_out = sum(a.train for a in authors), sum(a.held_out for a in authors)
    people = [portrait(author.account, {}) for author in summed(authors)]
    handles = " + ".join(str(person["handle"] or person["name"]) for person in people)
    based = record.base.name != NO_BASE
    before = [f"{curve[0].bits_per_byte:.3f} bits per byte"] if curve else []
    trained = curve[1:] if based else curve  # a base is measured before the first step
    after = [f"{min(point.bits_per_byte for point in trained):.3f} bits per byte"] if trained else []
    data = {
        "title": f"How the bot of {handles} was made",
        "hue": people[0]["hue"],
        "raw": _box(
            _version(record, "raw-dataset"),
            f"{read:,} posts",
            [handles, _digests([digest for author in authors for digest in author.input_digest.split()])],
        ),
        "preprocess": _box("", "preprocess", [f"{read - kept:,} taken out"]),
        "dataset": _box(
            _version(record, "train-dataset"),
            f"{train:,} posts",
            [f"and {held_out:,} held out", _digests([record.dataset_digest])],
        ),
        "base": _box(
            _version(record, "pretrained-model"),
            plain(record.base.name),
            [*_size(record.base.parameters), *before, _digests([record.base.digest])],
        )
        if based
        else None,
        "train": _box("", *_training(record, based=based)),
        "model": _box(
            _version(record, "finetuned-model") if based else "model",
            plain(record.name),
            [*after, _digests([record.model_digest])],
        ),
    }
    return draw("pipeline", data, pixels=4 / 3)


def _box(kind: str, title: str, details: list[str]) -> dict[str, object]:
    return {"kind": kind, "title": title, "details": [detail for detail in details if detail]}


def _version(record: Record, kind: str) -> str:
    """The kind of an artifact and, if the tracker has it, its version: "train-dataset v3"."""
    version = next((v for name, v in record.tracked.artifacts.items() if name.endswith(kind)), "")
    return plain(f"{kind} {version.rpartition(':')[2]}")


def _digests(digests: Sequence[str]) -> str:
    """The first characters of each digest."""
    return " ".join(f"#{digest[:DIGEST]}" for digest in digests if digest)


def _training(record: Record, *, based: bool) -> tuple[str, list[str]]:
    if record.merged_from:
        return "merge", [f"{len(record.merged_from)} models"]
    if based:
        return "train", [_short(record.recipe.name), _epochs(record), *_duration(record)]
    return "count", _duration(record)


def _epochs(record: Record) -> str:
    """Passes over the posts: "4 epochs", or "6 runs of 1 epoch" where the model is a mean."""
    epochs = record.recipe.epochs
    runs = math.ceil(record.curve[-1].epoch / epochs) if record.curve else 1
    return f"{runs} runs of {counted(epochs, 'epoch')}" if runs > 1 else counted(epochs, "epoch")


def _short(name: str) -> str:
    """A name that fits into the box of a step."""
    name = plain(name)
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}\N{HORIZONTAL ELLIPSIS}"


def _size(parameters: int) -> list[str]:
    return [f"{parameters / 1e6:,.3g} M parameters"] if parameters else []


def _duration(record: Record) -> list[str]:
    seconds = record.seconds.get("train", 0)
    if not seconds:
        return []
    return [f"{seconds:.0f} s"] if seconds < 100 else [f"{seconds / 60:,.0f} min"]  # noqa: PLR2004 -- two digits
