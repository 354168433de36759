"""Reading a GGUF file into a model that transformers can save again."""

from __future__ import annotations

import io
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any

from transformers import PreTrainedConfig

from .gguf_reader import each_file_opened_once
from .pretrained import load_config, load_model


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
        ValueError: the file lacks weights.
    """
    with each_file_opened_once(), redirect_stderr(io.StringIO()):  # its bar cannot be switched off
        shape = shape or load_config(folder, gguf_file=file, local_files_only=True)
        _correct(shape)
        model = load_model(folder, config=shape, gguf_file=file, dtype=dtype, local_files_only=True)
    fields = {**model.config.to_dict(), **config}
    fields.pop("quantization_config", None)  # transformers does not save what it calls quantized
    plain: Any = type(model)(type(model.config).from_dict(fields))
    plain.to(model.dtype)
    plain.load_state_dict(model.state_dict())
    return plain


def _correct(config: PreTrainedConfig) -> None:
    """Transformers puts two numbers of GPT-2 where the model does not look."""
    if config.model_type == "gpt2":
        config.n_positions = getattr(config, "n_ctx", config.n_positions)
        config.n_inner = getattr(config, "feed_forward_length", config.n_inner)
