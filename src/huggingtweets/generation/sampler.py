"""Sampling token by token: posts with one prompt are sampled as a batch, and finished ones leave it."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import torch

from ..types import Sampling
from .decoder import Decoder

COLDEST = 1e-6  # temperature; below it quotients are no longer finite in float32
MAX_REDRAWS = 64  # then the nucleus is sorted, since a tiny one is hardly ever hit
MAX_UNFINISHED = 0.75  # share of unfinished rows up to which the finished ones are taken out of the batch


@torch.inference_mode()
def stream_tokens(
    decoder: Decoder,
    prompts: torch.Tensor,
    sampling: Sampling,
    end_tokens: Collection[int],
    suppressed: Collection[int] = (),
) -> Iterator[list[list[int]]]:
    """Continue each prompt until it ends.

    Args:
        decoder: what computes the logits.
        prompts: (rows, tokens), of one length.
        sampling: temperature, nucleus, and the highest number of new tokens.
        end_tokens: tokens that end a text.
        suppressed: tokens that are never sampled.

    Yields:
        After each token, the new tokens of every row so far, without the end: always the same list, which
        grows.
    """
    logits = decoder.read(prompts, sampling.max_new_tokens)
    texts: list[list[int]] = [[] for _ in prompts]
    rows = list(range(len(prompts)))  # the text that each row of the batch continues
    finished: set[int] = set()
    for remaining in reversed(range(sampling.max_new_tokens)):
        tokens = sample_tokens(logits, sampling.temperature, sampling.top_p, suppressed)
        for text, token in zip(rows, tokens.tolist(), strict=True):
            if token in end_tokens:
                finished.add(text)
            elif text not in finished:
                texts[text].append(token)
        yield texts
        unfinished = [row for row, text in enumerate(rows) if text not in finished]
        if not unfinished or not remaining:
            break
        if decoder.can_select and len(unfinished) <= MAX_UNFINISHED * len(rows):
            indices = torch.tensor(unfinished, device=tokens.device)
            decoder.select(indices)
            tokens, rows = tokens[indices], [rows[row] for row in unfinished]
        logits = decoder.step(tokens)


def sample_tokens(
    logits: torch.Tensor, temperature: float, top_p: float, suppressed: Collection[int] = ()
) -> torch.Tensor:
    """Sample one token a row from the nucleus, the likeliest tokens that sum to `top_p`: (rows,).

    Nothing is sorted: a token is sampled from all, and sampled again where those likelier than it already sum
    to `top_p`. That is nucleus sampling (Holtzman et al. 2020) at a tenth of the time for a vocabulary of
    8,192.

    Args:
        logits: (rows, vocabulary).
        temperature: divides the logits.
        top_p: at most 1, which takes all tokens.
        suppressed: tokens that are never sampled.
    """
    scaled = logits.float() / max(temperature, COLDEST)
    scaled[:, list(suppressed)] = -torch.inf
    probabilities = scaled.softmax(-1)
    tokens = _sample(probabilities)
    rows = torch.arange(len(tokens), device=tokens.device)  # those whose tokens may lie outside the nucleus
    for _ in range(MAX_REDRAWS if top_p < 1 else 0):
        row_probabilities = probabilities[rows]
        own = row_probabilities.gather(1, tokens[rows, None])
        likelier = row_probabilities.masked_fill(row_probabilities <= own, 0.0).sum(-1)
        rows = rows[likelier >= top_p]
        if not len(rows):
            return tokens
        tokens[rows] = _sample(probabilities[rows])
    if top_p < 1:
        tokens[rows] = _sample(_nucleus(probabilities[rows], top_p))
    return tokens


def _nucleus(probabilities: torch.Tensor, top_p: float) -> torch.Tensor:
    """The probabilities of the likeliest tokens that sum to `top_p`, and 0 for all others: (rows, tokens)."""
    values, tokens = probabilities.sort(-1, descending=True)
    outside = values.cumsum(-1) - values >= top_p
    outside[:, 0] = False
    return torch.zeros_like(values).scatter(-1, tokens, values.masked_fill(outside, 0.0))


def _sample(probabilities: torch.Tensor) -> torch.Tensor:
    """One token a row, by a random number below the sum of its probabilities: (rows,)."""
    sums = probabilities.cumsum(-1)
    thresholds = torch.rand(len(sums), 1, device=sums.device) * sums[:, -1:]
    return torch.searchsorted(sums, thresholds, right=True).squeeze(1).clamp(max=sums.shape[1] - 1)
