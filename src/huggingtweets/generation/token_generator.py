"""Text generation with a model that samples tokens."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Iterator
from functools import partial

import torch
from msgspec.structs import replace

from ..types import Sampling
from .batch import Sampler, SamplingRequest
from .decoder import Decoder
from .sampler import RandomNumbers, stream_tokens
from .text_generator import TextGenerator
from .text_tokens import TextTokens


class TokenGenerator(TextGenerator):
    """A model that samples tokens. A kind of it has to provide `decoder` and `batch`."""

    _tokens: TextTokens

    @abstractmethod
    def decoder(self, rows: int) -> Decoder:
        """What continues so many prompts."""

    @torch.inference_mode()
    def begin_suppress_tokens(self, begin: int) -> list[int]:
        """The tokens that no text without a prompt begins with; `begin` is the token before each text."""
        logits = self.decoder(2).read(torch.tensor([[begin, *self._tokens.opening]]), 1)[:1]
        refused = self._tokens.first_logits("", logits).isinf() & logits.isfinite()
        return refused[0].nonzero()[:, 0].tolist()

    def sampler(self, request: SamplingRequest) -> Sampler:
        """What samples texts for a request; see `TextGenerator` and `TextTokens.begin`."""
        random = RandomNumbers(request.seed)
        begin = partial(
            self._tokens.begin,
            request.prompt,
            speaker=request.speaker,
            random=random.on(torch.device("cpu")),
        )
        begin(0)  # refuses at once what cannot be sampled

        def sample(count: int) -> Iterator[tuple[list[str], bool]]:
            shown_at = time.monotonic()
            ids: list[list[int]] = []
            for ids in self._stream(begin(count), request, random):
                if time.monotonic() - shown_at > request.interval:
                    yield self._tokens.texts(request.prompt, ids), False
                    shown_at = time.monotonic()
            yield self._tokens.texts(request.prompt, ids), True

        return sample

    def _stream(
        self, inputs: torch.Tensor, request: SamplingRequest, random: RandomNumbers
    ) -> Iterator[list[list[int]]]:
        """The new tokens of each row, after each step."""
        return stream_tokens(
            self.decoder(len(inputs)),
            inputs,
            self._limited(request.sampling, inputs),
            random.uniform,
            self._tokens.ends,
            self._tokens.suppressed,
            partial(self._tokens.first_logits, request.prompt),
            request.ended,
        )

    def _limited(self, sampling: Sampling, inputs: torch.Tensor) -> Sampling:
        """The settings, with no more new tokens than the model sees after these, (rows, tokens)."""
        remaining = self._tokens.remaining(inputs.shape[1])
        return replace(sampling, max_new_tokens=min(sampling.max_new_tokens, remaining))
