"""How well a model predicts text."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch.nn import functional
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from .batches import IGNORED, Batch, Row, batches, encode
from .device import Device

EVALUATION_TOKENS = 4096  # positions in one batch; without gradients more fit


def summed_loss(model: PreTrainedModel, batch: Batch, device: Device) -> torch.Tensor:
    """Cross-entropy in nats, summed over the batch's targets: a scalar in float32."""
    inputs, targets = batch.inputs.to(device.kind), batch.targets.to(device.kind)
    with device.autocast():
        logits = model(input_ids=inputs, use_cache=False).logits
    return functional.cross_entropy(
        logits.flatten(0, 1).float(), targets.flatten(), ignore_index=IGNORED, reduction="sum"
    )


@torch.no_grad()
def bits_per_byte(
    model: PreTrainedModel, rows: Sequence[Row], texts: Sequence[str], padding: int, device: Device
) -> float:
    """Bits per UTF-8 byte of the texts, each counted with one byte for its end.

    Comparable across tokenizers (Gao et al. 2020, "The Pile", section 3.1): nats / (ln 2 x bytes).

    Args:
        model: a causal language model.
        rows: the tokens of `texts`, from `batches.encode`.
        texts: what the bytes are counted of.
        padding: token to fill rows with.
        device: where to compute.
    """
    was_training = model.training
    model.eval()
    nats = sum(
        summed_loss(model, batch, device).item() for batch in batches(rows, EVALUATION_TOKENS, padding, None)
    )
    model.train(was_training)
    return nats / (math.log(2) * sum(len(text.encode()) + 1 for text in texts))


@torch.no_grad()
def bits_per_post(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], device: Device
) -> list[float]:
    """What each text costs the model in bits, its end counted.

    Args:
        model: a causal language model.
        tokenizer: its tokenizer.
        texts: posts.
        device: where to compute.
    """
    positions = getattr(model.config, "max_position_embeddings", None) or 1024
    model.eval()
    bits = []
    for text in texts:
        rows = encode([text], tokenizer, positions)
        nats = sum(summed_loss(model, batch, device).item() for batch in batches(rows, positions, 0, None))
        bits.append(nats / math.log(2))
    return bits
