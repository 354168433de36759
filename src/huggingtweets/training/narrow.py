"""A model that is not trained any more, in half of the memory."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from ..machine.device import Device, return_freed_memory

MAX_FREED = 1 << 28  # bytes that are freed before the system gets them back, which takes time


@torch.no_grad()
def narrow_matrices(model: Any, device: Device) -> None:
    """Keep in bfloat16 the matrices that are multiplied in it, which changes no figure.

    Only those whose weights bfloat16 holds exactly, as most bases and all models trained from them do.
    Embedding tables and norms stay, since they are not multiplied in bfloat16; so does a base with an
    adapter, which other adapters may share.

    Args:
        model: a causal language model in float32; it is changed in place, and computes under autocast from
            now on.
        device: where it will compute.
    """
    if not device.bf16 or getattr(model, "peft_config", None):
        return
    tables = {id(module.weight) for module in model.modules() if isinstance(module, nn.Embedding)}
    freed = 0
    for module in model.modules():
        if isinstance(module, nn.Linear) and id(module.weight) not in tables:
            narrow = module.weight.to(torch.bfloat16)
            if narrow.float().equal(module.weight):
                freed += module.weight.nbytes
                module.weight.data = narrow
        if freed > MAX_FREED:  # the C library may keep it all beside what is loaded
            return_freed_memory()
            freed = 0
