"""Cross-entropy of next tokens that never holds the logits of all positions at once.

With a vocabulary of 50,257 tokens, the logits of a thousand positions are 200 MB, and so is their gradient.
Here both are computed and dropped chunk by chunk; the gradient is computed in the forward pass (Hsu et al.
2024, "Liger Kernel", section 3.2).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from transformers import PreTrainedModel

from .batches import IGNORE_INDEX

MAX_LOGITS = 1 << 26  # of a chunk, in the model's own precision: 128 MB in bfloat16
MAX_POSITIONS = 512  # of a chunk on a processor: their logits stay in its cache where the vocabulary is small
ROWS = 32  # of logits in float32 at once: they stay in a processor's cache
_LOGIT_SETTINGS = ("final_logit_softcapping", "logit_scale", "logits_scaling", "lm_head_multiplier")


def cross_entropy(
    hidden: torch.Tensor,
    lm_head: torch.Tensor,
    targets: torch.Tensor,
    scale: float = 1.0,
    log_weights: torch.Tensor | None = None,
) -> torch.Tensor:
    """Cross-entropy in nats, summed, times `scale`: a scalar in float32.

    Padding is computed and multiplied by 0: there is little of it, and all batches then have one shape. Where
    `lm_head.grad` exists, its gradient is added to it at once: another matrix of that size, made, scaled and
    added in `backward`, would take three times as long.

    Args:
        hidden: (positions, width), the last layer's output.
        lm_head: (vocabulary, width), the output matrix.
        targets: (positions,), the next tokens; `IGNORE_INDEX` for padding.
        scale: a factor.
        log_weights: (vocabulary,), the logarithm of how often each token counts in the softmax; None: once.
    """
    total: torch.Tensor = _ChunkedCrossEntropy.apply(hidden, lm_head, targets, scale, log_weights)  # type: ignore[no-untyped-call]
    return total


@torch.no_grad()
def token_cross_entropy(hidden: torch.Tensor, lm_head: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Cross-entropy in nats of each position, 0 for padding: (positions,) in float32; arguments as above."""
    losses = []
    for chunk in _chunks(hidden, lm_head):
        logits = hidden[chunk] @ lm_head.T
        for rows, row_targets in zip(logits.split(ROWS), targets[chunk].split(ROWS), strict=True):
            target_ids, padding = row_targets[:, None].clamp(min=0), row_targets == IGNORE_INDEX
            log_probabilities = torch.log_softmax(rows.float(), dim=-1).gather(1, target_ids)
            losses.append(-log_probabilities.squeeze(1).masked_fill(padding, 0.0))
    return torch.cat(losses)


def _loss_and_gradient(logits: torch.Tensor, targets: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The summed loss of some positions, and its gradient with respect to their logits.

    The softmax is summed in float32 and rounded to the precision of the logits, as the gradient has to be.
    The loss is read from the rounded softmax, too: in bfloat16 it is right to 0.004 nats a token either way.
    """
    target_ids, is_target = targets[:, None].clamp(min=0), (targets != IGNORE_INDEX)[:, None]
    probabilities = torch.softmax(logits, dim=-1)
    smallest = torch.finfo(torch.float32).tiny
    losses = -probabilities.gather(1, target_ids).float().clamp(min=smallest).log()
    gradient = probabilities.scatter_add_(1, target_ids, probabilities.new_full(target_ids.shape, -1.0))
    if not is_target.all():
        gradient.mul_(is_target)
    return losses.mul_(is_target).sum(), gradient


def _chunks(hidden: torch.Tensor, lm_head: torch.Tensor) -> Iterator[slice]:
    """Slices of the positions, of one length but for the last."""
    size = max(1, MAX_LOGITS // len(lm_head))
    if not hidden.is_cuda:
        size = min(size, MAX_POSITIONS)
    return (slice(start, start + size) for start in range(0, len(hidden), size))


class _ChunkedCrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        hidden: torch.Tensor,
        lm_head: torch.Tensor,
        targets: torch.Tensor,
        scale: float,
        log_weights: torch.Tensor | None,
    ) -> torch.Tensor:
        hidden_grad = torch.empty_like(hidden)
        moves, kept = ctx.needs_input_grad[1], lm_head.grad if lm_head.is_leaf else None
        lm_head_grad = (torch.zeros_like(lm_head) if kept is None else kept) if moves else None
        total = hidden.new_zeros((), dtype=torch.float32)
        for chunk in _chunks(hidden, lm_head):
            logits = hidden[chunk] @ lm_head.T
            if log_weights is not None:
                logits += log_weights
            loss, logits_grad = _loss_and_gradient(logits, targets[chunk])
            total += loss
            torch.mm(logits_grad, lm_head, out=hidden_grad[chunk])
            if lm_head_grad is not None:
                lm_head_grad.addmm_(logits_grad.T, hidden[chunk], alpha=scale)
        ctx.save_for_backward(hidden_grad.mul_(scale), lm_head_grad if kept is None else None)
        return total.mul_(scale)

    @staticmethod
    def backward(
        ctx: Any, *incoming: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor | None, None, None, None]:
        hidden_grad, lm_head_grad = ctx.saved_tensors
        (factor,) = incoming
        scaled = None if lm_head_grad is None else lm_head_grad.mul_(factor)
        return hidden_grad.mul_(factor), scaled, None, None, None


@torch.no_grad()
def find_lm_head(model: PreTrainedModel) -> torch.Tensor | None:
    """The matrix that turns the last hidden state into logits; None where the model does more than that.

    Some architectures add a bias, or scale or cap their logits. Known settings tell most of them; a short
    computation in a float32 model tells the rest.
    """
    head: Any = model.get_output_embeddings()
    changes_logits = any(getattr(model.config, name, None) not in {None, 1} for name in _LOGIT_SETTINGS)
    if head is None or changes_logits or getattr(head, "bias", None) is not None:
        return None
    input_ids = torch.arange(2, 6, device=model.device)[None]
    was_training = model.training
    model.eval()
    logits = model(input_ids=input_ids, use_cache=False).logits
    hidden = backbone(model)(input_ids=input_ids, use_cache=False).last_hidden_state
    model.train(was_training)
    lm_head: torch.Tensor = head.weight
    return lm_head if torch.allclose(hidden @ lm_head.T, logits, rtol=1e-3, atol=1e-4) else None


def backbone(model: Any) -> Any:
    """The model without its head."""
    return model.base_model
