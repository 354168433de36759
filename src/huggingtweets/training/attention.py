"""Attention over short rows on a CPU, where the backward pass of torch's fused kernel is slow.

For rows of 32 tokens in bfloat16 the fused kernel takes 1.5 ms forward and 35 ms backward; the same written
as two batched products takes 4.5 ms in all (torch 2.13, `docs/log.md`).
"""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

NAME = "short_rows"
MAX_WIDTH = 512  # tokens; in wider rows the fused kernel is the faster one


def use_short_rows(model: PreTrainedModel) -> None:
    """Make the model compute attention with `short_rows`."""
    AttentionInterface.register(NAME, short_rows)
    AttentionMaskInterface.register(NAME, sdpa_mask)
    model.set_attn_implementation(NAME)


def short_rows(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    dropout: float = 0.0,
    scaling: float | None = None,
    **kwargs: Any,
) -> tuple[torch.Tensor, None]:
    """Causal attention with the signature that transformers' `AttentionInterface` has.

    It hands everything but training on short rows to the fused kernel.

    Args:
        module: the layer that calls.
        query: (rows, heads, tokens, width).
        key: (rows, heads or fewer, tokens, width).
        value: as `key`.
        attention_mask: added to the scores, (rows, 1, tokens, tokens); None for a plain causal mask.
        dropout: probability, of the attention weights.
        scaling: factor of the scores; None is 1 / sqrt(width).
        kwargs: for the fused kernel only.

    Returns:
        (rows, tokens, heads, width), and None for the attention weights, which nobody uses.
    """
    rows, heads, tokens, width = query.shape
    short = attention_mask is not None and attention_mask.is_floating_point() and tokens <= MAX_WIDTH
    if attention_mask is None or not (short and torch.is_grad_enabled()):
        fused: tuple[torch.Tensor, None] = sdpa_attention_forward(
            module, query, key, value, attention_mask, dropout=dropout, scaling=scaling, **kwargs
        )
        return fused
    key_heads = key.shape[1]  # each serves the same number of heads of the query, which stand side by side
    query, key, value = (tensor.reshape(rows * key_heads, -1, width) for tensor in (query, key, value))
    scores = torch.bmm(query, key.transpose(1, 2)).view(rows, heads, tokens, tokens)
    scores = torch.add(attention_mask, scores, alpha=scaling or width**-0.5)
    weights = functional.dropout(scores.softmax(-1), dropout).view(rows * key_heads, -1, tokens)
    return torch.bmm(weights, value).view(rows, heads, tokens, width).transpose(1, 2), None
