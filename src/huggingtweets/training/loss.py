"""How well a model predicts text: the loss of training, and bits per byte."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

import torch
from torch.nn import functional
from transformers import PreTrainedModel

from .. import results
from ..machine.device import Device
from .batches import IGNORE_INDEX, Batch, Row, batches
from .cross_entropy import backbone, cross_entropy, token_cross_entropy

EVALUATION_TOKENS = 2048  # positions in one batch
MAX_LOGITS = 1 << 26  # in one batch of a model whose logits cannot be computed in chunks: 256 MB in float32


def summed_loss(
    model: PreTrainedModel,
    batch: Batch,
    device: Device,
    lm_head: torch.Tensor | None,
    scale: float = 1.0,
    log_weights: torch.Tensor | None = None,
) -> torch.Tensor:
    """Cross-entropy in nats, summed over the batch's targets, times `scale`: a scalar in float32.

    Args:
        model: a causal language model.
        batch: what to predict.
        device: where the model is.
        lm_head: from `find_lm_head`; with it, logits are computed chunk by chunk, and `lm_head.grad` is
            changed at once (see `cross_entropy`).
        scale: a factor.
        log_weights: as for `cross_entropy`; needs `lm_head`.
    """
    batch = batch.to(device.kind)
    targets = batch.targets.flatten()
    with _precision(model, device):
        if lm_head is None:
            logits = model(**batch.model_inputs(model.dtype)).logits.flatten(0, 1).float()
            loss = functional.cross_entropy(logits, targets, ignore_index=IGNORE_INDEX, reduction="sum")
            return loss * scale
        hidden = backbone(model)(**batch.model_inputs(model.dtype)).last_hidden_state
        return cross_entropy(hidden.flatten(0, 1), lm_head, targets, scale, log_weights)


@torch.no_grad()
def nll(
    model: PreTrainedModel,
    texts: Sequence[Sequence[Row]],
    padding: int,
    device: Device,
    lm_head: torch.Tensor | None = None,
    *,
    packed: bool = True,
) -> torch.Tensor:
    """The negative log-likelihood of each text in nats, its EOS token counted: (texts,) in float64.

    Args:
        model: a causal language model.
        texts: their rows, from `batches.encode`.
        padding: token to fill rows with.
        device: where the model is.
        lm_head: as for `summed_loss`.
        packed: whether a row may hold several texts, from `compatibility.can_pack`.
    """
    was_training = model.training
    model.eval()
    total = torch.zeros(len(texts), dtype=torch.float64)
    vocabulary = model.get_output_embeddings().weight.shape[0]
    if lm_head is not None and device.bf16:
        lm_head = lm_head.to(torch.bfloat16)  # once: autocast would do it for every chunk of logits
    positions = EVALUATION_TOKENS if lm_head is not None else min(EVALUATION_TOKENS, MAX_LOGITS // vocabulary)
    for batch in batches(texts, positions, padding, None, packed=packed):
        losses = token_losses(model, batch.to(device.kind), device, lm_head)
        # the loss of padding is 0, so it may be added to any text
        total.index_add_(
            0, batch.text_ids.flatten().clamp(min=0), losses.cpu().double()
        )  # not all devices have float64
    model.train(was_training)
    return total


def token_losses(
    model: PreTrainedModel, batch: Batch, device: Device, lm_head: torch.Tensor | None
) -> torch.Tensor:
    """Cross-entropy in nats of each position, 0 for padding: (rows * tokens,)."""
    targets = batch.targets.flatten()
    with _precision(model, device):
        if lm_head is None:
            logits = model(**batch.model_inputs(model.dtype)).logits.flatten(0, 1).float()
            return functional.cross_entropy(logits, targets, ignore_index=IGNORE_INDEX, reduction="none")
        hidden = backbone(model)(**batch.model_inputs(model.dtype)).last_hidden_state
        return token_cross_entropy(hidden.flatten(0, 1), lm_head, targets)


def bits_per_byte(nll_of_texts: torch.Tensor, texts: Sequence[str]) -> float:
    """Bits per UTF-8 byte of the texts, from the negative log-likelihood of each in nats."""
    return results.bits_per_byte((nll_of_texts / math.log(2)).tolist(), texts)


def _precision(model: PreTrainedModel, device: Device) -> AbstractContextManager[object]:
    """Autocast for a model in float32; a model in another precision computes in its own."""
    return device.autocast() if model.dtype == torch.float32 else nullcontext()
