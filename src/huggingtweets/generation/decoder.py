"""The forward pass of generation: the logits after one more token of each row.

The modules of transformers spend most of a small model's time in Python. On a CPU, GPT-2 and Llama are
computed by the few operations that they consist of, on a key-value cache of fixed size. All other models, and
all models on a GPU, are computed by their modules.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from inspect import signature
from typing import Any, NamedTuple, Protocol

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 -- its usual name
from transformers import DynamicCache, GPT2LMHeadModel, LlamaForCausalLM
from transformers.cache_utils import DynamicLayer
from transformers.masking_utils import create_causal_mask
from transformers.pytorch_utils import Conv1D

_CACHE = (  # what models call their cache: until transformers 5.24, and since
    "cache" if "cache" in signature(create_causal_mask).parameters else "past_key_values"
)
_STATIC_ROTATIONS = ("default", "linear", "llama3", "yarn")  # whose angles do not depend on the text's length
_GPT2_VARIANTS = ("add_cross_attention", "scale_attn_by_inverse_layer_idx", "reorder_and_upcast_attn")


class Decoder(Protocol):
    """Reads prompts, then one token of each row at a time."""

    can_select: bool  # whether rows can leave

    def read(self, prompts: torch.Tensor, new_tokens: int) -> torch.Tensor:
        """The logits after the prompts, (rows, vocabulary), before at most so many new tokens."""

    def step(self, tokens: torch.Tensor) -> torch.Tensor:
        """The logits after one more token of each row, (rows, vocabulary)."""

    def select(self, rows: torch.Tensor) -> None:
        """Go on with these rows only."""


def open_decoder(model: Any, weights: DecoderWeights | None) -> Decoder:
    """What continues one batch of prompts.

    Args:
        model: a causal language model of transformers that uses a key-value cache.
        weights: what `decoder_weights` returned for it.
    """
    return StaticDecoder(model, weights) if weights else ModuleDecoder(model)


def decoder_weights(model: Any, dtype: torch.dtype | None = None) -> DecoderWeights | None:
    """The weights of a GPT-2 or a Llama on a CPU; None for other models, and where adapters are in them.

    Args:
        model: a causal language model of transformers.
        dtype: what matrices are multiplied in, for which they are copied; None for that of the model. Norms
            and the sums between layers stay as they are, as in autocast.
    """
    kinds = {GPT2LMHeadModel: _gpt2_weights, LlamaForCausalLM: _llama_weights}
    read = kinds.get(type(model))
    return read(model, dtype or model.dtype) if read and model.device.type == "cpu" else None


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


class Linear(NamedTuple):
    """Matrices that take the same inputs, each (outputs, inputs), and their biases."""

    weights: tuple[torch.Tensor, ...]
    biases: tuple[torch.Tensor | None, ...]

    def __call__(self, hidden: torch.Tensor) -> torch.Tensor:
        """The outputs of all, side by side."""
        hidden = hidden.to(self.weights[0].dtype)
        outputs = [F.linear(hidden, w, bias) for w, bias in zip(self.weights, self.biases, strict=True)]
        return outputs[0] if len(outputs) == 1 else torch.cat(outputs, -1)


@dataclass(frozen=True)
class Layer:
    """The weights of a layer."""

    norms: tuple[nn.Module, nn.Module]  # before attention, before the feed-forward part
    attention: Linear  # queries, keys and values of all heads, in this order
    output: Linear
    up: Linear  # of Llama: the gate, then what it gates
    down: Linear


@dataclass(frozen=True)
class DecoderWeights:
    """The weights of a model, and its shape."""

    layers: tuple[Layer, ...]
    tokens: torch.Tensor  # (vocabulary, width)
    positions: torch.Tensor | None  # of GPT-2, (positions, width)
    norm: nn.Module
    lm_head: Linear
    heads: int
    key_heads: int  # of keys and of values; each serves as many heads of queries
    activation: Callable[[torch.Tensor], torch.Tensor]


class StaticDecoder:
    """GPT-2 or Llama on a CPU."""

    can_select = True

    def __init__(self, model: Any, weights: DecoderWeights) -> None:
        self._model, self._weights = model, weights
        self._length: Any = 0  # positions in the cache that are filled; `RowDecoder` has those of each row
        self._keys: list[torch.Tensor] = []  # of each layer: (rows, heads, positions, width)
        self._values: list[torch.Tensor] = []
        self._rotation: tuple[torch.Tensor, torch.Tensor] | None = None

    def read(self, prompts: torch.Tensor, new_tokens: int) -> torch.Tensor:
        """See `Decoder`; the model's own modules read the prompts."""
        cache: Any = DynamicCache(config=self._model.config)
        logits = read_prompts(self._model, prompts, cache)
        self._length = prompts.shape[1]
        positions = self._length + new_tokens
        dtype = self._weights.lm_head.weights[0].dtype
        self._keys = [_extended(layer.keys, positions, dtype) for layer in cache.layers]
        self._values = [_extended(layer.values, positions, dtype) for layer in cache.layers]
        if self._weights.positions is None:
            self._rotation = rotation(self._model, positions)
        return logits

    def step(self, tokens: torch.Tensor) -> torch.Tensor:
        """See `Decoder`."""
        weights = self._weights
        hidden = F.embedding(tokens, weights.tokens)
        if weights.positions is not None:
            hidden = hidden + weights.positions[self._length]
        for layer, keys, values in zip(weights.layers, self._keys, self._values, strict=True):
            attended = self._attend(layer.attention(layer.norms[0](hidden)), keys, values)
            hidden = hidden + layer.output(attended)
            hidden = hidden + layer.down(self._activate(layer.up(layer.norms[1](hidden))))
        self._length += 1
        return weights.lm_head(weights.norm(hidden))

    def _attend(self, projected: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
        """Attention of one position to all up to itself: (rows, width).

        Heads of queries that share keys are the queries of one head here, so nothing is repeated.
        """
        heads, key_heads = self._weights.heads, self._weights.key_heads
        rows = len(projected)
        projected = projected.view(rows, heads + 2 * key_heads, -1)
        rotated, value = projected[:, : heads + key_heads], projected[:, heads + key_heads :]
        if self._rotation:
            cos, sin = self._rotation
            half = rotated.shape[-1] // 2
            rotated = rotated * cos[self._length] + rotated.roll(half, -1) * sin[self._length]
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
            cache[:] = [
                _extended(layer[rows, :, : self._length], layer.shape[2], layer.dtype) for layer in cache
            ]


def _extended(filled: torch.Tensor, positions: int, dtype: torch.dtype) -> torch.Tensor:
    """A cache of so many positions that begins with the filled ones."""
    rows, heads, length, width = filled.shape
    cache = torch.empty(rows, heads, positions, width, dtype=dtype)
    cache[:, :, :length] = filled
    return cache


def rotation(model: Any, positions: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Cosines and signed sines of the rotary embedding (Su et al. 2021): (positions, 1, width of a head)."""
    cos, sin = model.model.rotary_emb(torch.empty(0), torch.arange(positions)[None])
    half = sin.shape[-1] // 2
    return cos[0, :, None], torch.cat([-sin[0, :, :half], sin[0, :, half:]], -1)[:, None]


def _gpt2_weights(model: Any, dtype: torch.dtype) -> DecoderWeights | None:
    config, body = model.config, model.transformer
    if any(getattr(config, name, False) for name in _GPT2_VARIANTS) or not config.scale_attn_weights:
        return None
    matrices = [m for b in body.h for m in (b.attn.c_attn, b.attn.c_proj, b.mlp.c_fc, b.mlp.c_proj)]
    if any(type(matrix) is not Conv1D for matrix in matrices):
        return None
    linears = [_linear([(matrix.weight.T, matrix.bias)], dtype) for matrix in matrices]
    return DecoderWeights(
        layers=tuple(
            Layer((block.ln_1, block.ln_2), *linears[4 * number : 4 * number + 4])
            for number, block in enumerate(body.h)
        ),
        tokens=body.wte.weight,
        positions=body.wpe.weight,
        norm=body.ln_f,
        lm_head=_linear([(model.lm_head.weight, None)], dtype),
        heads=config.n_head,
        key_heads=config.n_head,
        activation=body.h[0].mlp.act,
    )


def _llama_weights(model: Any, dtype: torch.dtype) -> DecoderWeights | None:
    config, body = model.config, model.model
    if body.rotary_emb.rope_type not in _STATIC_ROTATIONS:
        return None
    if any(isinstance(m, nn.Linear) and type(m) is not nn.Linear for m in model.modules()):
        return None
    return DecoderWeights(
        layers=tuple(_llama_layer(layer, dtype) for layer in body.layers),
        tokens=body.embed_tokens.weight,
        positions=None,
        norm=body.norm,
        lm_head=_linear([(model.lm_head.weight, None)], dtype),
        heads=config.num_attention_heads,
        key_heads=config.num_key_value_heads,
        activation=body.layers[0].mlp.act_fn,
    )


def _llama_layer(layer: Any, dtype: torch.dtype) -> Layer:
    attention, mlp = layer.self_attn, layer.mlp

    def linear(*modules: Any) -> Linear:
        return _linear([(module.weight, module.bias) for module in modules], dtype)

    return Layer(
        norms=(layer.input_layernorm, layer.post_attention_layernorm),
        attention=linear(attention.q_proj, attention.k_proj, attention.v_proj),
        output=linear(attention.o_proj),
        up=linear(mlp.gate_proj, mlp.up_proj),
        down=linear(mlp.down_proj),
    )


def _linear(layers: Sequence[tuple[torch.Tensor, torch.Tensor | None]], dtype: torch.dtype) -> Linear:
    """Matrices with their biases: the model's own, or one converted copy of all."""
    weights, biases = zip(*layers, strict=True)
    if weights[0].dtype == dtype:
        return Linear(
            tuple(w.detach() for w in weights), tuple(b if b is None else b.detach() for b in biases)
        )
    bias = None if biases[0] is None else torch.cat(biases).detach().to(dtype)
    return Linear((torch.cat(weights).detach().to(dtype),), (bias,))
