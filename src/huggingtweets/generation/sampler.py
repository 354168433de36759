"""Sampling token by token: posts with one prompt are sampled as a batch, and finished ones leave it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterator

import torch

from ..types import Sampling
from .decoder import Decoder

COLDEST = 1e-6  # temperature; below it quotients are no longer finite in float32
MAX_REDRAWS = 64  # then the nucleus is sorted, since a tiny one is hardly ever hit
RARE = 0.002  # probability of a token: less than one post in 500 begins with it
MAX_UNFINISHED = 0.75  # share of unfinished rows up to which the finished ones are taken out of the batch

Uniform = Callable[[torch.Tensor], torch.Tensor]  # random numbers from 0 to 1 for rows that it is given


class RandomNumbers:
    """The random numbers of one request: no other request changes them, and they change no others."""

    def __init__(self, seed: int | None) -> None:
        """Begin with a seed; None takes another each time."""
        self._seed = secrets.randbits(63) if seed is None else seed
        self._generators: dict[torch.device, torch.Generator] = {}

    def on(self, device: torch.device) -> torch.Generator:
        """What makes those of a device: each device has its own kind."""
        if device not in self._generators:
            self._generators[device] = torch.Generator(device).manual_seed(self._seed)
        return self._generators[device]

    def uniform(self, rows: torch.Tensor) -> torch.Tensor:
        """See `Uniform`."""
        return torch.rand(len(rows), device=rows.device, generator=self.on(rows.device))


@torch.inference_mode()
def stream_tokens(
    decoder: Decoder,
    prompts: torch.Tensor,
    sampling: Sampling,
    uniform: Uniform,
    end_tokens: Collection[int],
    suppressed: Collection[int] = (),
    process_first: Callable[[torch.Tensor], torch.Tensor] = lambda logits: logits,
    ended: Callable[[Collection[int]], None] = lambda _: None,
) -> Iterator[list[list[int]]]:
    """Continue each prompt until it ends.

    Args:
        decoder: what computes the logits.
        prompts: (rows, tokens), of one length.
        sampling: temperature, nucleus, repetition penalty, and the highest number of new tokens.
        uniform: the random numbers.
        end_tokens: tokens that end a text.
        suppressed: tokens that are never sampled.
        process_first: changes the logits of the first token of each row, (rows, vocabulary).
        ended: told after each token which texts have ended.

    Yields:
        After each token, the new tokens of every row so far, without the end: always the same list, which
        grows.
    """
    logits = process_first(decoder.read(prompts, sampling.max_new_tokens))
    new = prompts[:, :0]  # tokens of each row of the batch
    texts: list[list[int]] = [[] for _ in prompts]
    rows = list(range(len(prompts)))  # the text that each row of the batch continues
    finished: set[int] = set()
    for remaining in reversed(range(sampling.max_new_tokens)):
        logits = penalize_repetition(logits, new, sampling.repetition_penalty or 1.0)
        tokens = sample_tokens(logits, sampling.temperature, sampling.top_p, uniform, suppressed)
        new = torch.cat([new, tokens[:, None]], 1)
        for text, token in zip(rows, tokens.tolist(), strict=True):
            if token in end_tokens:
                finished.add(text)
            elif text not in finished:
                texts[text].append(token)
        ended(finished)
        yield texts
        unfinished = [row for row, text in enumerate(rows) if text not in finished]
        if not unfinished or not remaining:
            break
        if decoder.can_select and len(unfinished) <= MAX_UNFINISHED * len(rows):
            indices = torch.tensor(unfinished, device=tokens.device)
            decoder.select(indices)
            tokens, new = tokens[indices], new[indices]
            rows = [rows[row] for row in unfinished]
        logits = decoder.step(tokens)


def suppress_rare(logits: torch.Tensor, tokens: Collection[int]) -> torch.Tensor:
    """The logits, (rows, vocabulary), where those of `tokens` are masked that are less likely than `RARE`."""
    return logits.masked_fill(_listed(tokens, logits) & (logits.float().softmax(-1) < RARE), -torch.inf)


def suppress(logits: torch.Tensor, tokens: Collection[int]) -> torch.Tensor:
    """The logits, (rows, vocabulary), where those of `tokens` are masked."""
    return logits.masked_fill(_listed(tokens, logits), -torch.inf)


def _listed(tokens: Collection[int], logits: torch.Tensor) -> torch.Tensor:
    """Which tokens of the vocabulary are listed: (vocabulary,)."""
    indices = torch.tensor(list(tokens), dtype=torch.long, device=logits.device)
    return torch.zeros(logits.shape[1], dtype=torch.bool, device=logits.device).index_fill(0, indices, 1)


def penalize_repetition(logits: torch.Tensor, tokens: torch.Tensor, penalty: float) -> torch.Tensor:
    """The logits, (rows, vocabulary), where those of `tokens`, (rows, any number), are lowered.

    They are divided by the penalty where they are positive, and multiplied by it elsewhere (Keskar et al.
    2019, "CTRL", section 4.1), as transformers' `repetition_penalty` and llama.cpp's `repeat_penalty` do.
    These also count the prompt and the BOS token, which ends texts in many models: they write longer posts.
    """
    if penalty == 1:
        return logits
    own = logits.gather(1, tokens)
    return logits.scatter(1, tokens, torch.where(own > 0, own / penalty, own * penalty))


def sample_tokens(
    logits: torch.Tensor,
    temperature: float | torch.Tensor,
    top_p: float | torch.Tensor,
    uniform: Uniform,
    suppressed: Collection[int] = (),
) -> torch.Tensor:
    """Sample one token a row from the nucleus, the likeliest tokens that sum to `top_p`: (rows,).

    Nothing is sorted: a token is sampled from all, and sampled again where those likelier than it already sum
    to `top_p`. That is nucleus sampling (Holtzman et al. 2020) at a tenth of the time for a vocabulary of
    8,192.

    Args:
        logits: (rows, vocabulary).
        temperature: divides the logits; one for all rows, or (rows,).
        top_p: at most 1, which takes all tokens; one for all rows, or (rows,).
        uniform: the random numbers.
        suppressed: tokens that are never sampled.
    """
    temperatures, nuclei = (
        torch.as_tensor(setting, dtype=torch.float32, device=logits.device).expand(len(logits))
        for setting in (temperature, top_p)
    )
    scaled = logits / temperatures.clamp(min=COLDEST)[:, None]  # in float32
    scaled[:, list(suppressed)] = -torch.inf
    probabilities = scaled.softmax(-1)
    rows = torch.arange(len(logits), device=logits.device)
    tokens = _sample(probabilities, uniform(rows))
    rows = rows[nuclei < 1]  # those whose tokens may lie outside the nucleus
    if len(rows):
        rows = rows[(_likelier(probabilities, tokens) >= nuclei)[rows]]
    for _ in range(MAX_REDRAWS):
        if not len(rows):
            return tokens
        row_probabilities = probabilities[rows]
        tokens[rows] = _sample(row_probabilities, uniform(rows))
        rows = rows[_likelier(row_probabilities, tokens[rows]) >= nuclei[rows]]
    tokens[rows] = _sample(_nucleus(probabilities[rows], nuclei[rows, None]), uniform(rows))
    return tokens


def _likelier(probabilities: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
    """The sum of the probabilities of all tokens that are likelier than those given, one a row: (rows,)."""
    own = probabilities.gather(1, tokens[:, None])
    return probabilities.masked_fill(probabilities <= own, 0.0).sum(-1)


def _nucleus(probabilities: torch.Tensor, top_p: torch.Tensor) -> torch.Tensor:
    """The probabilities of the likeliest tokens that sum to `top_p`, and 0 for all others: (rows, tokens)."""
    values, tokens = probabilities.sort(-1, descending=True)
    outside = values.cumsum(-1) - values >= top_p
    outside[:, 0] = False
    return torch.zeros_like(values).scatter(-1, tokens, values.masked_fill(outside, 0.0))


def _sample(probabilities: torch.Tensor, uniform: torch.Tensor) -> torch.Tensor:
    """One token a row, by a random number below the sum of its probabilities: (rows,)."""
    sums = probabilities.cumsum(-1)
    thresholds = (uniform * sums[:, -1])[:, None]
    return torch.searchsorted(sums, thresholds, right=True).squeeze(1).clamp(max=sums.shape[1] - 1)
