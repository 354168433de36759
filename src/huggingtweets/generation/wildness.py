"""How wild a model writes, in words: a temperature beside the model's own, which was chosen by figures."""

from __future__ import annotations

from typing import Literal

from ..errors import UserError
from ..registry import suggestion

Wildness = Literal["careful", "balanced", "wild"]
FACTORS: dict[Wildness, float] = {"careful": 0.7, "balanced": 1.0, "wild": 1.2}
ROUNDED = 0.1  # from this temperature on two decimals say enough; below, they would make others of it
HIGHEST = 1.2  # temperature that a word stands for; above it most posts hold words that do not exist


def temperature(wildness: Wildness, own: float) -> float:
    """The temperature that a word stands for.

    Args:
        wildness: the word.
        own: the model's own temperature, which is that of "balanced".
    """
    factor = FACTORS[wildness]
    if factor == 1:
        return own
    scaled = own * factor
    return min(round(scaled, 2) if scaled >= ROUNDED else scaled, max(own, HIGHEST))


def as_wildness(word: object) -> Wildness:
    """The word, if it is one of the three.

    Raises:
        UserError: it is another.
    """
    for wildness in FACTORS:
        if word == wildness:
            return wildness
    raise UserError(
        f"wildness cannot be {word!r}; choose one of {', '.join(FACTORS)}{suggestion(str(word), FACTORS)}"
    )
