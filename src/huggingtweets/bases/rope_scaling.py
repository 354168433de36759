"""Factors of the rotary embedding of positions (Su et al. 2021), with which a model sees longer texts.

GGUF files hold the factors themselves, what is loaded by transformers the few numbers that they follow from.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_LOW, _HIGH = 1.0, 4.0  # of every Llama 3 that Meta published
_CONTEXTS = [2**power for power in range(4, 21)]  # positions that such a model was trained on at first
_CLOSE = 1e-3


def frequencies(theta: float, width: int) -> Floats:
    """Radians for each position, (width of a head / 2,), without factors."""
    exponents = np.arange(0, width, 2, dtype=np.float32) / width
    plain: Floats = (1.0 / theta**exponents).astype(np.float32)
    return plain


def llama3_factors(plain: Floats, factor: float, low: float, high: float, context: int) -> Floats:
    """What Llama 3 divides frequencies by: high ones by 1, low ones by `factor`, those between by less.

    Args:
        plain: the frequencies.
        factor: of the low frequencies.
        low: turns in a context, up to which a frequency is low.
        high: turns from which it is high.
        context: positions.
    """
    turns = context * plain / (2 * math.pi)
    kept = np.clip((turns - low) / (high - low), 0, 1)
    factors: Floats = (1 / (kept + (1 - kept) / factor)).astype(np.float32)
    return factors


def rope_parameters(factors: Floats, theta: float) -> dict[str, Any]:
    """What transformers calls the scaling that has these factors.

    Args:
        factors: of a GGUF file, (width of a head / 2,).
        theta: base of the frequencies.

    Raises:
        ValueError: it is neither linear nor that of Llama 3.
    """
    factor = float(factors.max())
    if np.allclose(factors, factor, _CLOSE):
        return {"rope_type": "linear", "factor": factor, "rope_theta": theta}
    plain = frequencies(theta, 2 * len(factors))
    for context in _CONTEXTS:
        if np.allclose(factors, llama3_factors(plain, factor, _LOW, _HIGH, context), _CLOSE):
            return {
                "rope_type": "llama3",
                "rope_theta": theta,
                "factor": factor,
                "low_freq_factor": _LOW,
                "high_freq_factor": _HIGH,
                "original_max_position_embeddings": context,
            }
    raise ValueError("its positions are scaled in a way that is not known; choose another base")
