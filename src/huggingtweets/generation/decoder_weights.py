"""The weights of GPT-2 and Llama as the few operations of a decoder need them, in the precision of choice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 -- its usual name
from transformers import GPT2LMHeadModel, LlamaForCausalLM
from transformers.pytorch_utils import Conv1D

_STATIC_ROTATIONS = ("default", "linear", "llama3", "yarn")  # whose angles do not depend on the text's length
_FAST_HALF = ("AVX2", "AVX512")  # processors on which torch multiplies one row fast in float16: measured
_GPT2_VARIANTS = ("add_cross_attention", "scale_attn_by_inverse_layer_idx", "reorder_and_upcast_attn")

Norm = Callable[[torch.Tensor], torch.Tensor]


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
    positions: torch.Tensor | None  # of GPT-2, (positions, width)
    norm: Norm
    lm_head: Linear
    heads: int
    key_heads: int  # of keys and of values; each serves as many heads of queries
    activation: Callable[[torch.Tensor], torch.Tensor]


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


def is_half_fast() -> bool:
    """Whether one row is multiplied faster in float16 than in float32 and bfloat16 on this processor.

    Reading the weights takes the time of one row, and float16 rounds them less than bfloat16 does.
    """
    return torch.backends.cpu.get_cpu_capability() in _FAST_HALF


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
        norm=_rms_norm(body.norm),
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
        norms=(_rms_norm(layer.input_layernorm), _rms_norm(layer.post_attention_layernorm)),
        attention=linear(attention.q_proj, attention.k_proj, attention.v_proj),
        output=linear(attention.o_proj),
        up=linear(mlp.gate_proj, mlp.up_proj),
        down=linear(mlp.down_proj),
    )


def _rms_norm(module: Any) -> Norm:
    """The module's function in one operation."""
    weight, epsilon = module.weight.detach(), module.variance_epsilon
    return lambda hidden: F.rms_norm(hidden, weight.shape, weight, epsilon)


def _linear(layers: Sequence[tuple[torch.Tensor, torch.Tensor | None]], dtype: torch.dtype) -> Linear:
    """Matrices with their biases: the model's own, or one converted copy of all."""
    weights, biases = zip(*layers, strict=True)
    if weights[0].dtype == dtype:
        return Linear(
            tuple(w.detach() for w in weights), tuple(b if b is None else b.detach() for b in biases)
        )
    bias = None if biases[0] is None else torch.cat(biases).detach().to(dtype)
    return Linear((torch.cat(weights).detach().to(dtype),), (bias,))
