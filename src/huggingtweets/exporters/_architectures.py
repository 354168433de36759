"""The tensors and settings of each architecture as llama.cpp wants them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import gguf
import numpy as np
from gguf import GGUFWriter

from ..bases.rope_scaling import Floats
from ..errors import ModelError
from ._config import GPT2, Config, Gemma3, Llama, Qwen3
from ._folder_model import FolderModel

Tensors = Iterator[tuple[str, Floats]]

_NAMES = {GPT2: "gpt2", Llama: "llama", Qwen3: "qwen3", Gemma3: "gemma3"}  # llama.cpp's
_ROTATION_FACTORS = "rope_freqs.weight"  # what the frequencies of the rotary embedding are divided by
_TRANSPOSED = ("attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj")  # of GPT-2: (inputs, outputs)


def architecture(config: Config) -> str:
    """What llama.cpp calls the architecture of a model."""
    return _NAMES[type(config)]


def write_settings(writer: GGUFWriter, model: FolderModel) -> None:
    """Write the shape of the model."""
    config = model.config
    writer.add_vocab_size(model.rows)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_feed_forward_length(config.intermediate_size)
    if isinstance(config, GPT2):
        writer.add_layer_norm_eps(config.norm_eps)
        return
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_key_length(config.head_width)
    writer.add_value_length(config.head_width)
    writer.add_rope_dimension_count(config.head_width)
    _write_positions(writer, config)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)


def _write_positions(writer: GGUFWriter, config: Llama | Qwen3 | Gemma3) -> None:
    if not isinstance(config, Gemma3):
        writer.add_rope_freq_base(config.rope_parameters.rope_theta)
        return
    everywhere, window = config.rope_parameters.full_attention, config.rope_parameters.sliding_attention
    writer.add_rope_freq_base(everywhere.rope_theta)
    writer.add_rope_freq_base_swa(window.rope_theta)
    if everywhere.rope_type == "linear":
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(everywhere.factor)
    writer.add_sliding_window(config.sliding_window)


def tensors(model: FolderModel) -> Tensors:
    """Every tensor by its name in the file, in float32."""
    config = model.config
    arch = {name: kind for kind, name in gguf.MODEL_ARCH_NAMES.items()}[architecture(config)]
    names = gguf.get_tensor_name_map(arch, config.num_hidden_layers)
    arrange = _ARRANGED.get(type(config), _as_it_is)
    for name in model.names():
        target = names.get_name(name, try_suffixes=(".weight", ".bias"))
        if target is None:
            raise ModelError(f"llama.cpp has no place for {name}; train the model again from another base")
        yield target, np.ascontiguousarray(arrange(name, model.tensor(name), config))
    if isinstance(config, Llama):
        factors = config.rope_parameters.factors(config.head_width)
        if (factors != 1).any():
            yield _ROTATION_FACTORS, factors


def _as_it_is(_name: str, tensor: Floats, _config: Config) -> Floats:
    return tensor


def _gpt2_tensor(name: str, tensor: Floats, _config: Config) -> Floats:
    transposed = name.endswith(".weight") and any(part in name for part in _TRANSPOSED)
    return tensor.T if transposed else tensor


def _llama_tensor(name: str, tensor: Floats, config: Config) -> Floats:
    """Rotary positions are paired otherwise in llama.cpp: rows of queries and keys change places."""
    if isinstance(config, GPT2) or not (".q_proj." in name or ".k_proj." in name):
        return tensor
    halves = tensor.reshape(-1, 2, config.head_width // 2, *tensor.shape[1:])  # (heads, halves, ...)
    return halves.swapaxes(1, 2).reshape(tensor.shape)


def _gemma_tensor(name: str, tensor: Floats, _config: Config) -> Floats:
    """Transformers multiplies by one more than the weight of a norm, llama.cpp by the weight."""
    return tensor + np.float32(1) if name.endswith("norm.weight") else tensor


_ARRANGED: dict[type, Callable[[str, Floats, Config], Floats]] = {
    GPT2: _gpt2_tensor,
    Llama: _llama_tensor,
    Gemma3: _gemma_tensor,
}
