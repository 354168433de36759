"""Continuous batching: each text joins the batch when it is asked for, and leaves it when it ends.

The scheme is that of Orca (Yu et al. 2022, "Orca: a distributed serving system for transformer-based
generative models"): what is scheduled is one step of all texts, not a batch of texts from beginning to end.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import torch
from msgspec.structs import replace

from ..errors import HuggingtweetsError
from .batch import MAX_POSITIONS, SamplingRequest, Text, TokenProbability
from .row_decoder import RowDecoder
from .sampler import RandomNumbers, penalize_repetition, sample_tokens
from .text_tokens import TextTokens

MAX_ROWS = 64  # texts that are sampled at once


@dataclass
class Row:
    """A text that is being sampled."""

    ticket: int
    request: SamplingRequest
    prompt: list[int]
    most: int  # new tokens
    random: torch.Generator
    tokens: list[int] = field(default_factory=list)
    probabilities: list[TokenProbability] = field(default_factory=list)

    @property
    def positions(self) -> int:
        """How many positions it may need."""
        return len(self.prompt) + self.most


class ContinuousBatch:
    """The texts of a model that `RowDecoder` computes; see `TextBatch`."""

    def __init__(self, decoder: RowDecoder, tokens: TextTokens) -> None:
        """Begin without texts."""
        self._decoder, self._tokens = decoder, tokens
        self._rows: list[Row] = []  # in the order of the decoder's rows
        self._waiting: deque[Row] = deque()
        self._logits = torch.empty(0)  # of the next token of each row

    def add(self, ticket: int, request: SamplingRequest) -> None:
        """See `TextBatch`."""
        random = RandomNumbers(request.seed).on(torch.device("cpu"))
        [prompt] = self._tokens.begin(request.prompt, 1, request.speaker, random).tolist()
        most = min(request.sampling.max_new_tokens, self._tokens.remaining(len(prompt)))
        self._waiting.append(Row(ticket, request, prompt, most, random))

    @torch.inference_mode()
    def remove(self, ticket: int) -> None:
        """See `TextBatch`."""
        self._waiting = deque(row for row in self._waiting if row.ticket != ticket)
        number = next((n for n, row in enumerate(self._rows) if row.ticket == ticket), None)
        if number is not None:  # the last row takes its number, here as in the decoder
            self._decoder.remove(number)
            self._logits[number] = self._logits[-1]
            self._logits = self._logits[:-1]
            self._rows[number] = self._rows[-1]
            self._rows.pop()

    def __len__(self) -> int:
        """See `TextBatch`."""
        return len(self._rows) + len(self._waiting)

    @torch.inference_mode()
    def advance(self) -> list[tuple[int, Text | HuggingtweetsError]]:
        """Let waiting texts join, and sample one token of each text."""
        while self._join():
            pass
        if not self._rows:
            return []
        sampled = self._sample()
        finished: list[tuple[int, Text | HuggingtweetsError]] = []
        for number, (row, token) in enumerate(zip(self._rows, sampled, strict=True)):
            ended = token in self._tokens.ends
            if not ended:
                self._append(row, token, self._logits[number])
            if ended or len(row.tokens) >= row.most:
                finished.append((row.ticket, self._text(row, ended=ended)))
        for ticket, _ in finished:
            self.remove(ticket)
        if self._rows:
            self._logits = self._decoder.step(torch.tensor([row.tokens[-1] for row in self._rows]))
        return finished

    def _join(self) -> bool:
        """Begin the first waiting text, and those behind it with the same prompt, which is read once.

        Returns:
            Whether there was one, and space for it.
        """
        joining: list[Row] = []
        while self._waiting and self._has_space(self._waiting[0], joining):
            if joining and self._waiting[0].prompt != joining[0].prompt:
                break
            joining.append(self._waiting.popleft())
        if joining:
            logits = self._decoder.append(joining[0].prompt, len(joining))
            logits = self._tokens.first_logits(joining[0].request.prompt, logits)
            self._logits = torch.cat([self._logits, logits])
            self._rows += joining
        return bool(joining)

    def _has_space(self, row: Row, joining: list[Row]) -> bool:
        rows = [*self._rows, *joining, row]
        positions = len(rows) * max(row.positions for row in rows)
        return len(rows) == 1 or (len(rows) <= MAX_ROWS and positions <= MAX_POSITIONS)

    def _sample(self) -> list[int]:
        settings = [row.request.sampling for row in self._rows]
        sampled = sample_tokens(
            self._penalized(),
            torch.tensor([s.temperature for s in settings]),
            torch.tensor([s.top_p for s in settings]),
            self._uniform,
            self._tokens.suppressed,
        )
        tokens: list[int] = sampled.tolist()
        return tokens

    def _penalized(self) -> torch.Tensor:
        """The logits, less likely to repeat what a row has where its request asks for that."""
        penalties = [row.request.sampling.repetition_penalty or 1.0 for row in self._rows]
        if all(penalty == 1 for penalty in penalties):
            return self._logits
        tokens = [torch.tensor([row.tokens], dtype=torch.long) for row in self._rows]
        rows = zip(self._logits.split(1), tokens, penalties, strict=True)
        return torch.cat([penalize_repetition(*row) for row in rows])

    def _uniform(self, rows: torch.Tensor) -> torch.Tensor:
        """A random number for each row, from its own generator: other texts change none of them."""
        numbers = [torch.rand(1, generator=self._rows[row].random) for row in rows.tolist()]
        return torch.cat(numbers) if numbers else torch.empty(0)

    def _append(self, row: Row, token: int, logits: torch.Tensor) -> None:
        row.tokens.append(token)
        wanted = row.request.alternatives
        if wanted is not None:
            logprobs = logits.float().log_softmax(-1)
            likeliest = logprobs.topk(wanted)
            pairs = zip(likeliest.indices.tolist(), likeliest.values.tolist(), strict=True)
            alternatives = {self._tokens.piece(other): logprob for other, logprob in pairs}
            text, logprob = self._tokens.piece(token), float(logprobs[token])
            row.probabilities.append(TokenProbability(text, logprob, {**alternatives, text: logprob}))

    def _text(self, row: Row, *, ended: bool) -> Text:
        prompt = row.request.prompt
        pieces = self._tokens.pieces(prompt, row.tokens) if row.probabilities else []
        return Text(
            text=self._tokens.texts(prompt, [row.tokens])[0],
            prompt_tokens=self._tokens.count(prompt),
            new_tokens=len(row.tokens),
            ended=ended,
            tokens=tuple(
                replace(told, text=piece) for told, piece in zip(row.probabilities, pieces, strict=True)
            ),
        )
