"""Drafts are drawn until enough of them may be shown, whatever model draws them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Protocol

from msgspec import Struct

from .types import Sample

BATCH = 64  # posts drawn at once
TRIES = 8  # drafts a post before a guard's objections are taken as the answer


class Guard(Protocol):
    """Looks at a text before it is shown."""

    def objection(self, text: str) -> str:
        """Why the text may not be shown; "" where it may."""


class Written(Struct, frozen=True, kw_only=True):
    """What was written, and how many drafts were refused for which reason."""

    samples: tuple[Sample, ...]
    refused: dict[str, int]


def write(draw: Callable[[int], Sequence[str]], prompt: str, count: int, guards: Sequence[Guard]) -> Written:
    """Draw `count` posts; what a guard objects to is drawn anew, `TRIES` drafts a post at most.

    So fewer than `count` can come.

    Args:
        draw: gives that many new texts, each beginning with `prompt`.
        prompt: how each post begins.
        count: how many to write.
        guards: what looks at each text before it is shown.
    """
    samples: list[Sample] = []
    refused: Counter[str] = Counter()
    while len(samples) < count and len(samples) + refused.total() < count * TRIES:
        for text in draw(min(BATCH, count - len(samples))):
            objection = next(filter(None, (guard.objection(text) for guard in guards)), "")
            if objection:
                refused[objection] += 1
            else:
                samples.append(Sample(prompt=prompt, text=text))
    return Written(samples=tuple(samples), refused=dict(refused))
