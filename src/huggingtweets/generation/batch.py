"""Texts that are sampled at the same time, each for a request of its own: they begin and end when they will.

A server samples so: whoever asks while others are being served joins them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from msgspec import Struct

from ..errors import HuggingtweetsError, UserError
from ..types import Sampling

GROUP = 64  # texts of equal requests that are sampled at once


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
    ended: Callable[[int], None] = lambda _: None  # told how many texts of a call have ended


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
        self._requests: dict[int, SamplingRequest] = {}

    def add(self, ticket: int, request: SamplingRequest) -> None:
        """See `TextBatch`; what is wrong with the prompt is found when its turn comes."""
        if request.alternatives is not None:
            raise UserError("this model tells no probabilities; leave logprobs out")
        self._requests[ticket] = request

    def remove(self, ticket: int) -> None:
        """See `TextBatch`."""
        self._requests.pop(ticket, None)

    def advance(self) -> list[tuple[int, Text | HuggingtweetsError]]:
        """Sample the texts of the first request, and of all that are equal to it."""
        if not self._requests:
            return []
        first = next(iter(self._requests.values()))
        limit = GROUP if first.seed is None else 1
        tickets = [ticket for ticket, request in self._requests.items() if request == first][:limit]
        for ticket in tickets:
            del self._requests[ticket]
        try:
            *_, (texts, _) = self._sampler(first)(len(tickets))
        except HuggingtweetsError as error:
            return [(ticket, error) for ticket in tickets]
        return [(ticket, self._finished(first, text)) for ticket, text in zip(tickets, texts, strict=True)]

    def __len__(self) -> int:
        """See `TextBatch`."""
        return len(self._requests)

    def _finished(self, request: SamplingRequest, text: str) -> Text:
        most = request.sampling.max_new_tokens
        new_tokens = min(most, self._count_tokens(text[len(request.prompt) :]))
        return Text(
            text=text,
            prompt_tokens=self._count_tokens(request.prompt),
            new_tokens=new_tokens,
            ended=new_tokens < most,
        )
