"""Reading a GGUF file into a model that transformers can save again."""

from __future__ import annotations

import io
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any

import numpy as np
from gguf import GGUFReader
from transformers import PreTrainedConfig

from .gguf_reader import each_file_opened_once, open_gguf
from .pretrained import load_config, load_model
from .rope_scaling import rope_parameters

_FACTORS = "rope_freqs.weight"  # what the frequencies of the rotary embedding are divided by
_LAYERS_OF_LARGEST_GEMMA = 62  # of Gemma 3 27B, which scales attention in another way


def read_gguf(
    folder: str | Path, file: str, *, dtype: str, shape: PreTrainedConfig | None = None, **config: Any
) -> Any:
    """A causal language model of a GGUF file, its weights no longer quantized.

    Args:
        folder: where the file lies.
        file: its name.
        dtype: of the weights.
        shape: what `load_config` gave for the file, where that was called already: each reading takes time.
        config: fields of the config that are set besides.

    Raises:
        ValueError: the file lacks weights, or scales positions in a way that is not known here.
    """
    with each_file_opened_once(), redirect_stderr(io.StringIO()):  # its bar cannot be switched off
        shape = shape or load_config(folder, gguf_file=file, local_files_only=True)
        _correct(shape, open_gguf(Path(folder) / file))
        model = load_model(folder, config=shape, gguf_file=file, dtype=dtype, local_files_only=True)
    fields = {**model.config.to_dict(), **config}
    fields.pop("quantization_config", None)  # transformers does not save what it calls quantized
    plain: Any = type(model)(type(model.config).from_dict(fields))
    plain.to(model.dtype)
    plain.load_state_dict(model.state_dict())
    return plain


def _correct(config: Any, file: GGUFReader) -> None:
    """Set what transformers leaves out of the config, or puts where the model does not look.

    Raises:
        ValueError: the file scales positions in a way that is not known here.
    """
    if config.model_type == "gpt2":
        config.n_positions = getattr(config, "n_ctx", config.n_positions)
        config.n_inner = getattr(config, "feed_forward_length", config.n_inner)
    if config.model_type == "qwen3":
        config.head_dim = _setting(file, "attention.key_length") or config.head_dim
    if config.model_type == "gemma3_text":  # llama.cpp has these numbers in its code
        largest = config.num_hidden_layers == _LAYERS_OF_LARGEST_GEMMA
        heads = config.num_attention_heads
        config.query_pre_attn_scalar = config.hidden_size // heads if largest else config.head_dim
    rope = getattr(config, "rope_parameters", None) or {}
    local, everywhere = rope.get("sliding_attention"), rope.get("full_attention", rope)
    if local:
        local["rope_theta"] = _setting(file, "rope.freq_base_swa") or local["rope_theta"]
    if everywhere.get("rope_type") == "default":
        everywhere.update(_scaling(file, everywhere["rope_theta"]))


def _scaling(file: GGUFReader, theta: float) -> dict[str, Any]:
    """How positions are scaled, which transformers does not read; empty where they are not."""
    factors = {tensor.name: tensor.data for tensor in file.tensors if tensor.name.startswith("rope_")}
    if factors.keys() - {_FACTORS}:
        raise ValueError("its positions are scaled in a way that is not known; choose another base")
    if factors:
        return rope_parameters(np.asarray(factors[_FACTORS]), theta)
    kind, factor = _setting(file, "rope.scaling.type") or "none", _setting(file, "rope.scaling.factor") or 1.0
    if kind not in {"none", "linear"}:
        raise ValueError(f"its positions are scaled by {kind}, which is not read; choose another base")
    return {"rope_type": "linear", "factor": factor} if kind == "linear" and factor != 1 else {}


def _setting(file: GGUFReader, key: str) -> Any:
    """A setting of the file's architecture; None where it has none."""
    field = file.get_field(f"{file.fields['general.architecture'].contents()}.{key}")
    return field.contents() if field else None
