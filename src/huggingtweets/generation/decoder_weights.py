"""The weights that a forward pass of generation needs, of a GPT-2 or a Llama."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, Protocol
from weakref import WeakValueDictionary

import torch
from torch.nn import functional as F  # noqa: N812 -- its usual name

_FAST_HALF = ("AVX2", "AVX512")  # processors on which torch multiplies one row fast in float16: measured
_GPT2_VARIANTS = ("add_cross_attention", "scale_attn_by_inverse_layer_idx", "reorder_and_upcast_attn")
_ACTIVATIONS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "gelu": F.gelu,
    "gelu_new": partial(F.gelu, approximate="tanh"),
    "gelu_pytorch_tanh": partial(F.gelu, approximate="tanh"),
    "relu": F.relu,
    "silu": F.silu,
}

Norm = Callable[[torch.Tensor], torch.Tensor]
Copies = WeakValueDictionary[torch.dtype, torch.Tensor]  # of a weight, while a model in memory has them


class UnknownComputationError(Exception):
    """A model computes something that the decoder does not."""


class LowRank(NamedTuple):
    """What LoRA adds to the outputs of a matrix."""

    down: torch.Tensor  # (rank, inputs)
    up: torch.Tensor  # (outputs, rank), scaled

    def __call__(self, hidden: torch.Tensor) -> torch.Tensor:
        """The outputs."""
        return F.linear(F.linear(hidden, self.down), self.up)


class Matrix(NamedTuple):
    """What a module multiplies by."""

    weight: torch.Tensor  # (outputs, inputs)
    bias: torch.Tensor | None = None
    adapter: LowRank | None = None
    copies: Copies | None = None  # of a weight that models share; None: of one that is this model's alone

    def weight_in(self, dtype: torch.dtype) -> torch.Tensor:
        """The weight in a dtype; of a shared one all models have the same copy."""
        if self.copies is None:
            return self.weight.to(dtype)
        copied = self.copies.get(dtype)
        if copied is None:
            copied = self.copies[dtype] = self.weight.to(dtype)
        return copied


class Linear(NamedTuple):
    """Matrices that take the same inputs, each (outputs, inputs), their biases and adapters."""

    weights: tuple[torch.Tensor, ...]
    biases: tuple[torch.Tensor | None, ...]
    adapters: tuple[LowRank | None, ...]

    def __call__(self, hidden: torch.Tensor) -> torch.Tensor:
        """The outputs of all, side by side."""
        hidden = hidden.to(self.weights[0].dtype)
        outputs = [_product(hidden, w, bias) for w, bias in zip(self.weights, self.biases, strict=True)]
        for number, adapter in enumerate(self.adapters):
            if adapter:
                outputs[number] = outputs[number] + adapter(hidden)
        return outputs[0] if len(outputs) == 1 else torch.cat(outputs, -1)


class Rotary(NamedTuple):
    """The rotary embedding of positions (Su et al. 2021), whose angles do not depend on the text's length."""

    frequencies: torch.Tensor  # (half the width of a head,), radians for each position
    scale: float = 1.0  # of cosines and sines


@dataclass(frozen=True)
class Layer:
    """The weights of a layer."""

    norms: tuple[Norm, Norm]  # before attention, before the feed-forward part
    attention: Linear  # queries, keys and values of all heads, in this order
    output: Linear
    up: Linear  # of Llama: the gate, then what it gates
    down: Linear


@dataclass(frozen=True)
class DecoderWeights:
    """The weights of a model, and its shape."""

    layers: tuple[Layer, ...]
    tokens: torch.Tensor  # (vocabulary, width)
    positions: torch.Tensor | Rotary  # of GPT-2, (positions, width)
    norm: Norm
    lm_head: Linear
    heads: int
    key_heads: int  # of keys and of values; each serves as many heads of queries
    activation: Callable[[torch.Tensor], torch.Tensor]


class WeightSource(Protocol):
    """Where the weights of a model are, by the names that transformers gives them."""

    def matrix(self, name: str) -> Matrix:
        """What a module multiplies by.

        Raises:
            UnknownComputationError: the module does anything else.
        """

    def tensor(self, name: str) -> torch.Tensor:
        """One tensor."""


def is_half_fast() -> bool:
    """Whether one row is multiplied faster in float16 than in float32 and bfloat16 on this processor.

    Reading the weights takes the time of one row, and float16 rounds them less than bfloat16 does.
    """
    return torch.backends.cpu.get_cpu_capability() in _FAST_HALF


def gpt2_weights(config: Any, source: WeightSource, dtype: torch.dtype) -> DecoderWeights:
    """The weights of a GPT-2.

    Args:
        config: with the attributes of GPT2Config.
        source: where the weights are.
        dtype: what matrices are multiplied in, for which they are copied where they are in another. Norms and
            the sums between layers are in float32, as in autocast.

    Raises:
        UnknownComputationError: it is a variant of GPT-2.
    """
    if any(getattr(config, name, False) for name in _GPT2_VARIANTS) or not config.scale_attn_weights:
        raise UnknownComputationError

    def norm(name: str) -> Norm:
        weight, bias = (source.tensor(f"transformer.{name}.{part}").float() for part in ("weight", "bias"))
        return lambda hidden: F.layer_norm(hidden, weight.shape, weight, bias, config.layer_norm_epsilon)

    def linear(name: str) -> Linear:
        return _linear([source.matrix(f"transformer.{name}")], dtype)

    return DecoderWeights(
        layers=tuple(
            Layer(
                norms=(norm(f"h.{number}.ln_1"), norm(f"h.{number}.ln_2")),
                attention=linear(f"h.{number}.attn.c_attn"),
                output=linear(f"h.{number}.attn.c_proj"),
                up=linear(f"h.{number}.mlp.c_fc"),
                down=linear(f"h.{number}.mlp.c_proj"),
            )
            for number in range(config.n_layer)
        ),
        tokens=source.tensor("transformer.wte.weight"),
        positions=source.tensor("transformer.wpe.weight"),
        norm=norm("ln_f"),
        lm_head=_linear([source.matrix("lm_head")], dtype),
        heads=config.n_head,
        key_heads=config.n_head,
        activation=_activation(config.activation_function),
    )


def llama_weights(config: Any, source: WeightSource, rotary: Rotary, dtype: torch.dtype) -> DecoderWeights:
    """The weights of a Llama; see `gpt2_weights`.

    Raises:
        UnknownComputationError: one of its modules does more than multiply by a matrix.
    """

    def norm(name: str) -> Norm:
        return _rms_norm(source.tensor(f"model.{name}.weight").float(), config.rms_norm_eps)

    def linear(part: str, *names: str) -> Linear:
        return _linear([source.matrix(f"model.{part}.{name}") for name in names], dtype)

    return DecoderWeights(
        layers=tuple(
            Layer(
                norms=(norm(f"{layer}.input_layernorm"), norm(f"{layer}.post_attention_layernorm")),
                attention=linear(f"{layer}.self_attn", "q_proj", "k_proj", "v_proj"),
                output=linear(f"{layer}.self_attn", "o_proj"),
                up=linear(f"{layer}.mlp", "gate_proj", "up_proj"),
                down=linear(f"{layer}.mlp", "down_proj"),
            )
            for layer in (f"layers.{number}" for number in range(config.num_hidden_layers))
        ),
        tokens=source.tensor("model.embed_tokens.weight"),
        positions=rotary,
        norm=norm("norm"),
        lm_head=_linear([source.matrix("lm_head")], dtype),
        heads=config.num_attention_heads,
        key_heads=config.num_key_value_heads,
        activation=_activation(config.hidden_act),
    )


def _rms_norm(weight: torch.Tensor, epsilon: float) -> Norm:
    """The norm of a Llama (Zhang and Sennrich 2019), by half the operations that torch's takes on a CPU."""
    root = math.sqrt(len(weight))
    scaled, floor = weight * root, torch.tensor(math.sqrt(epsilon) * root)

    def norm(hidden: torch.Tensor) -> torch.Tensor:
        length = torch.linalg.vector_norm(hidden, dim=-1, keepdim=True)
        return hidden * scaled / torch.hypot(length, floor)

    return norm


def _product(hidden: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
    """What `F.linear` computes, for a few rows in float32 in half of its time: with the factors exchanged.

    That is so where the matrix is (outputs, inputs) in memory; a view that only looks like it takes longer.
    """
    rows = hidden.flatten(0, -2)
    if hidden.dtype != torch.float32 or len(rows) == 1 or not weight.is_contiguous():
        return F.linear(hidden, weight, bias)
    outputs: torch.Tensor = torch.mm(weight, rows.T).T.unflatten(0, hidden.shape[:-1])
    return outputs if bias is None else outputs + bias


def _activation(name: str) -> Callable[[torch.Tensor], torch.Tensor]:
    try:
        return _ACTIVATIONS[name]
    except KeyError:
        raise UnknownComputationError from None


def _linear(matrices: Sequence[Matrix], dtype: torch.dtype) -> Linear:
    """Matrices as they are computed with: the model's own, or one converted copy of all.

    Those that have adapters or are shared stay apart.
    """
    weights, biases, adapters, copies = zip(*matrices, strict=True)
    if weights[0].dtype == dtype:
        return Linear(weights, biases, adapters)
    if any(adapters) or copies[0] is not None:
        return Linear(
            tuple(matrix.weight_in(dtype) for matrix in matrices),
            tuple(bias if bias is None else bias.to(dtype) for bias in biases),
            tuple(each and LowRank(each.down.to(dtype), each.up.to(dtype)) for each in adapters),
        )
    bias = None if biases[0] is None else torch.cat(biases).to(dtype)
    return Linear((torch.cat(weights).to(dtype),), (bias,), (None,))
