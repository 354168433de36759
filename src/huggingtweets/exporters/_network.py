"""The forward pass of a causal language model in numpy: no more than comparing two models needs.

Where a model is from, and how its weights are laid out there, is the business of `_folder_network` and
`_file_network`, which have no code in common but this.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..bases.rope_scaling import Floats

Function = Callable[[Floats], Floats]


def unchanged(hidden: Floats) -> Floats:
    """What does nothing."""
    return hidden


@dataclass(frozen=True, kw_only=True)
class Layer:
    """What one layer does; all functions take and give (positions, width)."""

    before_attention: Function
    queries: Function
    keys: Function
    values: Function
    output: Function
    after_attention: Function = unchanged
    before_feed_forward: Function
    feed_forward: Function
    after_feed_forward: Function = unchanged
    norm_queries: Function = unchanged  # of each head: (positions, heads, width of a head)
    norm_keys: Function = unchanged
    rotate: Callable[[Floats, Floats], Floats] | None = None  # the same, by (positions,)
    window: int | None = None  # positions that each sees, itself counted; None: all before it


@dataclass(frozen=True, kw_only=True)
class Network:
    """A causal language model."""

    heads: int
    key_heads: int  # of keys and of values; each serves as many heads of queries
    vocabulary: int
    embed: Callable[[Sequence[int]], Floats]  # (positions, width)
    layers: Callable[[], Iterator[Layer]]  # each is read when it is needed
    norm: Function
    lm_head: Function


def hidden_states(network: Network, texts: Sequence[Sequence[int]]) -> list[Floats]:
    """What the last layer makes of each text, (tokens, width)."""
    lengths = [len(text) for text in texts]
    hidden = np.concatenate([network.embed(text) for text in texts])
    places = np.concatenate([np.arange(length, dtype=np.float32) for length in lengths])
    for layer in network.layers():
        attended = _attention(network, layer, layer.before_attention(hidden), places, lengths)
        hidden = hidden + layer.after_attention(layer.output(attended))
        fed = layer.feed_forward(layer.before_feed_forward(hidden))
        hidden = hidden + layer.after_feed_forward(fed)
    return np.split(network.norm(hidden), np.cumsum(lengths)[:-1])


def log_probabilities(network: Network, hidden: Floats) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Of every token after every place, (tokens, vocabulary), in nats; from what the last layer made."""
    logits = network.lm_head(hidden).astype(np.float64)
    logits -= logits.max(-1, keepdims=True)
    logits -= np.log(np.exp(logits).sum(-1, keepdims=True))
    return logits


def _attention(
    network: Network, layer: Layer, hidden: Floats, places: Floats, lengths: Sequence[int]
) -> Floats:
    """Attention of each place to those before it in its text."""

    def heads(projected: Floats, count: int, norm: Function = unchanged, *, turn: bool = True) -> Floats:
        split = norm(projected.reshape(len(projected), count, -1))
        return layer.rotate(split, places) if layer.rotate and turn else split

    shared = network.heads // network.key_heads
    queries = heads(layer.queries(hidden), network.heads, layer.norm_queries)
    keys = heads(layer.keys(hidden), network.key_heads, layer.norm_keys).repeat(shared, 1)
    values = heads(layer.values(hidden), network.key_heads, turn=False).repeat(shared, 1)
    attended = []
    for begin, length in zip(np.cumsum([0, *lengths[:-1]]), lengths, strict=True):
        text = slice(begin, begin + length)
        q, k, v = (part[text].swapaxes(0, 1) for part in (queries, keys, values))  # (heads, places, width)
        scores = q @ k.swapaxes(1, 2) / math.sqrt(q.shape[-1])
        weights = softmax(np.where(_seen(length, layer.window), scores, -np.inf))
        attended.append((weights @ v).swapaxes(0, 1).reshape(length, -1))
    return np.concatenate(attended)


def _seen(length: int, window: int | None) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Whether a place, by row, sees another, by column."""
    behind = np.arange(length)[:, None] - np.arange(length)
    seen: np.ndarray[tuple[int, ...], np.dtype[np.bool_]] = (behind >= 0) & (behind < (window or length))
    return seen


def softmax(scores: Floats) -> Floats:
    """Probabilities along the last axis."""
    powers = np.exp(scores - scores.max(-1, keepdims=True))
    probabilities: Floats = powers / powers.sum(-1, keepdims=True)
    return probabilities


def linear(weight: Floats, bias: Floats | None = None) -> Function:
    """Multiplies by a matrix, (outputs, inputs)."""
    added = np.float32(0) if bias is None else bias

    def multiply(hidden: Floats) -> Floats:
        outputs: Floats = hidden @ weight.T
        return outputs + added

    return multiply


def layer_norm(weight: Floats, bias: Floats, eps: float) -> Function:
    """The norm of GPT-2."""

    def norm(hidden: Floats) -> Floats:
        centred = hidden - hidden.mean(-1, keepdims=True)
        spread: Floats = np.sqrt((centred**2).mean(-1, keepdims=True) + eps)
        normed: Floats = centred / spread * weight + bias
        return normed

    return norm


def rms_norm(weight: Floats, eps: float) -> Function:
    """The norm of Llama and its like."""

    def norm(hidden: Floats) -> Floats:
        spread: Floats = np.sqrt((hidden**2).mean(-1, keepdims=True) + eps)
        normed: Floats = hidden / spread * weight
        return normed

    return norm


def gelu(hidden: Floats) -> Floats:
    """Its approximation by the tangent."""
    cube = hidden * hidden * hidden  # ** takes 50 times as long
    inner = math.sqrt(2 / math.pi) * (hidden + 0.044715 * cube)
    result: Floats = 0.5 * hidden * (1 + np.tanh(inner))
    return result


def silu(hidden: Floats) -> Floats:
    """Also called swish."""
    result: Floats = hidden * 0.5 * (1 + np.tanh(hidden / 2))
    return result


def feed_forward(up: Function, down: Function, activation: Function) -> Function:
    """The feed-forward part of GPT-2."""
    return lambda hidden: down(activation(up(hidden)))


def gated(gate: Function, up: Function, down: Function, activation: Function) -> Function:
    """The feed-forward part of Llama and its like."""
    return lambda hidden: down(activation(gate(hidden)) * up(hidden))
