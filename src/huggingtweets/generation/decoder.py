"""The forward pass of generation: the logits after one more token of each row.

The modules of transformers spend most of a small model's time in Python. On a CPU, GPT-2 and Llama are
computed by the few operations that they consist of, on a key-value cache of fixed size. All other models, and
all models on a GPU, are computed by their modules.
"""

from __future__ import annotations

from inspect import signature
from typing import Any, Protocol

import torch
from torch.nn import functional as F  # noqa: N812 -- its usual name
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer
from transformers.masking_utils import create_causal_mask

from .decoder_weights import DecoderWeights

_CACHE = (  # what models call their cache: until transformers 5.24, and since
    "cache" if "cache" in signature(create_causal_mask).parameters else "past_key_values"
)


class Decoder(Protocol):
    """Reads prompts, then one token of each row at a time."""

    can_select: bool  # whether rows can leave

    def read(self, prompts: torch.Tensor, new_tokens: int) -> torch.Tensor:
        """The logits after the prompts, (rows, vocabulary), before at most so many new tokens."""

    def step(self, tokens: torch.Tensor) -> torch.Tensor:
        """The logits after one more token of each row, (rows, vocabulary)."""

    def select(self, rows: torch.Tensor) -> None:
        """Go on with these rows only."""


def open_decoder(model: Any, weights: DecoderWeights | None, half: DecoderWeights | None = None) -> Decoder:
    """What continues one batch of prompts.

    Args:
        model: a causal language model of transformers that uses a key-value cache.
        weights: what `decoder_weights` returned for it.
        half: what it returned for float16, to be used until a number is too large for it.
    """
    return StaticDecoder(model, weights, half) if weights else ModuleDecoder(model)


class ModuleDecoder:
    """Any model of transformers, by its modules."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._cache = DynamicCache(config=model.config)
        layers = self._cache.layers
        self._is_recurrent = any(hasattr(layer, "update_conv_state") for layer in layers)  # as Mamba is
        self.can_select = not self._is_recurrent and all(isinstance(layer, DynamicLayer) for layer in layers)

    def read(self, prompts: torch.Tensor, new_tokens: int) -> torch.Tensor:  # noqa: ARG002 -- the cache grows
        """See `Decoder`."""
        return read_prompts(self._model, prompts, self._cache, once=not self._is_recurrent)

    def step(self, tokens: torch.Tensor) -> torch.Tensor:
        """See `Decoder`."""
        output = self._model(tokens[:, None], use_cache=True, **{_CACHE: self._cache})
        logits: torch.Tensor = output.logits[:, -1]
        return logits

    def select(self, rows: torch.Tensor) -> None:
        """See `Decoder`."""
        self._cache.batch_select_indices(rows)


def read_prompts(
    model: Any, prompts: torch.Tensor, cache: DynamicCache, *, once: bool = True
) -> torch.Tensor:
    """The logits after the prompts, (rows, vocabulary); equal ones are computed once if `once` is set."""
    equal = once and bool((prompts == prompts[:1]).all())
    output = model(prompts[:1] if equal else prompts, use_cache=True, **{_CACHE: cache})
    logits: torch.Tensor = output.logits[:, -1]
    if equal and len(prompts) > 1:
        cache.batch_repeat_interleave(len(prompts))
        logits = logits.expand(len(prompts), -1)
    return logits


class StaticDecoder:
    """GPT-2 or Llama on a CPU."""

    can_select = True

    def __init__(self, model: Any, weights: DecoderWeights, half: DecoderWeights | None = None) -> None:
        """Decode with `half`, if given, until a number is too large for float16, then with `weights`."""
        self._model, self._weights = model, half or weights
        self._wider = weights if half else None
        self._length: Any = 0  # positions in the cache that are filled; `RowDecoder` has those of each row
        self._keys: list[torch.Tensor] = []  # of each layer: (rows, heads, positions, width)
        self._values: list[torch.Tensor] = []
        self._rotation: tuple[torch.Tensor, torch.Tensor] | None = None  # of all positions
        self._angles: tuple[torch.Tensor, torch.Tensor] | None = None  # of the next position

    def read(self, prompts: torch.Tensor, new_tokens: int) -> torch.Tensor:
        """See `Decoder`; the model's own modules read the prompts."""
        cache: Any = DynamicCache(config=self._model.config)
        logits = read_prompts(self._model, prompts, cache)
        self._length = prompts.shape[1]
        positions = self._length + new_tokens
        self._keys = [_extended(layer.keys, positions) for layer in cache.layers]
        self._values = [_extended(layer.values, positions) for layer in cache.layers]
        if self._weights.positions is None:
            self._rotation = rotation(self._model, positions)
        return logits

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
        weights = self._weights
        hidden = F.embedding(tokens, weights.tokens)
        if weights.positions is not None:
            hidden = hidden + weights.positions[self._length]
        if self._rotation:
            self._angles = self._rotation[0][self._length], self._rotation[1][self._length]
        for layer, keys, values in zip(weights.layers, self._keys, self._values, strict=True):
            attended = self._attend(layer.attention(layer.norms[0](hidden)), keys, values)
            hidden = hidden + layer.output(attended)
            hidden = hidden + layer.down(self._activate(layer.up(layer.norms[1](hidden))))
        return weights.lm_head(weights.norm(hidden))

    def _attend(self, projected: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
        """Attention of one position to all up to itself: (rows, width).

        It is computed in float32 whatever matrices are multiplied in: in bfloat16 it takes 1.4 to 1.9 times
        as long on a CPU, in float16 three times and more. Heads of queries that share keys are the queries of
        one head here, so nothing is repeated.
        """
        heads, key_heads = self._weights.heads, self._weights.key_heads
        rows = len(projected)
        projected = projected.view(rows, heads + 2 * key_heads, -1)
        rotated, value = projected[:, : heads + key_heads], projected[:, heads + key_heads :]
        if self._angles:
            cos, sin = self._angles
            rotated = rotated * cos + rotated.roll(rotated.shape[-1] // 2, -1) * sin
        self._store(keys, rotated[:, heads:])
        self._store(values, value)
        queries = rotated[:, :heads].reshape(rows, key_heads, heads // key_heads, -1)
        return self._attend_to(queries.to(keys.dtype), keys, values).reshape(rows, -1)

    def _store(self, cache: torch.Tensor, position: torch.Tensor) -> None:
        cache[:, :, self._length] = position

    def _attend_to(self, queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
        seen = self._length + 1
        return F.scaled_dot_product_attention(queries, keys[:, :, :seen], values[:, :, :seen])

    def _activate(self, hidden: torch.Tensor) -> torch.Tensor:
        if self._weights.positions is not None:
            return self._weights.activation(hidden)
        gate, gated = hidden.chunk(2, -1)
        return self._weights.activation(gate) * gated

    def select(self, rows: torch.Tensor) -> None:
        """See `Decoder`."""
        for cache in (self._keys, self._values):
            cache[:] = [_extended(layer[rows, :, : self._length], layer.shape[2]) for layer in cache]


def _extended(filled: torch.Tensor, positions: int) -> torch.Tensor:
    """A cache of so many positions that begins with the filled ones."""
    rows, heads, length, width = filled.shape
    cache = torch.empty(rows, heads, positions, width, dtype=filled.dtype)
    cache[:, :, :length] = filled
    return cache


def rotation(model: Any, positions: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Cosines and signed sines of the rotary embedding (Su et al. 2021): (positions, 1, width of a head)."""
    cos, sin = model.model.rotary_emb(torch.empty(0), torch.arange(positions)[None])
    half = sin.shape[-1] // 2
    return cos[0, :, None], torch.cat([-sin[0, :, :half], sin[0, :, half:]], -1)[:, None]
