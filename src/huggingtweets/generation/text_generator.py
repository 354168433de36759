"""Text generation with any kind of model: drafts are sampled until enough of them pass the text filters."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from ..types import Sample, Sampling
from .batch import Sampler, SamplingRequest, TextBatch

BATCH = 64  # posts sampled at once
STREAM_INTERVAL = 0.08  # seconds between two looks at unfinished posts
MAX_DRAFTS = 8  # for each post, on average; then the posts that the filters still refuse are given up

_LAST_WORD = re.compile(r"\S{1,32}\Z")  # may become an address yet; some scripts have no spaces


class TextFilter(Protocol):
    """Looks at a text before it is shown."""

    def objection(self, text: str) -> str:
        """Why the text may not be shown; "" where it may."""


class Written(Struct, frozen=True, kw_only=True):
    """The posts that a model wrote, and how many drafts the filters refused for which reason."""

    samples: tuple[Sample, ...]
    refused: dict[str, int]


class Draft(Struct, frozen=True):
    """A post, or the beginning of one: only words that no filter objects to."""

    text: str = ""
    whole: bool = False


class Drafts(Struct, frozen=True):
    """The drafts of all posts of a request, and how many were refused for which reason."""

    places: tuple[Draft, ...]  # one a post, always in the same order
    refused: Mapping[str, int]


class TextGenerator(Protocol):
    """A model that generates posts. A kind of model only has to provide `sampler` and `batch`."""

    sampling: Sampling  # the model's own settings, used where no others are given

    def generate(
        self,
        prompt: str = "",
        *,
        count: int = 5,
        sampling: Sampling | None = None,
        seed: int | None = None,
        filters: Sequence[TextFilter] = (),
        speaker: str | None = None,
        progress: Callable[[int], None] = lambda _: None,
    ) -> Written:
        """Write `count` posts that begin with `prompt`.

        A draft that a filter objects to is replaced by another, up to a limit; so there can be fewer posts.

        Args:
            prompt: how each post begins; white space at its end is removed, since tokens begin with it.
            count: how many to write.
            sampling: temperature and the like; None takes the model's own settings.
            seed: the same seed on the same machine gives the same text; None takes another each time.
            filters: look at each text before it is shown.
            speaker: handle of the author who speaks, where the model knows several; None takes a random one
                for each post.
            progress: told how many are written so far; fewer again where filters refuse some.

        Raises:
            UserError: the prompt fills the model's context, or the model does not know the speaker.
        """
        begin = prompt.rstrip()
        drafts, whole = Drafts((), {}), 0
        request = SamplingRequest(
            begin,
            sampling or self.sampling,
            seed=seed,
            speaker=speaker,
            ended=lambda ended: progress(whole + len(ended)),
        )
        for drafts in write_drafts(self.sampler(request), count, filters):
            whole = sum(draft.whole for draft in drafts.places)
            progress(whole)
        samples = tuple(Sample(prompt=begin, text=draft.text) for draft in drafts.places if draft.whole)
        return Written(samples=samples, refused=dict(drafts.refused))

    def stream(
        self,
        prompt: str = "",
        *,
        count: int = 5,
        sampling: Sampling | None = None,
        filters: Sequence[TextFilter] = (),
        speaker: str | None = None,
    ) -> Iterator[Drafts]:
        """Write as `generate` does, and yield the unfinished posts some times a second."""
        request = SamplingRequest(
            prompt.rstrip(), sampling or self.sampling, speaker=speaker, interval=STREAM_INTERVAL
        )
        return write_drafts(self.sampler(request), count, filters)

    def sampler(self, request: SamplingRequest) -> Sampler:
        """What samples texts for a request."""

    def batch(self) -> TextBatch:
        """What samples texts for many requests at the same time; used from one thread."""


def write_drafts(sampler: Sampler, count: int, filters: Sequence[TextFilter]) -> Iterator[Drafts]:
    """Sample texts until `count` of them pass the filters, or `count * MAX_DRAFTS` are sampled.

    Args:
        sampler: gives the texts.
        count: how many posts to write.
        filters: look at each text, the unfinished ones included; a refused draft begins anew in its place.

    Yields:
        All drafts, whenever the sampler has gone on.
    """
    places = [Draft()] * count
    refused: Counter[str] = Counter()
    yield Drafts(tuple(places), {})
    while (unfinished := [at for at, draft in enumerate(places) if not draft.whole]) and (
        count - len(unfinished) + refused.total() < count * MAX_DRAFTS
    ):
        batch = unfinished[:BATCH]
        for texts, whole in sampler(len(batch)):
            for at, text in zip(batch, texts, strict=True):
                shown = text if whole else _LAST_WORD.sub("", text)
                objection = first_objection(filters, shown)
                if not objection:
                    places[at] = Draft(shown, whole)
                elif whole:
                    places[at] = Draft()
                    refused[objection] += 1
            yield Drafts(tuple(places), dict(refused))


def first_objection(filters: Iterable[TextFilter], text: str) -> str:
    """The first objection of a filter, "" where there is none."""
    return next(filter(None, (text_filter.objection(text) for text_filter in filters)), "")
