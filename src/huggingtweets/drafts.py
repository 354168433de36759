"""Drafts are drawn until enough of them may be shown, whatever model draws them."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from .types import Sample

BATCH = 64  # posts drawn at once
TRIES = 8  # drafts a post before a guard's objections are taken as the answer

_LAST_WORD = re.compile(r"\S{1,32}\Z")  # it still grows, perhaps to an address; not all scripts have spaces


class Guard(Protocol):
    """Looks at a text before it is shown."""

    def objection(self, text: str) -> str:
        """Why the text may not be shown; "" where it may."""


class Written(Struct, frozen=True, kw_only=True):
    """What was written, and how many drafts were refused for which reason."""

    samples: tuple[Sample, ...]
    refused: dict[str, int]


class Draft(Struct, frozen=True):
    """What may be shown of a post that grows: whole words that no guard objects to."""

    text: str = ""
    whole: bool = False


class Drafts(Struct, frozen=True):
    """Posts in the making, each in its place, and how many drafts were refused for which reason."""

    places: tuple[Draft, ...]
    refused: Mapping[str, int]


# Gives that many new texts, each beginning with the prompt: as often as it likes while they grow, and at last
# with True, when they are whole.
Draw = Callable[[int], Iterable[tuple[Sequence[str], bool]]]


def write(draw: Draw, prompt: str, count: int, guards: Sequence[Guard]) -> Written:
    """Draw `count` posts; what a guard objects to is drawn anew, `TRIES` drafts a post at most.

    So fewer than `count` can come.

    Args:
        draw: gives new texts.
        prompt: how each post begins.
        count: how many to write.
        guards: what looks at each text before it is shown.
    """
    (last,) = deque(grow(draw, count, guards), maxlen=1)
    samples = tuple(Sample(prompt=prompt, text=draft.text) for draft in last.places if draft.whole)
    return Written(samples=samples, refused=dict(last.refused))


def grow(draw: Draw, count: int, guards: Sequence[Guard]) -> Iterator[Drafts]:
    """Draw posts as `write` does, and yield them while they grow; a refused one begins again in its place."""
    places = [Draft()] * count
    refused: Counter[str] = Counter()
    yield Drafts(tuple(places), {})
    while (missing := [at for at, draft in enumerate(places) if not draft.whole]) and (
        count - len(missing) + refused.total() < count * TRIES
    ):
        asked = missing[:BATCH]
        for texts, whole in draw(len(asked)):
            for at, text in zip(asked, texts, strict=True):
                shown = text if whole else _LAST_WORD.sub("", text)
                objection = next(filter(None, (guard.objection(shown) for guard in guards)), "")
                if not objection:
                    places[at] = Draft(shown, whole)
                elif whole:
                    places[at] = Draft()
                    refused[objection] += 1
            yield Drafts(tuple(places), dict(refused))
