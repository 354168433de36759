"""The weights of a model of transformers that is in memory, read from its modules."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.utils.weak import WeakIdKeyDictionary
from transformers import GPT2LMHeadModel, LlamaForCausalLM
from transformers.pytorch_utils import Conv1D

from .decoder_weights import (
    Copies,
    DecoderWeights,
    LowRank,
    Matrix,
    Rotary,
    UnknownComputationError,
    gpt2_weights,
    llama_weights,
)

_COPIES = WeakIdKeyDictionary()  # of parameters that nothing trains, in other dtypes: models may share them
_STATIC_ROTATIONS = ("default", "linear", "llama3", "yarn")  # whose angles do not depend on the text's length


def decoder_weights(model: Any, dtype: torch.dtype | None = None) -> DecoderWeights | None:
    """The weights of a GPT-2 or a Llama on a CPU; None for other models.

    Args:
        model: a causal language model of transformers.
        dtype: what matrices are multiplied in, for which they are copied, once where models share them; None
            for that of the model, and nothing is copied.
    """
    if model.device.type != "cpu":
        return None
    source, dtype = _Modules(model), dtype or model.dtype
    try:
        if type(model) is GPT2LMHeadModel:
            return gpt2_weights(model.config, source, dtype)
        if type(model) is LlamaForCausalLM:
            return llama_weights(model.config, source, _rotary(model.model.rotary_emb), dtype)
    except UnknownComputationError:
        pass
    return None


class _Modules:
    """See `WeightSource`."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def matrix(self, name: str) -> Matrix:
        module = self._model.get_submodule(name)
        inner = getattr(module, "base_layer", module)
        if type(inner) not in {Conv1D, nn.Linear}:
            raise UnknownComputationError
        weight = inner.weight.T if type(inner) is Conv1D else inner.weight
        bias = None if inner.bias is None else inner.bias.detach()
        adapter = None if inner is module else _low_rank(module)
        copies = None if inner.weight.requires_grad else _COPIES.setdefault(inner.weight, Copies())
        return Matrix(weight.detach(), bias, adapter, copies)

    def tensor(self, name: str) -> torch.Tensor:
        module, _, parameter = name.rpartition(".")
        tensor: torch.Tensor = getattr(self._model.get_submodule(module), parameter)
        return tensor.detach()


def _rotary(module: Any) -> Rotary:
    if module.rope_type not in _STATIC_ROTATIONS:
        raise UnknownComputationError
    return Rotary(module.inv_freq, module.attention_scaling)


def _low_rank(module: Any) -> LowRank:
    """The adapter of a layer of peft.

    Raises:
        UnknownComputationError: it is no plain LoRA, or there are several.
    """
    names = list(getattr(module, "active_adapters", ()))
    if len(names) != 1 or module.merged or module.disable_adapters or names[0] not in module.lora_A:
        raise UnknownComputationError
    [name] = names
    if name in module.lora_variant or module.lora_bias.get(name):
        raise UnknownComputationError
    down, up = module.lora_A[name].weight.detach(), module.lora_B[name].weight.detach()
    return LowRank(down, up * module.scaling[name])
