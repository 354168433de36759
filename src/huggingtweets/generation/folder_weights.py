"""The weights of a GPT-2 or a Llama from the files of a model folder, without a model of transformers.

Only what is wholly understood is read: every key of config.json, and every tensor.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec
import torch
from msgspec import Meta, Struct
from safetensors.torch import load_file

from ..model_folder import CONFIG, WHOLE_WEIGHTS
from .decoder_weights import DecoderWeights, Matrix, Rotary, gpt2_weights, llama_weights

_NO_COMPUTATION = {  # keys of config.json that change nothing in what a trained model computes
    *("_model_name_or_path", "_name_or_path", "architectures", "initializer_range", "use_cache"),
    *("bos_token_id", "eos_token_id", "pad_token_id", "unk_token_id", "transformers_version"),
    *("attention_dropout", "attn_pdrop", "embd_pdrop", "resid_pdrop", "pretraining_tp"),
    *("summary_activation", "summary_first_dropout", "summary_proj_to_labels", "summary_type"),
    "summary_use_proj",
}
_NUMBERS = (torch.float32, torch.float16, torch.bfloat16)

Count = Annotated[int, Meta(ge=1, le=10_000_000)]
DType = Literal["float32", "float16", "bfloat16"]  # of the file, which says it, too


class _GPT2(Struct, tag_field="model_type", tag="gpt2", forbid_unknown_fields=True):
    """See GPT2Config."""

    activation_function: str
    layer_norm_epsilon: float
    n_embd: Count
    n_head: Count
    n_layer: Count
    n_positions: Count
    vocab_size: Count
    tie_word_embeddings: bool
    dtype: DType | None = None
    n_inner: Count | None = None
    add_cross_attention: bool = False
    reorder_and_upcast_attn: bool = False
    scale_attn_by_inverse_layer_idx: bool = False
    scale_attn_weights: bool = True

    @property
    def shape(self) -> _Shape:
        width = self.n_embd
        inner = self.n_inner or 4 * width
        return _Shape(self.vocab_size, self.n_positions, self.n_layer, width, 3 * width, inner)

    def weights(self, tensors: _Tensors, dtype: torch.dtype) -> DecoderWeights:
        return gpt2_weights(self, tensors, dtype)


class _RotaryParameters(Struct, forbid_unknown_fields=True):
    rope_theta: float
    rope_type: Literal["default"]


class _Llama(Struct, tag_field="model_type", tag="llama", forbid_unknown_fields=True):
    """See LlamaConfig."""

    attention_bias: bool
    head_dim: Count
    hidden_act: str
    hidden_size: Count
    intermediate_size: Count
    max_position_embeddings: Count
    mlp_bias: bool
    num_attention_heads: Count
    num_hidden_layers: Count
    num_key_value_heads: Count
    rms_norm_eps: float
    rope_parameters: _RotaryParameters
    tie_word_embeddings: bool
    vocab_size: Count
    dtype: DType | None = None

    @property
    def shape(self) -> _Shape:
        attention = self.head_dim * (self.num_attention_heads + 2 * self.num_key_value_heads)
        return _Shape(
            self.vocab_size,
            self.max_position_embeddings,
            self.num_hidden_layers,
            self.hidden_size,
            attention,
            2 * self.intermediate_size,
        )

    def weights(self, tensors: _Tensors, dtype: torch.dtype) -> DecoderWeights:
        exponents = torch.arange(0, self.head_dim, 2, dtype=torch.float32) / self.head_dim
        return llama_weights(self, tensors, Rotary(1.0 / self.rope_parameters.rope_theta**exponents), dtype)


class _Shape(Struct, frozen=True):
    """How many numbers there are of each kind."""

    vocabulary: int
    context: int  # positions
    layers: int
    width: int
    attention: int  # of queries, keys and values
    up: int

    def require(self, weights: DecoderWeights) -> None:
        """Compare weights with what the config says.

        Raises:
            ValueError: they are of another model.
        """
        tables = [(weights.tokens, self.vocabulary)]
        if isinstance(weights.positions, torch.Tensor):
            tables.append((weights.positions, self.context))
        linears = [(weights.lm_head, self.vocabulary)]
        for layer in weights.layers:
            linears += [(layer.attention, self.attention), (layer.up, self.up)]
            linears += [(layer.output, self.width), (layer.down, self.width)]
        if any(table.shape != (rows, self.width) for table, rows in tables) or any(
            sum(map(len, linear.weights)) != outputs for linear, outputs in linears
        ):
            raise ValueError(f"{WHOLE_WEIGHTS} is of another model than {CONFIG}")


class _Tensors:
    """See `WeightSource`; remembers what was taken."""

    def __init__(self, tensors: dict[str, torch.Tensor], *, tied: bool) -> None:
        self._tensors, self._tied = tensors, tied
        self.left = set(tensors)

    def tensor(self, name: str) -> torch.Tensor:
        self.left.discard(name)
        return self._tensors[name]

    def matrix(self, name: str) -> Matrix:
        if name == "lm_head" and self._tied:
            [embedding] = self._tensors.keys() & {"transformer.wte.weight", "model.embed_tokens.weight"}
            return Matrix(self._tensors[embedding])
        weight = self.tensor(f"{name}.weight")
        is_conv1d = name.startswith("transformer.")
        bias = self.tensor(f"{name}.bias") if f"{name}.bias" in self._tensors else None
        return Matrix(weight.T if is_conv1d else weight, bias)


class FolderWeights:
    """The weights of a folder."""

    def __init__(self, folder: Path) -> None:
        """Map the file of the weights into memory; nothing is copied yet.

        Raises:
            Exception: of any kind, where a file is damaged, or the model is none that is known here.
        """
        fields = msgspec.json.decode((folder / CONFIG).read_bytes(), type=dict[str, object])
        known = {key: value for key, value in fields.items() if key not in _NO_COMPUTATION}
        self._config = msgspec.convert(known, type=_GPT2 | _Llama)
        self._tensors = load_file(folder / WHOLE_WEIGHTS)
        if any(tensor.dtype not in _NUMBERS for tensor in self._tensors.values()):
            raise ValueError(f"{WHOLE_WEIGHTS} holds weights of an unknown kind")
        self.shape = self._config.shape
        if self.shape.layers > len(self._tensors):
            raise ValueError(f"{CONFIG} has more layers than {WHOLE_WEIGHTS}")

    def decoder_weights(self, dtype: torch.dtype) -> DecoderWeights:
        """The weights for a decoder; matrices are copied where the file has them in another precision.

        Raises:
            Exception: as above.
        """
        tensors = _Tensors(self._tensors, tied=self._config.tie_word_embeddings)
        weights = self._config.weights(tensors, dtype)
        if tensors.left:
            raise ValueError(f"{WHOLE_WEIGHTS} holds weights of another model")
        self.shape.require(weights)
        return weights
