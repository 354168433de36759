"""The models that a model is compared with, as a workflow hands them to the evaluation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class NgramFloor(Protocol):
    """An n-gram model of the training posts: the plainest imitation there is."""

    order: int  # in bytes
    smoothing: str

    def generate(self, *, count: int, seed: int) -> list[str]:
        """Write posts."""

    def bits(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """What each text costs it in bits, its end counted."""


FitNgram = Callable[[Sequence[str]], NgramFloor]  # from training posts, in order of time


class LargerModel(Protocol):
    """A larger language model than the one that is evaluated, trained on none of the posts."""

    @property
    def name(self) -> str:
        """What the report calls it."""

    def bits(self, texts: Sequence[str]) -> Sequence[float]:
        """What each text costs it in bits, its end counted."""
