"""How well a model predicts text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch.nn import functional
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from .. import results
from .batches import IGNORED, Batch, Row, batches, encode, positions
from .cross_entropy import backbone, cross_entropy, token_cross_entropy
from .device import Device

EVALUATION_TOKENS = 2048  # positions in one batch


def summed_loss(
    model: PreTrainedModel, batch: Batch, device: Device, lm_head: torch.Tensor | None
) -> torch.Tensor:
    """Cross-entropy in nats, summed over the batch's targets: a scalar in float32.

    Args:
        model: a causal language model.
        batch: what to predict.
        device: where the model is.
        lm_head: from `find_lm_head`, where the model has one: then scores are made a few at a time.
    """
    batch = batch.to(device.kind)
    targets = batch.targets.flatten()
    with _precision(model, device):
        if lm_head is None:
            scores = model(**_asked(model, batch)).logits.flatten(0, 1).float()
            return functional.cross_entropy(scores, targets, ignore_index=IGNORED, reduction="sum")
        hidden = backbone(model)(**_asked(model, batch)).last_hidden_state
        return cross_entropy(hidden.flatten(0, 1), lm_head, targets)


@torch.no_grad()
def nll(
    model: PreTrainedModel,
    texts: Sequence[Sequence[Row]],
    padding: int,
    device: Device,
    lm_head: torch.Tensor | None = None,
) -> torch.Tensor:
    """What each text costs the model in nats, its end counted: (texts,) in float64.

    Args:
        model: a causal language model.
        texts: their rows, from `batches.encode`.
        padding: token to fill rows with.
        device: where the model is.
        lm_head: as for `summed_loss`.
    """
    was_training = model.training
    model.eval()
    total = torch.zeros(len(texts), dtype=torch.float64)
    for batch in batches(texts, EVALUATION_TOKENS, padding, None):
        moved = batch.to(device.kind)
        targets = moved.targets.flatten()
        with _precision(model, device):
            if lm_head is None:
                scores = model(**_asked(model, moved)).logits.flatten(0, 1).float()
                costs = functional.cross_entropy(scores, targets, ignore_index=IGNORED, reduction="none")
            else:
                hidden = backbone(model)(**_asked(model, moved)).last_hidden_state
                costs = token_cross_entropy(hidden.flatten(0, 1), lm_head, targets)
        # padding costs nothing, so whoever is given it pays nothing
        total.index_add_(0, batch.owners.flatten().clamp(min=0), costs.double().cpu())
    model.train(was_training)
    return total


def bits_per_byte(nats_of_texts: torch.Tensor, texts: Sequence[str]) -> float:
    """Bits per UTF-8 byte of the texts, from what each costs in nats."""
    return results.bits_per_byte((nats_of_texts / math.log(2)).tolist(), texts)


def bits_per_post(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    texts: Sequence[str],
    device: Device,
    authors: Sequence[str] = (),
) -> list[float]:
    """What each text costs the model in bits, its end counted; with `authors`, where it knows who speaks."""
    rows = encode(texts, tokenizer, positions(model), authors)
    found = nll(model, rows, tokenizer.eos_token_id, device)
    return [float(cost) / math.log(2) for cost in found]


def _asked(model: PreTrainedModel, batch: Batch) -> dict[str, Any]:
    return {
        "input_ids": batch.inputs,
        "position_ids": batch.positions,
        "attention_mask": batch.mask(model.dtype),
        "use_cache": False,
    }


def _precision(model: PreTrainedModel, device: Device) -> AbstractContextManager[object]:
    """A model in float32 multiplies in the device's own precision; any other knows what it does."""
    return device.autocast() if model.dtype == torch.float32 else nullcontext()
