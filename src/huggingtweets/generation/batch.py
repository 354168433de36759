"""Texts that are sampled at the same time, each for a request of its own: they begin and end when they will.

A server samples so: whoever asks while others are being served joins them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from ..errors import HuggingtweetsError, UserError
from ..types import Sampling

GROUP = 64  # texts of equal requests that are sampled at once
MAX_POSITIONS = 16_384  # of the key-value cache, over all rows: 0.8 GB with SmolLM2-135M in float32
MOMENT = 0.1  # seconds for which a group goes on before those who wait no more are looked for


class SamplingRequest(Struct, frozen=True):
    """What texts a sampler gives."""

    prompt: str  # without white space at its end
    sampling: Sampling
    seed: int | None = None
    speaker: str | None = None
    interval: float = math.inf  # seconds between two looks at unfinished texts
    alternatives: int | None = (
        None  # likeliest tokens to tell beside each sampled one; None: no probabilities
    )
    ended: Callable[[Collection[int]], None] = lambda _: None  # told which texts of a call the model ended


class Sampler(Protocol):
    """Samples texts from a model, for one request."""

    def __call__(self, count: int) -> Iterable[tuple[Sequence[str], bool]]:
        """Sample so many texts, each beginning with the prompt.

        Yields:
            All texts as they are so far, and whether they are finished; only the last ones are.
        """


class TokenProbability(Struct, frozen=True):
    """A sampled token, and how likely it was to the model, whatever the temperature."""

    text: str  # what it adds to the text: nothing where it begins a character that the next one ends
    logprob: float  # natural logarithm
    alternatives: dict[str, float]  # this token by itself and the likeliest ones, with theirs


class Text(Struct, frozen=True, kw_only=True):
    """A text that is finished."""

    text: str  # begins with the prompt
    prompt_tokens: int
    new_tokens: int
    ended: bool  # by the model itself; else by the highest number of tokens
    tokens: tuple[TokenProbability, ...] = ()  # where the request asked for them


class TextBatch(Protocol):
    """The texts of one model. A text is named by the ticket that it was added with."""

    def add(self, ticket: int, request: SamplingRequest) -> None:
        """Begin one more text.

        Raises:
            UserError: the prompt fills the model's context, or the model does not know the speaker, or tells
                no probabilities.
        """

    def remove(self, ticket: int) -> None:
        """End a text that nobody waits for any more."""

    def advance(self) -> list[tuple[int, Text | HuggingtweetsError]]:
        """Go on with all texts for a moment; return those that are finished, or why they cannot be."""

    def __len__(self) -> int:
        """How many texts are not finished."""


@dataclass
class _Group:
    """Texts of equal requests, while they are sampled."""

    request: SamplingRequest
    tickets: Sequence[int]  # of each text
    sampled: Iterator[tuple[Sequence[str], bool]]  # see `Sampler`
    wanted: set[int]  # tickets that somebody waits for
    ended: set[int]  # texts, by their places, that the model itself ended


class GroupedBatch:
    """The texts of any model: those of equal requests are sampled at once, the others one after the other."""

    def __init__(
        self, sampler: Callable[[SamplingRequest], Sampler], count_tokens: Callable[[str], int]
    ) -> None:
        """Sample with a model's sampler.

        Args:
            sampler: see `TextGenerator.sampler`.
            count_tokens: how many tokens a text has, as `Sampling.max_new_tokens` counts them.
        """
        self._sampler, self._count_tokens = sampler, count_tokens
        self._requests: dict[int, SamplingRequest] = {}  # those that wait
        self._group: _Group | None = None

    def add(self, ticket: int, request: SamplingRequest) -> None:
        """See `TextBatch`; what is wrong with the prompt is found when its turn comes."""
        if request.alternatives is not None:
            raise UserError("this model tells no probabilities; leave logprobs out")
        self._requests[ticket] = request

    def remove(self, ticket: int) -> None:
        """See `TextBatch`."""
        self._requests.pop(ticket, None)
        if self._group:
            self._group.wanted.discard(ticket)
            if not self._group.wanted:
                self._group = None

    def advance(self) -> list[tuple[int, Text | HuggingtweetsError]]:
        """Go on with the texts of the first request, and of all that are equal to it."""
        if self._group is None and self._requests:
            self._group = self._begin()
        group = self._group
        if group is None:
            return []
        try:
            texts, finished = next(group.sampled)
        except HuggingtweetsError as error:
            self._group = None
            return [(ticket, error) for ticket in group.wanted]
        if not finished:
            return []
        self._group = None
        places = [place for place, ticket in enumerate(group.tickets) if ticket in group.wanted]
        return [(group.tickets[place], self._finished(group, place, texts[place])) for place in places]

    def __len__(self) -> int:
        """See `TextBatch`."""
        return len(self._requests) + (len(self._group.wanted) if self._group else 0)

    def _begin(self) -> _Group:
        request = next(iter(self._requests.values()))
        positions = self._count_tokens(request.prompt) + request.sampling.max_new_tokens
        limit = min(GROUP, max(1, MAX_POSITIONS // positions)) if request.seed is None else 1
        tickets = [ticket for ticket, other in self._requests.items() if other == request][:limit]
        for ticket in tickets:
            del self._requests[ticket]
        ended: set[int] = set()
        told = replace(request, interval=MOMENT, ended=ended.update)
        return _Group(request, tickets, self._sampled(told, len(tickets)), set(tickets), ended)

    def _sampled(self, request: SamplingRequest, count: int) -> Iterator[tuple[Sequence[str], bool]]:
        yield from self._sampler(request)(count)  # what is wrong with the prompt is raised by the first step

    def _finished(self, group: _Group, place: int, text: str) -> Text:
        sampling, prompt = group.request.sampling, group.request.prompt
        return Text(
            text=text,
            prompt_tokens=self._count_tokens(prompt),
            new_tokens=min(sampling.max_new_tokens, self._count_tokens(text[len(prompt) :])),
            ended=place in group.ended,
        )
