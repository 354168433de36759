"""Does it predict the person's next posts?

Bits per UTF-8 byte of held-out posts, which are later in time than the training posts; each post counts one
byte more for its end. Comparable across tokenizers (Gao et al. 2020, "The Pile", section 3.1). The floors are
the model that training started from, and an n-gram model of the same training posts.

Blind to: how it writes. A model that predicts well can still be sampled badly.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...errors import UserError
from ...results import BASE, ENOUGH, MODEL, NGRAM, Prediction, byte_lengths, row
from .. import intervals
from ..floors import NgramFloor


def measure(
    held_out: Sequence[str],
    kept: Sequence[int],
    ngram: NgramFloor,
    bits: Sequence[float],
    base_bits: Sequence[float],
    *,
    seed: int,
) -> Prediction:
    """Bits per byte of the model and its floors.

    Args:
        held_out: the person's posts.
        kept: positions of those that count.
        ngram: learnt from the training posts.
        bits: what each held-out post costs the model; empty where that is not known.
        base_bits: what it costs the base; the same.
        seed: of the intervals.

    Raises:
        UserError: `bits` or `base_bits` are not one for each post.
    """
    lengths = np.array(byte_lengths(held_out))
    asked = {MODEL: bits, BASE: base_bits, NGRAM: ngram.bits(held_out) if held_out else ()}
    for name, found in asked.items():
        if len(found) not in {0, len(held_out)}:
            raise UserError(
                f"{len(found)} bits of the {name} for {len(held_out)} held-out posts; expected one for each"
            )
    known = {name: np.array(found) for name, found in asked.items() if len(found)}
    few = len(kept) < ENOUGH
    at = np.array(kept, np.int64)
    return Prediction(
        bits_per_byte=row(
            {} if few else {n: intervals.ratio(b[at], lengths[at], seed=seed) for n, b in known.items()},
            "low",
            missing=f"fewer than {ENOUGH} held-out posts" if few else "the model's bits were not given",
        ),
        bits=tuple(bits),
        lengths=tuple(lengths.tolist()),
        order=ngram.order,
        smoothing=ngram.smoothing,
    )
