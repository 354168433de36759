"""The tensors and settings of each architecture as llama.cpp wants them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import gguf
import torch
from gguf import GGUFWriter
from numpy.typing import NDArray

from ..errors import ModelError

Array = NDArray[Any]
Tensors = Iterator[tuple[str, Array]]

_SUPPORTED = {
    "gpt2": "gpt2",
    "llama": "llama",
    "qwen3": "qwen3",
}  # by `model_type`; the value is llama.cpp's name
_VARIANTS = (
    "add_cross_attention",
    "scale_attn_by_inverse_layer_idx",
    "attention_bias",
    "mlp_bias",
    "use_sliding_window",
)
_ROTATIONS = {"llama": ("default", "linear", "llama3"), "qwen3": ("default",)}  # `rope_type`
ROTATION_FACTORS = "rope_freqs.weight"  # what the frequencies of the rotary embedding are divided by
_TRANSPOSED = ("attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj")  # of GPT-2: (inputs, outputs)


def architecture(model: Any) -> str:
    """What llama.cpp calls the architecture of a model.

    Raises:
        ModelError: it is none that can be exported.
    """
    config = model.config
    name = _SUPPORTED.get(config.model_type)
    if name is None:
        raise ModelError(
            f"a model of the architecture {config.model_type} cannot be exported yet; expected one of "
            f"{', '.join(_SUPPORTED)}: train from another base, such as starter or smollm2-135m"
        )
    rotation = (getattr(config, "rope_parameters", None) or {}).get("rope_type", "default")
    known = rotation in _ROTATIONS.get(config.model_type, ("default",))
    if not known or any(getattr(config, variant, False) for variant in _VARIANTS):
        raise ModelError(
            f"this model is a variant of {config.model_type} that cannot be exported yet; train from another "
            "base, such as starter or smollm2-135m"
        )
    return name


def write_settings(writer: GGUFWriter, model: Any) -> None:
    """Write the shape of the model."""
    config = model.config
    writer.add_vocab_size(model.get_input_embeddings().weight.shape[0])
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_head_count(config.num_attention_heads)
    if config.model_type == "gpt2":
        writer.add_feed_forward_length(config.n_inner or 4 * config.n_embd)
        writer.add_layer_norm_eps(config.layer_norm_epsilon)
        return
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_key_length(_head_width(config))
    writer.add_value_length(_head_width(config))
    writer.add_rope_dimension_count(_head_width(config))
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)


def tensors(model: Any) -> Tensors:
    """Every tensor by its name in the file, in float32."""
    config = model.config
    arch = {name: kind for kind, name in gguf.MODEL_ARCH_NAMES.items()}[architecture(model)]
    names = gguf.get_tensor_name_map(arch, config.num_hidden_layers)
    arrange = _ARRANGED.get(config.model_type, _as_it_is)
    for name, tensor in model.state_dict().items():
        if name == "lm_head.weight" and config.tie_word_embeddings:
            continue
        target = names.get_name(name, try_suffixes=(".weight", ".bias"))
        if target is None:
            raise ModelError(f"llama.cpp has no place for {name}; train the model again from another base")
        yield target, arrange(name, tensor.float(), config).contiguous().numpy()
    factors = rotation_factors(model)
    if not torch.equal(factors, torch.ones_like(factors)):
        yield ROTATION_FACTORS, factors.numpy()


def rotation_factors(model: Any) -> torch.Tensor:
    """What the frequencies of the rotary embedding are divided by, (width of a head / 2,); none in GPT-2.

    They are all 1 without scaling, one number in linear scaling, and several in that of Llama 3.
    """
    config = model.config
    if config.model_type == "gpt2":
        return torch.ones(0)
    width = _head_width(config)
    exponents = torch.arange(0, width, 2, dtype=torch.int64).float() / width
    unscaled: torch.Tensor = 1.0 / config.rope_parameters["rope_theta"] ** exponents
    factors: torch.Tensor = unscaled / model.model.rotary_emb.inv_freq.float().cpu()
    return factors


def _as_it_is(_name: str, tensor: torch.Tensor, _config: Any) -> torch.Tensor:
    return tensor


def _gpt2_tensor(name: str, tensor: torch.Tensor, _config: Any) -> torch.Tensor:
    transposed = name.endswith(".weight") and any(part in name for part in _TRANSPOSED)
    return tensor.T if transposed else tensor


def _llama_tensor(name: str, tensor: torch.Tensor, config: Any) -> torch.Tensor:
    """Rotary positions are paired otherwise in llama.cpp: rows of queries and keys change places."""
    heads = {".q_proj.": config.num_attention_heads, ".k_proj.": config.num_key_value_heads}
    count = next((count for part, count in heads.items() if part in name), 0)
    if not count:
        return tensor
    halves = tensor.reshape(count, 2, tensor.shape[0] // count // 2, *tensor.shape[1:])
    return halves.transpose(1, 2).reshape(tensor.shape)


_ARRANGED: dict[str, Callable[[str, torch.Tensor, Any], torch.Tensor]] = {
    "gpt2": _gpt2_tensor,
    "llama": _llama_tensor,
}


def _head_width(config: Any) -> int:
    width: int = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    return width
