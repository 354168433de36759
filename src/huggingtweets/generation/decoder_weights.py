"""The weights that a forward pass of generation needs, read from the modules of a GPT-2 or a Llama."""

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


class Linear(NamedTuple):
    """Matrices that take the same inputs, each (outputs, inputs), their biases and adapters."""

    weights: tuple[torch.Tensor, ...]
    biases: tuple[torch.Tensor | None, ...]
    adapters: tuple[LowRank | None, ...]

    def __call__(self, hidden: torch.Tensor) -> torch.Tensor:
        """The outputs of all, side by side."""
        hidden = hidden.to(self.weights[0].dtype)
        outputs = [F.linear(hidden, w, bias) for w, bias in zip(self.weights, self.biases, strict=True)]
        for number, adapter in enumerate(self.adapters):
            if adapter:
                outputs[number] = outputs[number] + adapter(hidden)
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
    """The weights of a GPT-2 or a Llama on a CPU; None for other models.

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
    modules = [m for b in body.h for m in (b.attn.c_attn, b.attn.c_proj, b.mlp.c_fc, b.mlp.c_proj)]
    matrices = [matrix for module in modules if (matrix := _matrix(module))]
    if len(matrices) < len(modules):
        return None
    linears = [_linear([matrix], dtype) for matrix in matrices]
    return DecoderWeights(
        layers=tuple(
            Layer((block.ln_1, block.ln_2), *linears[4 * number : 4 * number + 4])
            for number, block in enumerate(body.h)
        ),
        tokens=body.wte.weight,
        positions=body.wpe.weight,
        norm=body.ln_f,
        lm_head=_linear([Matrix(model.lm_head.weight)], dtype),
        heads=config.n_head,
        key_heads=config.n_head,
        activation=body.h[0].mlp.act,
    )


def _llama_weights(model: Any, dtype: torch.dtype) -> DecoderWeights | None:
    config, body = model.config, model.model
    if body.rotary_emb.rope_type not in _STATIC_ROTATIONS:
        return None
    layers = [layer for each in body.layers if (layer := _llama_layer(each, dtype))]
    if len(layers) < len(body.layers) or type(model.lm_head) is not nn.Linear:
        return None
    return DecoderWeights(
        layers=tuple(layers),
        tokens=body.embed_tokens.weight,
        positions=None,
        norm=_rms_norm(body.norm),
        lm_head=_linear([Matrix(model.lm_head.weight)], dtype),
        heads=config.num_attention_heads,
        key_heads=config.num_key_value_heads,
        activation=body.layers[0].mlp.act_fn,
    )


def _llama_layer(layer: Any, dtype: torch.dtype) -> Layer | None:
    """None where one of its modules does more than multiply by a matrix."""
    attention, mlp = layer.self_attn, layer.mlp
    groups = (
        (attention.q_proj, attention.k_proj, attention.v_proj),
        (attention.o_proj,),
        (mlp.gate_proj, mlp.up_proj),
        (mlp.down_proj,),
    )
    linears = []
    for modules in groups:
        matrices = [matrix for module in modules if (matrix := _matrix(module))]
        if len(matrices) < len(modules):
            return None
        linears.append(_linear(matrices, dtype))
    norms = _rms_norm(layer.input_layernorm), _rms_norm(layer.post_attention_layernorm)
    return Layer(norms, *linears)


def _rms_norm(module: Any) -> Norm:
    """The module's function in one operation."""
    weight, epsilon = module.weight.detach(), module.variance_epsilon
    return lambda hidden: F.rms_norm(hidden, weight.shape, weight, epsilon)


def _matrix(module: Any) -> Matrix | None:
    """The matrix of a module, with its adapter if it has one; None where it does anything else."""
    inner = getattr(module, "base_layer", module)
    if type(inner) not in {Conv1D, nn.Linear}:
        return None
    adapter = None if inner is module else _low_rank(module)
    if inner is not module and adapter is None:
        return None
    weight = inner.weight.T if type(inner) is Conv1D else inner.weight
    return Matrix(weight.detach(), None if inner.bias is None else inner.bias.detach(), adapter)


def _low_rank(module: Any) -> LowRank | None:
    """The adapter of a layer of peft; None where it is no plain LoRA, or there are several."""
    names = list(getattr(module, "active_adapters", ()))
    if len(names) != 1 or module.merged or module.disable_adapters or names[0] not in module.lora_A:
        return None
    [name] = names
    if name in module.lora_variant or module.lora_bias.get(name):
        return None
    down, up = module.lora_A[name].weight.detach(), module.lora_B[name].weight.detach()
    return LowRank(down, up * module.scaling[name])


def _linear(matrices: Sequence[Matrix], dtype: torch.dtype) -> Linear:
    """Matrices as they are computed with: the model's own, or one converted copy of all."""
    weights, biases, adapters = zip(*matrices, strict=True)
    if weights[0].dtype == dtype:
        return Linear(weights, biases, adapters)
    if any(adapters):
        return Linear(
            tuple(weight.to(dtype) for weight in weights),
            tuple(bias if bias is None else bias.to(dtype) for bias in biases),
            tuple(each and LowRank(each.down.to(dtype), each.up.to(dtype)) for each in adapters),
        )
    bias = None if biases[0] is None else torch.cat(biases).to(dtype)
    return Linear((torch.cat(weights).to(dtype),), (bias,), (None,))
