"""What a model can do, found out by trying: "any causal language model" has many exceptions.

Convolutions and recurrent layers carry one text of a packed row into the next; some attention has a soft cap
or sinks, which ours lacks; some models take no mask per token. A short computation tells, before the first
step, where a list of architectures would be old soon.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch.nn import functional

from ..errors import BaseError
from ..machine.device import Device
from .attention import use_short_rows
from .batches import IGNORE_INDEX, Row, batches
from .loss import token_losses

LENGTH = 12  # tokens of each text that is tried
MAX_POSITIONS = 1024  # in the batch of these texts: all of them, and their padding
TOLERANCE = 0.01  # nats of a token; float32 rounds to 0.0001, a leak is a hundred times as much and more
_FAILURES = (RuntimeError, ValueError, TypeError, LookupError, AttributeError, NotImplementedError)


@torch.no_grad()
def can_pack(model: Any) -> bool:
    """Whether texts in one row cost what each costs alone; where not, each text needs a row of its own.

    Args:
        model: a causal language model in float32, on any device.

    Raises:
        BaseError: not even then: the model fails, or it looks ahead.
    """
    texts = _texts(model)
    was_training = model.training
    model.eval()
    try:
        alone = torch.cat([_losses_alone(model, row) for [row] in texts])
        for packed in (True, False):
            if _agree(model, texts, alone, packed=packed):
                return packed
    except _FAILURES as error:
        raise _unsuitable(model, str(error).strip().split("\n")[0] or type(error).__name__) from error
    finally:
        model.train(was_training)
    raise _unsuitable(model, "it predicts a token by those after it")


@torch.no_grad()
def use_short_rows_where_equal(model: Any) -> None:
    """Make the model compute attention with `short_rows`, unless that gives something else than its own."""
    texts, own = _texts(model), model.config._attn_implementation  # noqa: SLF001 -- there is no public name
    was_training = model.training
    model.eval()  # no dropout
    expected = _losses(model, texts, packed=True)
    use_short_rows(model)
    # ours is for training only
    with torch.enable_grad(), torch.autograd.graph.saved_tensors_hooks(_nothing, _nothing):
        equal = _agree(model, texts, expected, packed=True)
    model.train(was_training)
    if not equal:
        model.set_attn_implementation(own)


def _nothing(_: object) -> torch.Tensor:
    """What is kept of a tensor for a backward pass that never comes."""
    return torch.empty(0)


def _texts(model: Any) -> list[list[Row]]:
    """Two texts of different tokens, neither of which begins or ends with a special one."""
    size = model.get_input_embeddings().weight.shape[0]
    return [[tuple(token % size for token in range(start, start + LENGTH))] for start in (100, 200)]


def _agree(model: Any, texts: Sequence[Sequence[Row]], expected: torch.Tensor, *, packed: bool) -> bool:
    """Whether the tokens cost what is expected; a model that fails does not agree."""
    try:
        losses = _losses(model, texts, packed=packed)
    except _FAILURES:
        return False
    return bool(torch.allclose(losses, expected, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True))


def _losses(model: Any, texts: Sequence[Sequence[Row]], *, packed: bool) -> torch.Tensor:
    """What each target costs in nats, in the order of the texts: (targets,)."""
    [batch] = batches(texts, MAX_POSITIONS, 0, None, packed=packed)
    device = Device(model.device.type, name="", bf16=False)
    losses = token_losses(model, batch.to(device.kind), device, None)
    return losses.detach().cpu()[batch.targets.flatten() != IGNORE_INDEX]


def _losses_alone(model: Any, row: Row) -> torch.Tensor:
    """The same of one row, without padding, mask or positions: (targets,)."""
    tokens = torch.tensor(row, device=model.device)
    logits = model(input_ids=tokens[None, :-1], use_cache=False).logits[0].float()
    return functional.cross_entropy(logits, tokens[1:], reduction="none").cpu()


def _unsuitable(model: Any, reason: str) -> BaseError:
    return BaseError(
        f"{type(model).__name__} cannot be trained on posts ({reason}); choose a base of another architecture"
    )
