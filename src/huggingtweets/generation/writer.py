"""Posts are written: drafts are drawn until enough of them may be shown, whatever model draws them."""

from __future__ import annotations

import math
import re
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from ..types import Sample, Sampling

BATCH = 64  # posts drawn at once
LOOKED_AT = 0.08  # seconds between two looks at posts that grow
TRIES = 8  # drafts a post before a filter's objections are taken as the answer

_LAST_WORD = re.compile(r"\S{1,32}\Z")  # it still grows, perhaps to an address; not all scripts have spaces


class TextFilter(Protocol):
    """Looks at a text before it is shown."""

    def objection(self, text: str) -> str:
        """Why the text may not be shown; "" where it may."""


class Written(Struct, frozen=True, kw_only=True):
    """What was written, and how many drafts were refused for which reason."""

    samples: tuple[Sample, ...]
    refused: dict[str, int]


class Draft(Struct, frozen=True):
    """What may be shown of a post that grows: whole words that no filter objects to."""

    text: str = ""
    whole: bool = False


class Drafts(Struct, frozen=True):
    """Posts in the making, each in its place, and how many drafts were refused for which reason."""

    places: tuple[Draft, ...]
    refused: Mapping[str, int]


# Gives that many new texts, each beginning with the prompt: as often as it likes while they grow, and at last
# with True, when they are whole.
Draw = Callable[[int], Iterable[tuple[Sequence[str], bool]]]


class SamplingRequest(Struct, frozen=True):
    """What texts are asked for."""

    prompt: str  # without white space at its end
    sampling: Sampling
    seed: int | None = None
    speaker: str | None = None
    every: float = math.inf  # seconds between two looks at texts that grow


class Writer(Protocol):
    """A model that writes posts. Whatever is inside, it only has to draw texts."""

    sampling: Sampling  # its own, used where no other is asked for

    def generate(
        self,
        prompt: str = "",
        *,
        count: int = 5,
        sampling: Sampling | None = None,
        seed: int | None = None,
        filters: Sequence[TextFilter] = (),
        speaker: str | None = None,
    ) -> Written:
        """Continue `prompt` `count` times, each as one post from its beginning to its end.

        What a filter objects to is drawn anew, within bounds; so fewer than `count` can come.

        Args:
            prompt: how each post begins; white space at its end is taken off, since tokens begin with it.
            count: how many to write.
            sampling: how to draw; None takes the model's own settings.
            seed: the same seed on the same machine gives the same text; None draws anew.
            filters: what looks at each text before it is shown.
            speaker: handle of the author who speaks, where the model knows several; None draws one a post.

        Raises:
            UserError: the prompt fills all that the model can see, or the model does not know the speaker.
        """
        begin = prompt.rstrip()
        request = SamplingRequest(begin, sampling or self.sampling, seed=seed, speaker=speaker)
        return write(self.drawing(request), begin, count, filters)

    def stream(
        self,
        prompt: str = "",
        *,
        count: int = 5,
        sampling: Sampling | None = None,
        filters: Sequence[TextFilter] = (),
    ) -> Iterator[Drafts]:
        """Write as `generate` does, and yield the posts while they grow, some times a second."""
        request = SamplingRequest(prompt.rstrip(), sampling or self.sampling, every=LOOKED_AT)
        return grow(self.drawing(request), count, filters)

    def drawing(self, request: SamplingRequest) -> Draw:
        """What draws texts as they are asked for."""


def write(draw: Draw, prompt: str, count: int, filters: Sequence[TextFilter]) -> Written:
    """Draw `count` posts; what a filter objects to is drawn anew, `TRIES` drafts a post at most.

    So fewer than `count` can come.

    Args:
        draw: gives new texts.
        prompt: how each post begins.
        count: how many to write.
        filters: what looks at each text before it is shown.
    """
    (last,) = deque(grow(draw, count, filters), maxlen=1)
    samples = tuple(Sample(prompt=prompt, text=draft.text) for draft in last.places if draft.whole)
    return Written(samples=samples, refused=dict(last.refused))


def grow(draw: Draw, count: int, filters: Sequence[TextFilter]) -> Iterator[Drafts]:
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
                objection = next(filter(None, (text_filter.objection(shown) for text_filter in filters)), "")
                if not objection:
                    places[at] = Draft(shown, whole)
                elif whole:
                    places[at] = Draft()
                    refused[objection] += 1
            yield Drafts(tuple(places), dict(refused))
