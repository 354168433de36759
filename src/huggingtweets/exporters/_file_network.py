"""What llama.cpp computes from a GGUF file, by its own conventions (src/models and llama-model.cpp).

Nothing here knows how the file was written: names, pairs of rotated numbers and defaults are llama.cpp's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import gguf
import numpy as np
from gguf import GGUFReader

from ..bases.rope_scaling import Floats
from ..errors import ModelError
from ._network import Function, Layer, Network, feed_forward, gated, gelu, layer_norm, linear, rms_norm, silu


@dataclass(frozen=True)
class _Kind:
    """What llama.cpp does for an architecture."""

    activation: Function
    is_gated: bool = True
    pairs: str = ""  # of numbers that are rotated: "adjacent", or "halves" of a head
    scales_tokens: bool = False
    window_period: int = 0  # each such layer sees all, the others a window
    window_base: float = 10_000.0  # of their rotary embedding


_KINDS = {
    "gpt2": _Kind(gelu, is_gated=False),
    "llama": _Kind(silu, pairs="adjacent"),
    "qwen3": _Kind(silu, pairs="halves"),
    "gemma3": _Kind(gelu, pairs="halves", scales_tokens=True, window_period=6),
}


class _File:
    """Metadata and tensors of a file, by llama.cpp's names."""

    def __init__(self, file: GGUFReader) -> None:
        self._file = file
        self._tensors = {tensor.name: tensor for tensor in file.tensors}
        self.architecture: str = file.fields["general.architecture"].contents()

    def get(self, key: str, default: Any = None) -> Any:
        field = self._file.get_field(f"{self.architecture}.{key}")
        if field is None and default is None:
            raise ModelError(f"what was written lacks {self.architecture}.{key}, so nothing was kept")
        return default if field is None else field.contents()

    def has(self, name: str) -> bool:
        return name in self._tensors

    def tensor(self, name: str) -> Floats:
        if name not in self._tensors:
            raise ModelError(f"what was written lacks {name}, so nothing was kept")
        tensor = self._tensors[name]
        floats: Floats = gguf.dequantize(tensor.data, tensor.tensor_type)
        return floats

    def optional(self, name: str) -> Floats | None:
        return self.tensor(name) if self.has(name) else None

    def matrix(self, name: str) -> Function:
        return linear(self.tensor(f"{name}.weight"), self.optional(f"{name}.bias"))

    def norm(self, name: str) -> Function:
        weight, bias = self.tensor(f"{name}.weight"), self.optional(f"{name}.bias")
        if bias is None:
            return rms_norm(weight, self.get("attention.layer_norm_rms_epsilon"))
        return layer_norm(weight, bias, self.get("attention.layer_norm_epsilon"))


def file_network(file: GGUFReader) -> Network:
    """The network of a GGUF file.

    Raises:
        ModelError: the file lacks something; also while it computes.
    """
    read = _File(file)
    kind = _KINDS[read.architecture]
    heads = read.get("attention.head_count")
    tokens, positions = read.tensor("token_embd.weight"), read.optional("position_embd.weight")
    scale = np.float32(read.get("embedding_length") ** 0.5 if kind.scales_tokens else 1.0)

    def embed(ids: Any) -> Floats:
        embedded: Floats = tokens[list(ids)] * scale
        return embedded if positions is None else embedded + positions[: len(ids)]

    return Network(
        heads=heads,
        key_heads=read.get("attention.head_count_kv", heads),
        vocabulary=len(tokens),
        embed=embed,
        layers=lambda: (_layer(read, kind, number) for number in range(read.get("block_count"))),
        norm=read.norm("output_norm"),
        lm_head=linear(read.tensor("output.weight") if read.has("output.weight") else tokens),
    )


def _layer(file: _File, kind: _Kind, number: int) -> Layer:
    name = f"blk.{number}"
    queries, keys, values = _projections(file, name)
    optional: dict[str, Function] = {
        field: file.norm(f"{name}.{norm}")
        for field, norm in {
            "norm_queries": "attn_q_norm",
            "norm_keys": "attn_k_norm",
            "after_attention": "post_attention_norm",
            "after_feed_forward": "post_ffw_norm",
        }.items()
        if file.has(f"{name}.{norm}.weight")
    }
    up, down = file.matrix(f"{name}.ffn_up"), file.matrix(f"{name}.ffn_down")
    is_windowed = bool(kind.window_period and (number + 1) % kind.window_period)
    return Layer(
        before_attention=file.norm(f"{name}.attn_norm"),
        queries=queries,
        keys=keys,
        values=values,
        output=file.matrix(f"{name}.attn_output"),
        before_feed_forward=file.norm(f"{name}.ffn_norm"),
        feed_forward=gated(file.matrix(f"{name}.ffn_gate"), up, down, kind.activation)
        if kind.is_gated
        else feed_forward(up, down, kind.activation),
        rotate=_rotation(file, kind, is_windowed=is_windowed) if kind.pairs else None,
        window=file.get("attention.sliding_window") if is_windowed else None,
        **optional,
    )


def _projections(file: _File, name: str) -> Iterator[Function]:
    """Of queries, keys and values, which lie in one matrix or in three."""
    if not file.has(f"{name}.attn_qkv.weight"):
        return (file.matrix(f"{name}.attn_{part}") for part in "qkv")
    weights = np.split(file.tensor(f"{name}.attn_qkv.weight"), 3)
    biases = np.split(file.tensor(f"{name}.attn_qkv.bias"), 3)
    return (linear(weight, bias) for weight, bias in zip(weights, biases, strict=True))


def _rotation(file: _File, kind: _Kind, *, is_windowed: bool) -> Callable[[Floats, Floats], Floats]:
    width = file.get("attention.key_length")
    base = file.get("rope.freq_base", 10_000.0)
    scaling = file.get("rope.scaling.factor", 1.0)
    if is_windowed:
        base, scaling = file.get("rope.freq_base_swa", kind.window_base), 1.0
    exponents = np.arange(0, width, 2, dtype=np.float32) / width
    frequencies = (1.0 / base**exponents / scaling).astype(np.float32)
    factors = file.optional("rope_freqs.weight")
    if factors is not None:
        frequencies = frequencies / factors

    def rotate(heads: Floats, places: Floats) -> Floats:
        angles = places[:, None, None] * frequencies
        cos, sin = np.cos(angles), np.sin(angles)
        adjacent = kind.pairs == "adjacent"
        shape = (*heads.shape[:-1], -1, 2) if adjacent else (*heads.shape[:-1], 2, -1)
        first, second = np.moveaxis(heads.reshape(shape), -1 if adjacent else -2, 0)
        turned = first * cos - second * sin, first * sin + second * cos
        rotated: Floats = np.stack(turned, -1 if adjacent else -2).reshape(heads.shape)
        return rotated

    return rotate
