"""What the model of a folder computes, by the conventions of transformers."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from ..bases.rope_scaling import Floats
from ._config import GPT2, Gemma3, Llama, Qwen3, Rope
from ._folder_model import FolderModel
from ._network import Function, Layer, Network, feed_forward, gated, gelu, layer_norm, linear, rms_norm, silu


def folder_network(model: FolderModel) -> Network:
    """The network of a model folder.

    Raises:
        ModelError: a weight is missing; also while it computes.
    """
    config = model.config
    return _gpt2(model, config) if isinstance(config, GPT2) else _llama(model, config)


def _gpt2(model: FolderModel, config: GPT2) -> Network:
    tokens = model.tensor("transformer.wte.weight")
    positions = model.tensor("transformer.wpe.weight")

    if positions.shape != (config.max_position_embeddings, config.hidden_size):
        raise ValueError("wpe")

    def norm(name: str) -> Function:
        weight, bias = (model.tensor(f"transformer.{name}.{part}") for part in ("weight", "bias"))
        return layer_norm(weight, bias, config.norm_eps)

    def conv1d(name: str) -> tuple[Floats, Floats]:
        return model.tensor(f"transformer.{name}.weight").T, model.tensor(f"transformer.{name}.bias")

    def layers() -> Iterator[Layer]:
        for number in range(config.num_hidden_layers):
            name = f"h.{number}"
            weight, bias = conv1d(f"{name}.attn.c_attn")
            queries, keys, values = (
                linear(*each) for each in zip(np.split(weight, 3), np.split(bias, 3), strict=True)
            )
            up, down = linear(*conv1d(f"{name}.mlp.c_fc")), linear(*conv1d(f"{name}.mlp.c_proj"))
            yield Layer(
                before_attention=norm(f"{name}.ln_1"),
                queries=queries,
                keys=keys,
                values=values,
                output=linear(*conv1d(f"{name}.attn.c_proj")),
                before_feed_forward=norm(f"{name}.ln_2"),
                feed_forward=feed_forward(up, down, gelu),
            )

    return Network(
        heads=config.num_attention_heads,
        key_heads=config.num_attention_heads,
        vocabulary=len(tokens),
        embed=lambda ids: tokens[list(ids)] + positions[: len(ids)],
        layers=layers,
        norm=norm("ln_f"),
        lm_head=linear(tokens if config.tie_word_embeddings else model.tensor("lm_head.weight")),
    )


def _llama(model: FolderModel, config: Llama | Qwen3 | Gemma3) -> Network:
    """Llama, and what differs from it in Qwen 3 and Gemma 3."""
    is_gemma = isinstance(config, Gemma3)
    has_head_norms = not isinstance(config, Llama)
    tokens = model.tensor("model.embed_tokens.weight")
    scale = np.float32(config.hidden_size**0.5 if is_gemma else 1.0)

    def norm(name: str) -> Function:
        return rms_norm(model.tensor(f"model.{name}.weight") + is_gemma, config.rms_norm_eps)

    def matrix(name: str) -> Function:
        return linear(model.tensor(f"model.{name}.weight"))

    def layers() -> Iterator[Layer]:
        for number in range(config.num_hidden_layers):
            name = f"layers.{number}"
            attention, mlp = f"{name}.self_attn", f"{name}.mlp"
            gate, up, down = (matrix(f"{mlp}.{part}_proj") for part in ("gate", "up", "down"))
            optional: dict[str, Function] = {}
            if has_head_norms:
                optional["norm_queries"] = norm(f"{attention}.q_norm")
                optional["norm_keys"] = norm(f"{attention}.k_norm")
            if is_gemma:
                optional["after_attention"] = norm(f"{name}.post_attention_layernorm")
                optional["after_feed_forward"] = norm(f"{name}.post_feedforward_layernorm")
            rope, window = _places(config, number)
            yield Layer(
                before_attention=norm(f"{name}.input_layernorm"),
                queries=matrix(f"{attention}.q_proj"),
                keys=matrix(f"{attention}.k_proj"),
                values=matrix(f"{attention}.v_proj"),
                output=matrix(f"{attention}.o_proj"),
                before_feed_forward=norm(
                    f"{name}.{'pre_feedforward' if is_gemma else 'post_attention'}_layernorm"
                ),
                feed_forward=gated(gate, up, down, gelu if is_gemma else silu),
                rotate=_rotation(rope, config.head_width),
                window=window,
                **optional,
            )

    return Network(
        heads=config.num_attention_heads,
        key_heads=config.num_key_value_heads,
        vocabulary=len(tokens),
        embed=lambda ids: tokens[list(ids)] * scale,
        layers=layers,
        norm=norm("norm"),
        lm_head=linear(tokens if config.tie_word_embeddings else model.tensor("lm_head.weight")),
    )


def _places(config: Llama | Qwen3 | Gemma3, layer: int) -> tuple[Rope, int | None]:
    """How a layer embeds positions, and how many of them it sees."""
    if not isinstance(config, Gemma3):
        return config.rope_parameters, None
    if config.layer_types[layer] == "full_attention":
        return config.rope_parameters.full_attention, None
    return config.rope_parameters.sliding_attention, config.sliding_window


def _rotation(rope: Rope, width: int) -> Callable[[Floats, Floats], Floats]:
    """Rotates each number of the first half of a head with one of the second half."""
    frequencies = rope.unscaled(width) / rope.factors(width)

    def rotate(heads: Floats, places: Floats) -> Floats:
        angles = places[:, None, None] * frequencies
        cos, sin = np.cos(angles), np.sin(angles)
        first, second = np.split(heads, 2, axis=-1)
        return np.concatenate([first * cos - second * sin, second * cos + first * sin], -1)

    return rotate
