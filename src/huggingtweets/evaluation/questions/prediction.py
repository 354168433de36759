"""Does it predict the person's next posts?

Bits per UTF-8 byte of held-out posts, which are later in time than the training posts; the end of each post
counts as one byte more. Comparable across tokenizers (Gao et al. 2020, "The Pile", section 3.1). The floors
are the model that training started from, and an n-gram model of the latest 10,000 of its training posts.

Blind to: how it writes. A model that predicts well can still be sampled badly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from ...errors import UserError
from ...results import BASE, ENOUGH, MODEL, NGRAM, Answer, Row, byte_lengths
from ...results.drawings import Curve, Label, Method, Panel, Points, ReportContext, Section
from ...results.wording import WHOSE, floors, inconclusive
from .. import intervals
from ..material import Material

ORDER = 10


class Prediction(Answer, frozen=True, kw_only=True):
    """How well the person's next posts are predicted."""

    title: ClassVar[str] = "Does it predict the person's next posts?"
    labels: ClassVar[Mapping[str, Label]] = {
        "bits_per_byte": Label(
            "bits per byte", "number", short="bits for a letter of unseen posts (fewer is better)"
        )
    }

    bits_per_byte: Row
    bits: tuple[float, ...]  # the model's, for each held-out post; for paired comparisons
    lengths: tuple[int, ...]  # UTF-8 bytes of each, one more for its end
    order: int  # of the n-gram model, in bytes
    smoothing: str  # of the n-gram model
    days: tuple[int, ...] = ()  # of each held-out post, as numbers from 0 on; empty where they are not known
    ngram_posts: int = 0  # training posts, the latest, that it was fitted to; 0 in older reports, all of them

    def sections(self, context: ReportContext) -> list[Section]:
        """How well the model predicts, and how that changed during training."""
        sentence = _sentence(self.bits_per_byte, context.who)
        return [
            Section(
                name="learning",
                order=70,
                link="Learning",
                title=f"How well does it predict {context.who}, and how did it learn?",
                intro="A model that knows how somebody writes is less surprised by their next post. "
                "Surprise is counted in bits: fewer is better.",
                blocks=[
                    Panel("Bits per byte", sentence, "bits_per_byte"),
                    _learning_curve(context.bits_per_byte),
                ],
            )
        ]

    def methods(self, context: ReportContext) -> list[Method]:  # noqa: ARG002 -- nobody is named
        """What a bit per byte is, and which n-gram model is the floor."""
        text = (
            "How many bits the unseen posts cost the model, divided by their bytes in UTF-8 and one more for "
            "each post’s end. It compares models whatever their tokenizers (Gao et al. 2020, arXiv "  # noqa: RUF001
            "2101.00027, section 3.1). For its interval whole days are drawn, where days are known."
        )
        ngram = (
            f" The n-gram model is one of bytes, of order {self.order} with {self.smoothing} smoothing, both "
            "chosen on the latest training posts (Chen and Goodman 1999; Witten and Bell 1991)."
            f"{self._fitted_to()}"
        )
        return [Method(10, "Bits per byte", text + (ngram if self.order else ""))]

    def _fitted_to(self) -> str:
        """How many posts the n-gram model has seen."""
        return f" It has seen the latest {self.ngram_posts:,} training posts." if self.ngram_posts else ""

    def about_ngram(self, train_posts: int) -> str:
        """Its order and smoothing: those of the floor, where that was fitted to the same posts."""
        is_floor = self.ngram_posts in {0, train_posts}
        order = f", {self.order} bytes," if is_floor else ""
        smoothing = f", {self.smoothing}," if is_floor else ""
        return (
            f"Its order{order} and its smoothing{smoothing} were chosen on the latest tenth of the training "
            "posts."
        )


ANSWER = Prediction


def measure(material: Material, *, seed: int) -> Prediction:
    """Bits per byte of the model and its floors.

    Raises:
        UserError: the bits of the model or of the base are not one for each held-out post.
    """
    held_out, ngram = material.held_out, material.ngram
    lengths = np.array(byte_lengths(held_out))
    bits = {MODEL: material.bits, BASE: material.base_bits, NGRAM: ngram.bits(held_out) if held_out else ()}
    for name, each in bits.items():
        if len(each) not in {0, len(held_out)}:
            raise UserError(
                f"{len(each)} bits of the {name} for {len(held_out)} held-out posts; expected one for each"
            )
    at = np.setdiff1d(np.arange(len(held_out)), np.array(material.leaked, np.int64))
    few, days = len(at) < ENOUGH, np.array(material.days, np.int64)
    figures = {
        name: intervals.ratio(np.array(each)[at], lengths[at], days[at] if len(days) else (), seed=seed)
        for name, each in bits.items()
        if len(each) and not few
    }
    missing = f"fewer than {ENOUGH} held-out posts" if few else "the model's bits were not given"
    return Prediction(
        bits_per_byte=Row.of(figures, "low", missing=missing),
        bits=tuple(material.bits),
        lengths=tuple(lengths.tolist()),
        days=tuple(material.days),
        order=ngram.order,
        smoothing=ngram.smoothing,
        ngram_posts=material.ngram_posts,
    )


def _sentence(row: Row, who: str) -> str:
    """How many bits a byte of the person's next posts costs, beside the floors."""
    model = row.model
    if model is None:
        return inconclusive(row)
    values = "".join(f", {WHOSE.get(name, name)} {floor.value:.2f}" for name, floor in row.floors.items())
    beaten = floors(name for name, floor in row.floors.items() if floor.above(model))
    level = floors(name for name, floor in row.floors.items() if not floor.above(model))
    parts = [f"it clearly beats {beaten}"] * bool(beaten) + [f"it does not clearly beat {level}"] * bool(
        level
    )
    return (
        f"To predict a byte of {who}'s next posts the model needs {model.value:.2f} bits{values}. "
        f"Fewer is better{': ' if parts else ''}{', but '.join(parts)}."
    )


def _learning_curve(points: Points) -> Curve:
    """Bits per byte by epoch, with the best point marked where training helped."""
    level, mark = None, None
    if len(points) < 2:  # noqa: PLR2004 -- before and after; an n-gram model has one point, after
        points = ()
    if points:
        before = points[0][1]
        epoch, best = min(points, key=lambda point: point[1])
        level = (before, f"before training: {before:.3f}")
        mark = (epoch, f"{best:.3f}") if best < before else None
    return Curve(
        name="learning-curve",
        title="While it learnt",
        sentence=_training(points),
        caption="Bits per byte of unseen posts, by passes over the training posts",
        points=points,
        level=level,
        mark=mark,
    )


def _training(points: Sequence[tuple[float, float]]) -> str:
    """What training did to the bits per byte of held-out posts."""
    if len(points) < 2:  # noqa: PLR2004 -- before and after
        return "Nothing was measured while it learnt."
    before, best = points[0][1], min(points, key=lambda point: point[1])
    if best is points[0]:
        return f"Training did not help: a byte of unseen posts still costs {before:.2f} bits."
    later = "" if best is points[-1] else ", and further passes made it no better"
    return (
        f"Training cut the cost of a byte of unseen posts from {before:.2f} to {best[1]:.2f} "
        f"bits; the best came after {best[0]:.1f} of {points[-1][0]:.1f} passes over the posts{later}."
    )
