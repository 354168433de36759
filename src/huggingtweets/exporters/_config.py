"""What config.json says of a model that can be exported: the fields that change what the model computes.

The fields have the same names for every architecture; those that another program cannot compute are refused.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta, Struct

from ..bases.rope_scaling import Floats, frequencies, llama3_factors
from ..errors import ModelError
from ..model_folder import CONFIG

Count = Annotated[int, Meta(ge=1, le=10_000_000)]
Positive = Annotated[float, Meta(gt=0)]
_TANH = ("gelu_new", "gelu_pytorch_tanh")  # two names of one function


class Rope(Struct, frozen=True):
    """The rotary embedding of positions."""

    rope_theta: Positive
    rope_type: str = "default"
    factor: Positive = 1.0
    low_freq_factor: Positive = 1.0
    high_freq_factor: Positive = 1.0
    original_max_position_embeddings: Count = 1

    def factors(self, width: int) -> Floats:
        """What the frequencies of a head are divided by, (width / 2,): 1 without scaling."""
        plain = self.unscaled(width)
        if self.rope_type == "llama3":
            turns = self.low_freq_factor, self.high_freq_factor
            return llama3_factors(plain, self.factor, *turns, self.original_max_position_embeddings)
        return np.full_like(plain, self.factor if self.rope_type == "linear" else 1)

    def unscaled(self, width: int) -> Floats:
        """Radians for each position, (width / 2,)."""
        return frequencies(self.rope_theta, width)


class GPT2(
    Struct,
    frozen=True,
    tag_field="model_type",
    tag="gpt2",
    rename={
        "hidden_size": "n_embd",
        "num_hidden_layers": "n_layer",
        "num_attention_heads": "n_head",
        "max_position_embeddings": "n_positions",
        "intermediate": "n_inner",
        "norm_eps": "layer_norm_epsilon",
        "activation": "activation_function",
    },
):
    """GPT2Config of transformers."""

    vocab_size: Count
    hidden_size: Count
    num_hidden_layers: Count
    num_attention_heads: Count
    max_position_embeddings: Count
    norm_eps: Positive
    activation: str
    tie_word_embeddings: bool
    intermediate: Count | None = None
    add_cross_attention: bool = False
    scale_attn_by_inverse_layer_idx: bool = False
    scale_attn_weights: bool = True

    @property
    def intermediate_size(self) -> int:
        """The width of the feed-forward part."""
        return self.intermediate or 4 * self.hidden_size

    @property
    def is_known(self) -> bool:
        """Whether llama.cpp computes all of it."""
        plain = not (self.add_cross_attention or self.scale_attn_by_inverse_layer_idx)
        return plain and self.scale_attn_weights and self.activation in _TANH


class _Gated(Struct, frozen=True, tag_field="model_type", kw_only=True):
    """What Llama and its like have in common."""

    vocab_size: Count
    hidden_size: Count
    num_hidden_layers: Count
    num_attention_heads: Count
    max_position_embeddings: Count
    tie_word_embeddings: bool
    intermediate_size: Count
    num_key_value_heads: Count
    rms_norm_eps: Positive
    head_dim: Count | None = None
    attention_bias: bool = False

    @property
    def head_width(self) -> int:
        """The width of a head."""
        return self.head_dim or self.hidden_size // self.num_attention_heads


class Llama(_Gated, frozen=True, tag="llama", kw_only=True):
    """LlamaConfig of transformers."""

    rope_parameters: Rope
    hidden_act: str
    mlp_bias: bool = False

    @property
    def is_known(self) -> bool:
        """Whether llama.cpp computes all of it."""
        scaling = self.rope_parameters.rope_type in {"default", "linear", "llama3"}
        return scaling and self.hidden_act == "silu" and not (self.attention_bias or self.mlp_bias)


class Qwen3(_Gated, frozen=True, tag="qwen3", kw_only=True):
    """Qwen3Config of transformers."""

    rope_parameters: Rope
    hidden_act: str
    use_sliding_window: bool = False

    @property
    def is_known(self) -> bool:
        """Whether llama.cpp computes all of it."""
        plain = not (self.attention_bias or self.use_sliding_window)
        return plain and self.rope_parameters.rope_type == "default" and self.hidden_act == "silu"


class _Ropes(Struct, frozen=True):
    """The rotary embeddings of Gemma's two kinds of layers."""

    full_attention: Rope
    sliding_attention: Rope


class Gemma3(_Gated, frozen=True, tag="gemma3_text", kw_only=True):
    """Gemma3TextConfig of transformers."""

    rope_parameters: _Ropes
    hidden_activation: str
    query_pre_attn_scalar: float
    layer_types: tuple[str, ...]
    sliding_window: Count
    final_logit_softcapping: float | None = None
    attn_logit_softcapping: float | None = None
    use_bidirectional_attention: bool | None = False

    @property
    def is_known(self) -> bool:
        """Whether llama.cpp computes all of it."""
        capped = self.final_logit_softcapping or self.attn_logit_softcapping
        ropes = self.rope_parameters
        return (
            not (capped or self.attention_bias or self.use_bidirectional_attention)
            and self.hidden_activation in _TANH
            and self.query_pre_attn_scalar == self.head_width
            and ropes.full_attention.rope_type in {"default", "linear"}
            and ropes.sliding_attention.rope_type == "default"
            and self.layer_types == sliding_layers(self.num_hidden_layers)
        )


Config = GPT2 | Llama | Qwen3 | Gemma3
PERIOD = 6  # of Gemma's layers: five that see a window, and one that sees all
_MODEL_TYPES = {"gpt2": GPT2, "llama": Llama, "qwen3": Qwen3, "gemma3_text": Gemma3}


def sliding_layers(count: int) -> tuple[str, ...]:
    """The kinds of so many layers of Gemma, as llama.cpp takes them to be."""
    return tuple("sliding_attention" if n % PERIOD else "full_attention" for n in range(1, count + 1))


def read_config(folder: Path) -> Config:
    """The config of a model folder.

    Raises:
        ModelError: it is damaged, or of a model that cannot be exported.
    """
    try:
        fields = msgspec.json.decode((folder / CONFIG).read_bytes(), type=dict[str, Any])
    except (OSError, ValueError) as error:
        raise damaged(folder, f"{CONFIG}: {error}") from error
    kind = fields.get("model_type")
    if kind not in _MODEL_TYPES:
        raise ModelError(
            f"a model of the architecture {kind} cannot be exported yet; expected one of "
            f"{', '.join(_MODEL_TYPES)}: train from another base, such as starter or smollm2-135m"
        )
    try:
        config: Config = msgspec.convert(fields, _MODEL_TYPES[kind])
    except msgspec.ValidationError as error:
        raise damaged(folder, f"{CONFIG}: {error}") from error
    if not config.is_known:
        raise ModelError(
            f"this model is a variant of {kind} that cannot be exported yet; train from another base, such "
            "as starter or smollm2-135m"
        )
    return config


def damaged(folder: Path, why: str) -> ModelError:
    """The error where a model folder cannot be read."""
    return ModelError(f"the model in {folder} cannot be loaded ({why}); train it again")
