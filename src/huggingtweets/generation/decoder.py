"""The forward pass of generation: the logits after one more token of each row.

The modules of transformers spend most of a small model's time in Python. On a CPU, GPT-2 and Llama are
computed by the few operations that they consist of, on a key-value cache of fixed size. All other models, and
all models on a GPU, are computed by their modules; see `ModuleDecoder`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import torch
from torch.nn import functional as F  # noqa: N812 -- its usual name

from .decoder_weights import DecoderWeights, Rotary

Attend = Callable[[int, torch.Tensor], torch.Tensor]  # the attention of a layer, given its projection


class Decoder(Protocol):
    """Reads prompts, then one token of each row at a time."""

    can_select: bool  # whether rows can leave

    def read(self, prompts: torch.Tensor, new_tokens: int) -> torch.Tensor:
        """The logits after the prompts, (rows, vocabulary), before at most so many new tokens."""

    def step(self, tokens: torch.Tensor) -> torch.Tensor:
        """The logits after one more token of each row, (rows, vocabulary)."""

    def select(self, rows: torch.Tensor) -> None:
        """Go on with these rows only."""


class Read(NamedTuple):
    """Prompts of one length that were read."""

    logits: torch.Tensor  # after them, (rows, vocabulary)
    keys: list[torch.Tensor]  # of each layer: (rows, heads, positions, width)
    values: list[torch.Tensor]


class StaticDecoder:
    """GPT-2 or Llama on a CPU."""

    can_select = True

    def __init__(self, weights: DecoderWeights, half: DecoderWeights | None = None) -> None:
        """Decode with `half`, if given, until a number is too large for float16, then with `weights`."""
        self._weights = half or weights
        self._wider = weights if half else None
        self._length: Any = 0  # positions in the cache that are filled; `RowDecoder` has those of each row
        self._mask = torch.zeros(())  # what is added to scores; a number where all positions are seen
        self._keys: list[torch.Tensor] = []  # of each layer: (rows, heads, positions, width)
        self._values: list[torch.Tensor] = []
        self._rotation: torch.Tensor | None = None  # of all positions
        self._turn: torch.Tensor | None = None  # of the next position

    def read(self, prompts: torch.Tensor, new_tokens: int) -> torch.Tensor:
        """See `Decoder`; equal prompts are computed once."""
        rows, self._length = prompts.shape
        positions = self._length + new_tokens
        self._rotation = rotation(self._weights, positions)
        equal = bool((prompts == prompts[:1]).all())
        read = read_prompts(self._wider or self._weights, prompts[:1] if equal else prompts)
        self._keys = [_extended(layer, rows, positions) for layer in read.keys]
        self._values = [_extended(layer, rows, positions) for layer in read.values]
        return read.logits.expand(rows, -1)

    def step(self, tokens: torch.Tensor) -> torch.Tensor:
        """See `Decoder`."""
        logits = self._logits(tokens)
        if self._wider and not logits.isfinite().all():
            self._weights, self._wider = self._wider, None
            logits = self._logits(tokens)
        self._length += 1
        return logits

    def _logits(self, tokens: torch.Tensor) -> torch.Tensor:
        """The logits after one more token of each row, which the cache then holds."""
        if self._rotation is not None:
            self._turn = self._rotation[self._length]
        return _to_logits(self._weights, _hidden(self._weights, tokens, self._length, self._attend))

    def _attend(self, layer: int, projected: torch.Tensor) -> torch.Tensor:
        """Attention of one position to all up to itself: (rows, width).

        It is computed in float32 whatever matrices are multiplied in: in bfloat16 it takes 1.4 to 1.9 times
        as long on a CPU, in float16 three times and more. Heads of queries that share keys are the queries of
        one head here, so nothing is repeated. For one position, products of batches take half the time of
        `scaled_dot_product_attention` where there are many rows.
        """
        queries, key, value = _heads(self._weights, projected, self._turn)
        rows, _, width = key.shape
        keys = self._with(self._keys[layer], key)
        values = self._with(self._values[layer], value)
        scores = torch.baddbmm(
            self._mask,
            queries.reshape(len(keys), -1, width),
            keys.mT,
            beta=1 if self._mask.dim() else 0,
            alpha=width**-0.5,
        )
        return torch.bmm(scores.softmax(-1), values).reshape(rows, -1)

    def _with(self, cache: torch.Tensor, position: torch.Tensor) -> torch.Tensor:
        """What a cache holds with one more position: (rows * heads, positions, width)."""
        cache[:, :, self._length] = position
        return cache[:, :, : self._length + 1].flatten(0, 1)

    def select(self, rows: torch.Tensor) -> None:
        """See `Decoder`."""
        for cache in (self._keys, self._values):
            cache[:] = [
                _extended(layer[rows, :, : self._length], len(rows), layer.shape[2]) for layer in cache
            ]


def read_prompts(weights: DecoderWeights, prompts: torch.Tensor) -> Read:
    """Read prompts of one length, (rows, positions)."""
    keys: list[torch.Tensor] = []
    values: list[torch.Tensor] = []
    positions = prompts.shape[1]
    turn = rotation(weights, positions)

    def attend(_: int, projected: torch.Tensor) -> torch.Tensor:
        queries, key, value = (
            part.transpose(1, 2) for part in _heads(weights, projected, turn)
        )  # (rows, heads, positions, width)
        keys.append(key)
        values.append(value)
        attended = F.scaled_dot_product_attention(queries, key, value, is_causal=True, enable_gqa=True)
        return attended.transpose(1, 2).flatten(2)

    hidden = _hidden(weights, prompts, slice(positions), attend)
    return Read(_to_logits(weights, hidden[:, -1]), keys, values)


def _hidden(weights: DecoderWeights, tokens: torch.Tensor, place: Any, attend: Attend) -> torch.Tensor:
    """What the layers make of tokens, (..., width).

    Args:
        weights: of the model.
        tokens: of any shape.
        place: their positions.
        attend: what computes attention, and keeps keys and values.
    """
    hidden = F.embedding(tokens, weights.tokens).float()
    if isinstance(weights.positions, torch.Tensor):
        hidden = hidden + weights.positions[place]
    for number, layer in enumerate(weights.layers):
        hidden = hidden + layer.output(attend(number, layer.attention(layer.norms[0](hidden))))
        hidden = hidden + layer.down(_activate(weights, layer.up(layer.norms[1](hidden))))
    return hidden


def _to_logits(weights: DecoderWeights, hidden: torch.Tensor) -> torch.Tensor:
    return weights.lm_head(weights.norm(hidden))


def _heads(
    weights: DecoderWeights, projected: torch.Tensor, turn: torch.Tensor | None
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Queries, keys and values of each head in float32, (..., heads, width); the first two are rotated.

    A rotated head has its pairs side by side, where the model has their first halves before their second.
    Products of queries and keys are the same.
    """
    heads, key_heads = weights.heads, weights.key_heads
    projected = projected.float().unflatten(-1, (heads + 2 * key_heads, -1))
    rotated, values = projected[..., : heads + key_heads, :], projected[..., heads + key_heads :, :]
    if turn is not None:
        rotated = torch.view_as_real(torch.complex(*rotated.chunk(2, -1)) * turn).flatten(-2)
    return rotated[..., :heads, :], rotated[..., heads:, :], values


def _activate(weights: DecoderWeights, hidden: torch.Tensor) -> torch.Tensor:
    if isinstance(weights.positions, torch.Tensor):
        return weights.activation(hidden)
    gate, gated = hidden.chunk(2, -1)
    return weights.activation(gate) * gated


def _extended(filled: torch.Tensor, rows: int, positions: int) -> torch.Tensor:
    """A cache of so many rows and positions that begins with the filled ones; a single row is repeated."""
    _, heads, length, width = filled.shape
    cache = torch.empty(rows, heads, positions, width, dtype=filled.dtype)
    cache[:, :, :length] = filled
    return cache


def rotation(weights: DecoderWeights, positions: int) -> torch.Tensor | None:
    """What pairs are multiplied by to be rotated, complex, (positions, 1, half the width of a head).

    None where nothing is rotated.
    """
    rotary = weights.positions
    if not isinstance(rotary, Rotary):
        return None
    angles = torch.arange(positions, dtype=torch.float32)[:, None, None] * rotary.frequencies
    return torch.polar(torch.full_like(angles, rotary.scale), angles)
