"""Cross-entropy of next tokens that never holds the scores of all positions at once.

With 50,257 tokens to choose from, the scores of a thousand positions are 200 MB, and as much again for their
gradient. Here they are made, used both ways and dropped, some positions at a time; the gradient is computed
on the way forward (Hsu et al. 2024, "Liger Kernel", section 3.2).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from transformers import PreTrainedModel

from .batches import IGNORED

SCORES = 1 << 26  # held at once, in the model's own precision: 128 MB in bfloat16
POSITIONS = 512  # at once on a processor: their scores stay in its cache where the vocabulary is small
_SHAPING = ("final_logit_softcapping", "logit_scale", "logits_scaling", "lm_head_multiplier")


def cross_entropy(hidden: torch.Tensor, lm_head: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Cross-entropy in nats, summed: a scalar in float32.

    Padding is computed and thrown away: it is little, and all batches then have one shape.

    Args:
        hidden: (positions, width), the last layer's output.
        lm_head: (vocabulary, width), the output matrix.
        targets: (positions,), the tokens that came; `IGNORED` for padding.
    """
    total: torch.Tensor = _ChunkedCrossEntropy.apply(hidden, lm_head, targets)  # type: ignore[no-untyped-call]
    return total


@torch.no_grad()
def token_cross_entropy(hidden: torch.Tensor, lm_head: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Cross-entropy in nats of each position, 0 for padding: (positions,) in float32; arguments as above."""
    costs = []
    for at in _pieces(hidden, lm_head):
        logs = torch.log_softmax((hidden[at] @ lm_head.T).float(), dim=-1)
        wanted, padding = targets[at, None].clamp(min=0), targets[at] == IGNORED
        costs.append(-logs.gather(1, wanted).squeeze(1).masked_fill(padding, 0.0))
    return torch.cat(costs)


def _gradient(scores: torch.Tensor, targets: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The summed cost of positions, and its gradient with respect to their scores.

    The softmax is summed in float32 and rounded to the scores' own precision, as the gradient has to be; the
    cost is read from it, too: in bfloat16 right to 0.004 nats a token, either way.
    """
    wanted, learnt = targets[:, None].clamp(min=0), (targets != IGNORED)[:, None]
    chances = torch.softmax(scores, dim=-1)
    smallest = torch.finfo(torch.float32).tiny
    costs = -chances.gather(1, wanted).float().clamp(min=smallest).log()
    chances.scatter_add_(1, wanted, chances.new_full(wanted.shape, -1.0))
    if not learnt.all():
        chances.mul_(learnt)
    return costs.mul_(learnt).sum(), chances


def _pieces(hidden: torch.Tensor, lm_head: torch.Tensor) -> Iterator[slice]:
    """Stretches of positions, of one shape but for the last."""
    size = max(1, SCORES // len(lm_head))
    if not hidden.is_cuda:
        size = min(size, POSITIONS)
    return (slice(start, start + size) for start in range(0, len(hidden), size))


class _ChunkedCrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, hidden: torch.Tensor, lm_head: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        hidden_grad = torch.empty_like(hidden)
        lm_head_grad = torch.zeros_like(lm_head) if ctx.needs_input_grad[1] else None
        total = hidden.new_zeros((), dtype=torch.float32)
        for at in _pieces(hidden, lm_head):
            cost, scores_grad = _gradient(hidden[at] @ lm_head.T, targets[at])
            total += cost
            torch.mm(scores_grad, lm_head, out=hidden_grad[at])
            if lm_head_grad is not None:
                lm_head_grad.addmm_(scores_grad.T, hidden[at])
        ctx.save_for_backward(hidden_grad, lm_head_grad)
        return total

    @staticmethod
    def backward(ctx: Any, *incoming: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None, None]:
        hidden_grad, lm_head_grad = ctx.saved_tensors
        (factor,) = incoming
        scaled = None if lm_head_grad is None else lm_head_grad.mul_(factor)
        return hidden_grad.mul_(factor), scaled, None


@torch.no_grad()
def find_lm_head(model: PreTrainedModel) -> torch.Tensor | None:
    """The matrix that turns the last hidden state into scores; None where the model does more than that.

    Some architectures add a bias, scale or cap their scores. Their settings are known by name, and what comes
    out of a float32 model shows the rest.
    """
    head: Any = model.get_output_embeddings()
    shaped = any(getattr(model.config, name, None) not in {None, 1} for name in _SHAPING)
    if head is None or shaped or getattr(head, "bias", None) is not None:
        return None
    probe = torch.arange(2, 6, device=model.device)[None]
    was_training = model.training
    model.eval()
    scores = model(input_ids=probe, use_cache=False).logits
    hidden = backbone(model)(input_ids=probe, use_cache=False).last_hidden_state
    model.train(was_training)
    lm_head: torch.Tensor = head.weight
    return lm_head if torch.allclose(hidden @ lm_head.T, scores, rtol=1e-3, atol=1e-4) else None


def backbone(model: Any) -> Any:
    """The model without its head."""
    return model.base_model
